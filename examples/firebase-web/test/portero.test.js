// Calls Portero as a signed-in user of Firebase. Run it with the emulators, as README.md says.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { deleteApp, initializeApp } from "firebase/app";
import {
  EmailAuthProvider,
  connectAuthEmulator,
  createUserWithEmailAndPassword,
  getAuth,
  linkWithCredential,
  signInAnonymously,
} from "firebase/auth";

const api = process.env.PORTERO_URL ?? "http://localhost:8000";
const emulator = process.env.FIREBASE_AUTH_EMULATOR_HOST ?? "localhost:9099";
const app = initializeApp({ projectId: process.env.GCLOUD_PROJECT ?? "demo-portero", apiKey: "any" });
const auth = getAuth(app);
connectAuthEmulator(auth, `http://${emulator}`, { disableWarnings: true });
after(() => deleteApp(app));

const password = "correct horse battery";
const newAddress = () => `${crypto.randomUUID()}@example.com`;

async function call(method, path, body) {
  const headers = {
    Authorization: `Bearer ${await auth.currentUser.getIdToken()}`,
    ...(body && { "Content-Type": "application/json" }),
  };
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path} answers ${response.status}`);
  return response.json();
}

test("the first visit of a user makes a profile", async () => {
  const email = newAddress();
  const { user } = await createUserWithEmailAndPassword(auth, email, password);
  const profile = await call("GET", "/user");
  assert.deepEqual([profile.id, profile.email, profile.role], [user.uid, email, "user"]);
});

test("a guest who becomes a user keeps the tasks", async () => {
  await signInAnonymously(auth);
  await call("POST", "/tasks", { title: "Walk the dog" });
  assert.equal((await call("GET", "/user")).role, "guest");
  const { user } = await linkWithCredential(auth.currentUser, EmailAuthProvider.credential(newAddress(), password));
  await user.getIdToken(true);
  assert.equal((await call("GET", "/user")).role, "user");
  assert.deepEqual((await call("GET", "/tasks")).map(({ title }) => title), ["Walk the dog"]);
});

test("nobody calls the service without a token", async () => {
  assert.equal((await fetch(`${api}/user`)).status, 401);
});
