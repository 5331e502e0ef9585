/** The verifier with keys that a server of this file publishes. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { CryptoKey, JWK } from "jose";

import { AuthError, Verifier } from "../src/verify.js";
import type { VerifierOptions } from "../src/verify.js";

interface Key {
  kid: string;
  secret: CryptoKey;
  published: JWK;
}

async function makeKey(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  return { kid, secret: privateKey, published: { ...(await exportJWK(publicKey)), kid, alg: "ES256" } };
}

function sign({ kid, secret }: Key, changes: Record<string, unknown> = {}): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const who = { sub: "anna", user_id: "anna", role: "user", sid: "s", client_id: "portero", jti: "j", acr: "aal1" };
  const claims = { ...who, iss: "portero", aud: "portero", iat, exp: iat + 900, auth_time: iat, ...changes };
  return new SignJWT(claims).setProtectedHeader({ typ: "at+jwt", alg: "ES256", kid }).sign(secret);
}

/** A server of keys, and a verifier that asks it with a clock that is `ahead`. */
async function publish(t: TestContext, keys: Key[], options: VerifierOptions = {}) {
  const state = { keys, asked: 0, down: false, active: true, ahead: 0 };
  const server = createServer((request, response) => {
    const body = request.url === "/auth/introspect"
      ? { active: state.active, iss: "portero", aud: "portero", sub: "anna", user_id: "anna", role: "admin", sid: "s", jti: "j", client_id: "portero", iat: 1, exp: 2 }
      : { keys: state.keys.map((key) => key.published) };
    state.asked += request.url === "/auth/introspect" ? 0 : 1;
    response.writeHead(state.down ? 503 : 200).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const clock = () => Date.now() / 1000 + state.ahead;
  return { state, verifier: new Verifier(`http://127.0.0.1:${port}`, { clock, ...options }) };
}

const refused = (status: number, challenge?: string) => (error: unknown) =>
  error instanceof AuthError && error.status === status && error.headers["WWW-Authenticate"] === challenge;
const INVALID = 'Bearer error="invalid_token"';

test("no request is lost when the keys rotate", async (t) => {
  const [old, next] = [await makeKey("old"), await makeKey("next")];
  const { state, verifier } = await publish(t, [old]);
  await verifier.verify(await sign(old));
  state.keys = [next, old];
  state.ahead = 61;
  const tokens = [await sign(old), await sign(next)];
  const users = await Promise.all(Array.from({ length: 20 }, (_, number) => verifier.verify(tokens[number % 2]!)));
  assert.deepEqual(new Set(users.map(({ id }) => id)), new Set(["anna"]));
  assert.equal(state.asked, 2);
});

test("unknown keys are asked for once a minute", async (t) => {
  const [known, strange] = [await makeKey("known"), await makeKey("strange")];
  const { state, verifier } = await publish(t, [known]);
  const token = await sign(strange);
  await verifier.verify(await sign(known));
  for (const ahead of [0, 61, 122]) {
    state.ahead = ahead;
    for (let number = 0; number < 50; number++) await assert.rejects(verifier.verify(token), refused(401, INVALID));
  }
  assert.equal(state.asked, 3);
});

test("the last keys are kept while the service is away, and without any the error is clear", async (t) => {
  const [known, strange] = [await makeKey("known"), await makeKey("strange")];
  const { state, verifier } = await publish(t, [known]);
  state.down = true;
  await assert.rejects(verifier.verify(await sign(known)), refused(503));
  state.down = false;
  state.ahead = 2;
  await verifier.verify(await sign(known));
  state.down = true;
  state.ahead = 700;
  await verifier.verify(await sign(known, { exp: Math.floor(Date.now() / 1000) + 3600 }));
  await assert.rejects(verifier.verify(await sign(strange)), refused(503));
});

test("a header must prove what is required", async (t) => {
  const key = await makeKey("key");
  const { state, verifier } = await publish(t, [key]);
  const header = async (changes = {}) => `Bearer ${await sign(key, changes)}`;
  assert.equal((await verifier.authenticate(await header(), { maxAge: 600 })).id, "anna");
  await verifier.authenticate(await header({ role: "admin", acr: "aal2" }), { roles: ["admin"], acr: "aal2" });
  for (const none of [undefined, "", "Bearer", "Basic x"]) {
    await assert.rejects(verifier.authenticate(none), refused(401, "Bearer"));
  }
  await assert.rejects(verifier.authenticate(await header(), { roles: ["admin"] }), refused(403));
  await assert.rejects(verifier.authenticate(await header({ role: "guest" })), refused(403));
  const wanted = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"';
  await assert.rejects(verifier.authenticate(await header(), { acr: "aal2", maxAge: 300 }), refused(401, wanted));
  state.ahead = 301;
  await assert.rejects(verifier.authenticate(await header({ auth_time: undefined }), { maxAge: 300 }), AuthError);
});

test("with introspection a new role and a revoked session count at once", async (t) => {
  const key = await makeKey("key");
  const { state, verifier } = await publish(t, [key], { introspect: { clientId: "billing", clientSecret: "secret" } });
  assert.equal((await verifier.verify(await sign(key))).role, "admin");
  state.active = false;
  await assert.rejects(verifier.verify(await sign(key)), refused(401, INVALID));
  state.down = true;
  await assert.rejects(verifier.verify(await sign(key)), refused(503));
});
