/** Tests of the back end beside a real Portero, which PORTERO_HOME names: `node --test`. */

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { LocalPortero } from "portero-client/testing";

import { createApp } from "./app.js";

let portero;
let server;

before(async () => {
  portero = await LocalPortero.start();
  server = createApp(portero.verifier()).listen(0, "127.0.0.1");
});
afterEach(() => portero.reset());
after(async () => {
  server.close();
  await portero.stop();
});

function call(method, path, headers) {
  return fetch(`http://127.0.0.1:${server.address().port}${path}`, { method, headers });
}

test("users see their orders, and guests see none", async () => {
  const anna = await portero.user();
  assert.deepEqual(await (await call("GET", "/orders", anna.headers)).json(), { user: anna.id, orders: [] });
  assert.equal((await call("GET", "/orders", (await portero.user({ role: "guest" })).headers)).status, 403);
});

test("a payment needs a new proof after ten minutes", async () => {
  const anna = await portero.user();
  assert.equal((await call("POST", "/payments", anna.headers)).status, 200);
  await portero.forward(601);
  const refused = await call("POST", "/payments", anna.headers);
  assert.match(refused.headers.get("WWW-Authenticate"), /insufficient_user_authentication.*max_age="600"/);
  await anna.client.stepUp({ password: "correct zebra battery" });
  assert.equal((await call("POST", "/payments", anna.headers)).status, 200);
});
