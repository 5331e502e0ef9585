/** The client on the service at PORTERO_URL. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { etagOf, MemoryTokens, MfaRequired, Portero, Problem, StepUpRequired } from "../src/index.js";
import type { ClientOptions } from "../src/index.js";

const url = process.env.PORTERO_URL ?? "http://localhost:8000";
const adminEmail = process.env.ADMIN_EMAIL ?? "";
const password = "correct zebra battery";
let people = 0;

/** A client, its tokens, and the paths that it has asked for. */
class Device {
  readonly tokens = new MemoryTokens();
  readonly asked: string[] = [];
  readonly client: Portero;
  failing: string | undefined;

  constructor(options: ClientOptions = { tokens: this.tokens }) {
    this.client = new Portero(url, { ...options, fetch: (request) => this.#fetch(request) });
  }

  /** Replace the access token by one that the service refuses, as it refuses an expired one. */
  spoil(): void {
    this.tokens.save({ ...this.tokens.load(), accessToken: "expired" });
  }

  async #fetch(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    this.asked.push(path);
    if (path === this.failing) throw new TypeError("The network is down.");
    return fetch(request);
  }
}

async function join(): Promise<Device> {
  const device = new Device();
  const username = `anna-${process.pid}-${++people}`;
  await device.client.signUp({ username, email: `${username}@example.com`, password });
  device.asked.length = 0;
  return device;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

function problem(status: number, code: string): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.status === status && error.code === code;
}

test("register, log in and log out", async () => {
  const { client, tokens } = new Device();
  const registered = await client.register({ username: "berta-ts", email: "berta-ts@example.com", password });
  assert.equal(await client.isLoggedIn(), false);
  await client.logIn({ email: "berta-ts@example.com", password });
  const user = await client.getUser();
  assert.deepEqual([user.id, user.role], [registered.id, "user"]);
  await client.logOut();
  assert.equal(tokens.load(), undefined);
  await assert.rejects(client.getUser(), /Not authenticated/);
  await client.logIn({ username: "berta-ts", password });
  await client.deleteUser();
  assert.equal(tokens.load(), undefined);
});

test("a refusal is a problem with a code and an entry for each field", async () => {
  const { client } = await join();
  const { username, email } = await client.getUser();
  await assert.rejects(client.register({ username: username!, email: email!, password }), (error) => {
    assert.ok(error instanceof Problem && problem(409, "taken")(error) && error.requestId);
    assert.deepEqual(error.errors.map((each) => each.field), ["username", "email"]);
    return true;
  });
});

test("a wrong password is a problem and keeps the session", async () => {
  const { client, asked } = await join();
  await assert.rejects(client.logIn({ username: "anna", password: "wrong" }), (error) => error instanceof Problem && error.status === 401);
  assert.ok(await client.getUser());
  assert.ok(!asked.includes("/auth/refresh"));
});

test("callers whose token expired together refresh it once", async () => {
  const device = await join();
  device.spoil();
  const users = await Promise.all(Array.from({ length: 20 }, () => device.client.getUser()));
  assert.equal(new Set(users.map((user) => user.id)).size, 1);
  assert.equal(device.asked.filter((path) => path === "/auth/refresh").length, 1);
});

test("the session outlives many refreshes", async () => {
  const device = await join();
  for (let round = 0; round < 3; round++) {
    device.spoil();
    await device.client.getUser();
  }
  assert.deepEqual(device.asked, Array(3).fill(["/user", "/auth/refresh", "/user"]).flat());
});

test("a session that has ended is a problem and is forgotten", async () => {
  const device = await join();
  await new Portero(url, { tokens: new MemoryTokens(device.tokens.load()) }).logOutEverywhere();
  await assert.rejects(device.client.getUser(), (error) => error instanceof Problem && error.status === 401);
  assert.equal(await device.client.isLoggedIn(), false);
});

test("a refresh that cannot be sent keeps the session", async () => {
  const device = await join();
  device.spoil();
  device.failing = "/auth/refresh";
  await assert.rejects(device.client.getUser(), /The network is down/);
  device.failing = undefined;
  assert.ok(await device.client.getUser());
});

test("a guest keeps the tasks after registering, and a renewed token keeps the session", async () => {
  const device = new Device();
  await device.client.becomeGuest();
  await device.client.renewToken();
  const task = await device.client.createTask({ title: "Before" });
  const username = `guest-${process.pid}`;
  await device.client.register({ username, email: `${username}@example.com`, password });
  await device.client.logIn({ username, password });
  assert.equal((await device.client.getTask(task.id)).title, "Before");
  await device.client.renewToken();
  device.spoil();
  assert.equal((await all(device.client.listTasks())).length, 1);
});

test("a guest whose token expired is logged out", async () => {
  const device = new Device();
  await device.client.becomeGuest();
  device.spoil();
  await assert.rejects(device.client.getUser(), (error) => error instanceof Problem && error.status === 401);
  assert.equal(await device.client.isLoggedIn(), false);
  assert.ok(!device.asked.includes("/auth/refresh"));
});

test("a list follows its pages", async () => {
  const { client, asked } = await join();
  const titles = Array.from({ length: 120 }, (_, number) => `Task ${number}`);
  await Promise.all(titles.map((title) => client.createTask({ title })));
  await client.createTask({ title: "Done", completed: true });
  asked.length = 0;
  const found = await all(client.listTasks({ pageSize: 50, completed: false }));
  assert.deepEqual(found.map((task) => task.title).sort(), titles.sort());
  assert.deepEqual(asked, Array(3).fill("/tasks"));
});

test("an upload is sent again after a refresh and comes back as it was", async () => {
  const device = await join();
  const content = new Uint8Array(100_000).map((_, index) => index % 256);
  device.spoil();
  const file = await device.client.createFile(new File([content], "photo of Rex.png"));
  assert.deepEqual([file.filename, file.size], ["photo of Rex.png", content.length]);
  device.spoil();
  const response = await device.client.downloadFile(file.id);
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), content);
  await assert.rejects(device.client.downloadFile("missing"), problem(404, "not-found"));
});

test("a dataset is checked and its rows are listed", async () => {
  const { client } = new Device();
  await client.logIn({ email: adminEmail, password });
  const file = new File(["id,name\n1,Anna\nx,Ben\n"], "people.csv");
  const dataset = await client.createDataset(file, { name: "People", schema: '{"id": "integer"}' });
  assert.equal(dataset.status, "findings");
  const rows = await all(client.listRows(dataset.id, { valid: false }));
  assert.deepEqual(rows.map((row) => row.values.name), ["Ben"]);
});

test("an Idempotency-Key makes one task of two requests", async () => {
  const { client } = await join();
  const first = await client.createTask({ title: "Once" }, { idempotencyKey: "one" });
  assert.deepEqual(await client.createTask({ title: "Once" }, { idempotencyKey: "one" }), first);
  assert.equal((await all(client.listTasks())).length, 1);
});

test("a change of a stale revision is refused", async () => {
  const { client } = await join();
  const task = await client.createTask({ title: "Walk" });
  const changed = await client.updateTask(task.id, { completed: true }, { ifMatch: etagOf(task)! });
  await assert.rejects(client.updateTask(task.id, { title: "Run" }, { ifMatch: etagOf(task)! }), (error) => error instanceof Problem && error.status === 412);
  await client.deleteTask(task.id, { ifMatch: etagOf(changed)! });
});

test("a token provider is asked for a fresh token once", async () => {
  const { tokens } = await join();
  const fresh = tokens.load()!.accessToken;
  const calls: boolean[] = [];
  let current = "expired";
  const { client } = new Device({
    tokenProvider: async (force) => {
      calls.push(force);
      if (force) current = fresh;
      return current;
    },
  });
  await Promise.all(Array.from({ length: 20 }, () => client.getUser()));
  assert.equal(calls.filter((force) => force).length, 1);
  assert.equal(await new Portero(url, { tokenProvider: () => undefined }).isLoggedIn(), false);
});

test("a request can be aborted", async () => {
  const { client } = await join();
  await assert.rejects(client.getUser({ signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("an aborted request does not wait for the refresh, which goes on for the others", { timeout: 10_000 }, async () => {
  let begin = (): void => {}, end = (): void => {};
  const [begun, ended] = [new Promise<void>((resolve) => (begin = resolve)), new Promise<void>((resolve) => (end = resolve))];
  const client = new Portero("http://service", {
    tokens: new MemoryTokens({ accessToken: "old", refreshToken: "refresh" }),
    fetch: async (request) => {
      if (request.headers.get("Authorization") === "Bearer new") return Response.json({ id: "anna" });
      if (!request.url.endsWith("/auth/refresh")) return new Response(null, { status: 401 });
      begin();
      await ended;
      return Response.json({ access_token: "new", refresh_token: "later" });
    },
  });
  const patient = client.getUser();
  await begun;
  const controller = new AbortController();
  const impatient = client.getUser({ signal: controller.signal });
  controller.abort();
  await assert.rejects(impatient, { name: "AbortError" });
  end();
  assert.equal((await patient).id, "anna");
});

const answers = (response: (path: string) => Response): Portero => {
  const tokens = new MemoryTokens({ accessToken: "old", refreshToken: "refresh" });
  return new Portero("http://service/base", { tokens, fetch: async (request) => response(new URL(request.url).pathname) });
};

test("an answer that is not from the service is a problem", async () => {
  const client = answers(() => new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Content-Type": "text/html" } }));
  await assert.rejects(client.getUser(), problem(502, "http_502"));
});

for (const page of ["<h1>Log in</h1>", ""])
  test(`a 200 with "${page}" instead of JSON is a problem, and keeps the session`, async () => {
    const headers = { "Content-Type": "text/html", "Content-Length": String(page.length) };
    for (const refused of ["", "/base/user"]) {
      const client = answers((path) => new Response(page, path === refused ? { status: 401 } : { headers }));
      await assert.rejects(client.getUser(), problem(200, "http_200"));
      await assert.rejects(all(client.listTasks()), { message: "The answer is not JSON." });
      assert.equal(await client.isLoggedIn(), true);
    }
  });

test("a problem of a gateway is a problem", async () => {
  for (const body of ["", "null", '{"detail":', '{"errors": {"title": ["too short"]}}']) {
    const headers = { "Content-Type": "application/problem+json", "Content-Length": String(body.length) };
    const client = answers(() => new Response(body, { status: 502, headers }));
    await assert.rejects(client.getUser(), (error) => problem(502, "http_502")(error) && (error as Problem).errors.length === 0);
  }
});

for (const type of ["about:blank", "https://gateway.example/errors/", 7])
  test(`a problem with the type ${type} names no kind and keeps its detail`, async () => {
    const body = { type, detail: "The service is busy.", errors: { title: ["too short"] } };
    const headers = { "Content-Type": "application/problem+json" };
    const client = answers(() => Response.json(body, { status: 502, headers }));
    await assert.rejects(client.getUser(), (error) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual([error.code, error.detail, error.errors], ["http_502", "The service is busy.", []]);
      return true;
    });
  });

for (const [status, kept] of [[503, true], [429, true], [401, false]] as const)
  test(`a refresh that is answered with ${status} ${kept ? "keeps" : "ends"} the session`, async () => {
    const client = answers((path) => new Response(null, { status: path.endsWith("/user") ? 401 : status }));
    await assert.rejects(client.getUser(), problem(status, `http_${status}`));
    assert.equal(await client.isLoggedIn(), kept);
  });

test("a link to another host gets no token", async () => {
  const asked: string[] = [];
  const tokens = new MemoryTokens({ accessToken: "secret" });
  const client = new Portero("http://service/base", {
    tokens,
    fetch: async (request) => {
      const headers = { "Content-Type": "application/json", Link: '<https://elsewhere.example/tasks?cursor=next>; rel="next"' };
      asked.push(request.url);
      return asked.length === 1 ? new Response("[]", { headers }) : Response.json([]);
    },
  });
  await all(client.listTasks());
  assert.deepEqual(asked, ["http://service/base/tasks", "http://service/base/tasks?cursor=next"]);
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

test("a redirect to another host gets no password and no token", async () => {
  const stolen: string[] = [];
  const thief = createServer((request, response) => {
    stolen.push(request.url!);
    response.end("{}");
  });
  const redirecting = createServer((request, response) =>
    response.writeHead(307, { Location: `http://localhost:${portOf(thief)}${request.url}` }).end());
  for (const server of [thief, redirecting]) await new Promise<void>((ready) => server.listen(0, "localhost", ready));
  try {
    const client = new Portero(`http://localhost:${portOf(redirecting)}`, { tokens: new MemoryTokens({ accessToken: "secret" }) });
    await assert.rejects(client.logIn({ username: "anna", password }), TypeError);
    await assert.rejects(client.getUser(), TypeError);
  } finally {
    for (const server of [thief, redirecting]) server.close().closeAllConnections();
  }
  assert.deepEqual(stolen, []);
});

test("an id that would change the path is refused", async () => {
  for (const wrong of ["", ".", ".."])
    await assert.rejects(new Portero(url).deleteTask(wrong), /pass the id of a resource/);
});

/** A client whose service gives each answer in turn. */
function answering(...answers: Response[]): { client: Portero; tokens: MemoryTokens; asked: string[] } {
  const asked: string[] = [];
  const tokens = new MemoryTokens({ accessToken: "access", refreshToken: "refresh" });
  const client = new Portero("http://service", { tokens, fetch: async (request) => {
    asked.push(new URL(request.url).pathname);
    return answers.shift()!;
  } });
  return { client, tokens, asked };
}

function refusal(status: number, code: string, members: object = {}, headers: Record<string, string> = {}): Response {
  const body = { type: `/problems/${code}`, title: "", status, detail: "", instance: "", ...members };
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json", ...headers } });
}

test("a step-up is asked for without a refresh, and the session goes on with its token", async () => {
  const challenge = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="600"';
  const token = { access_token: "strong", token_type: "bearer", expires_in: 900 };
  const { client, tokens, asked } = answering(
    refusal(401, "insufficient-user-authentication", {}, { "WWW-Authenticate": challenge }),
    Response.json(token),
    new Response(null, { status: 204 }),
  );
  await assert.rejects(client.deleteUser(), (error) => {
    assert.ok(error instanceof StepUpRequired && error instanceof Problem);
    assert.deepEqual([error.status, error.acrValues, error.maxAge], [401, "aal2", 600]);
    return true;
  });
  await client.stepUp({ code: "123456" });
  assert.deepEqual(tokens.load(), { accessToken: "strong", refreshToken: "refresh" });
  await client.deleteUser();
  assert.deepEqual(asked, ["/user", "/auth/step-up", "/user"]);
});

test("a login that needs a second step has its token", async () => {
  const members = { mfa_token: "token", expires_in: 600, factors: ["recovery", "totp"] };
  const answer = { access_token: "a", token_type: "bearer", expires_in: 900, refresh_token: "r" };
  const { client, tokens, asked } = answering(refusal(403, "mfa-required", members), Response.json(answer));
  await assert.rejects(client.logIn({ username: "anna", password }), (error) => {
    assert.ok(error instanceof MfaRequired);
    assert.deepEqual([error.mfaToken, error.expiresIn, error.factors], ["token", 600, ["recovery", "totp"]]);
    return true;
  });
  await client.mfa({ mfa_token: "token", code: "123456" });
  assert.deepEqual([tokens.load(), asked], [{ accessToken: "a", refreshToken: "r" }, ["/login", "/auth/mfa"]]);
});

test("a step-up with the password works at the service", async () => {
  const { client, tokens } = await join();
  const before = tokens.load()!;
  await client.stepUp({ password });
  assert.notEqual(tokens.load()!.accessToken, before.accessToken);
  assert.equal(tokens.load()!.refreshToken, before.refreshToken);
});

test("signing in with a passkey asks the browser, and sends what it signed", async () => {
  class FakeCredential {
    static parseRequestOptionsFromJSON = (options: object): object => ({ parsed: options });
    toJSON = (): object => ({ id: "x" });
  }
  const wanted: unknown[] = [];
  const fakes = {
    PublicKeyCredential: FakeCredential,
    navigator: { credentials: { get: async (options: unknown) => (wanted.push(options), new FakeCredential()) } },
  };
  const before = Object.keys(fakes).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(fakes)) Object.defineProperty(globalThis, name, { value, configurable: true });
  try {
    const tokens = { access_token: "a", token_type: "bearer", expires_in: 900, refresh_token: "r" };
    const { client, tokens: kept, asked } = answering(Response.json({ publicKey: { challenge: "c" } }), Response.json(tokens));
    await client.signInWithPasskey({ mediation: "conditional" });
    assert.deepEqual(wanted, [{ publicKey: { parsed: { challenge: "c" } }, mediation: "conditional" }]);
    assert.deepEqual(asked, ["/auth/passkey/options", "/auth/passkey"]);
    assert.deepEqual(kept.load(), { accessToken: "a", refreshToken: "r" });
  } finally {
    for (const [name, descriptor] of before)
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
  }
});
