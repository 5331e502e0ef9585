// Signs in with Firebase, and calls Portero with the ID token of the user. ?api= and ?auth= name other addresses than
// those of `make emulators`.
import { initializeApp } from "firebase/app";
import {
  EmailAuthProvider,
  GoogleAuthProvider,
  connectAuthEmulator,
  createUserWithEmailAndPassword,
  getAuth,
  linkWithCredential,
  onIdTokenChanged,
  signInAnonymously,
  signInWithCredential,
  signInWithEmailAndPassword,
  signInWithPopup,
  signOut,
} from "firebase/auth";

const query = new URLSearchParams(location.search);
const api = query.get("api") ?? "http://localhost:8000";
const emulator = query.get("auth") ?? "http://localhost:9099";

// Replace this by the configuration of your project, and remove the next line, to leave the emulator.
const auth = getAuth(initializeApp({ projectId: "demo-portero", apiKey: "any", authDomain: "localhost" }));
connectAuthEmulator(auth, emulator, { disableWarnings: true });

const $ = (selector) => document.querySelector(selector);
const credentials = $("#credentials");

async function call(method, path, body, account = auth.currentUser) {
  const response = await fetch(api + path, {
    method,
    headers: {
      Authorization: `Bearer ${await account.getIdToken()}`,
      ...(body && { "Content-Type": "application/json" }),
    },
    body: body && JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

function signInWithGoogle() {
  if (!auth.emulatorConfig) return signInWithPopup(auth, new GoogleAuthProvider());
  // The emulator believes any Google account, so that no window of Google is needed.
  const email = credentials.elements.email.value || "guest@example.com";
  return signInWithCredential(
    auth,
    GoogleAuthProvider.credential(JSON.stringify({ sub: email, email, email_verified: true })),
  );
}

function withPassword(button, email, password) {
  if (button === "signUp") return createUserWithEmailAndPassword(auth, email, password);
  if (button === "signIn") return signInWithEmailAndPassword(auth, email, password);
  return linkWithCredential(auth.currentUser, EmailAuthProvider.credential(email, password)).then(show);
}

async function draw() {
  const account = auth.currentUser;
  const signedIn = account !== null;
  const user = signedIn ? await call("GET", "/user", null, account) : null;
  const tasks = signedIn ? await call("GET", "/tasks", null, account) : [];
  $("#user").textContent = user ? `${user.email ?? user.id} (${user.role})` : "Nobody is signed in.";
  $("#tasks ul").replaceChildren(
    ...tasks.map(({ title }) => Object.assign(document.createElement("li"), { textContent: title })),
  );
  $("#tasks").hidden = $("#signOut").hidden = !signedIn;
  $("#google").hidden = $("#anonymous").hidden = signedIn;
  credentials.hidden = signedIn && user.role !== "guest";
  credentials.signUp.hidden = credentials.signIn.hidden = signedIn;
  credentials.upgrade.hidden = !signedIn;
}

let drawn = Promise.resolve();

/** Show the user and the tasks: one drawing after the other, so that the last one stays. */
const show = () => (drawn = drawn.then(draw, draw));

/** Do something, and show a failure to the user. */
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    $("#user").textContent = error.message;
  }
}

credentials.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => withPassword(event.submitter.name, credentials.elements.email.value, credentials.elements.password.value));
});
$("#tasks").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    await call("POST", "/tasks", { title: event.target.elements.title.value });
    event.target.reset();
    await show();
  });
});
$("#google").addEventListener("click", () => attempt(signInWithGoogle));
$("#anonymous").addEventListener("click", () => attempt(() => signInAnonymously(auth)));
$("#signOut").addEventListener("click", () => attempt(() => signOut(auth)));
onIdTokenChanged(auth, () => attempt(show));
