// Drives the Firebase JavaScript SDK for the tests: `node firebase_client.mjs HOST PROJECT`.
// Each line of standard input is a JSON array of a device, a command and its arguments. Each line of standard output is
// the answer: {"value": …}, or {"error": CODE}. Each device has its own SDK, like a phone or a browser tab.
import { createInterface } from "node:readline";
import { initializeApp } from "firebase/app";
import * as sdk from "firebase/auth";
import * as firestore from "firebase/firestore/lite";

const [host, projectId] = process.argv.slice(2);
const devices = new Map();

function authOf(device) {
  if (!devices.has(device)) {
    const auth = sdk.getAuth(initializeApp({ projectId, apiKey: "any" }, device));
    sdk.connectAuthEmulator(auth, `http://${host}`, { disableWarnings: true });
    devices.set(device, auth);
  }
  return devices.get(device);
}

const stores = new Map();

function storeOf(auth, address) {
  if (!stores.has(auth)) {
    const [host, port] = address.split(":");
    stores.set(auth, firestore.getFirestore(auth.app));
    firestore.connectFirestoreEmulator(stores.get(auth), host, Number(port));
  }
  return stores.get(auth);
}

const google = (claims) => sdk.GoogleAuthProvider.credential(JSON.stringify(claims));

const commands = {
  signUp: (auth, email, password) => sdk.createUserWithEmailAndPassword(auth, email, password),
  signUpAtTenant: (auth, tenant, email, password) => {
    auth.tenantId = tenant;
    return sdk.createUserWithEmailAndPassword(auth, email, password);
  },
  signIn: (auth, email, password) => sdk.signInWithEmailAndPassword(auth, email, password),
  signInAnonymously: (auth) => sdk.signInAnonymously(auth),
  signInWithGoogle: (auth, claims) => sdk.signInWithCredential(auth, google(claims)),
  signInWithToken: (auth, token) => sdk.signInWithCustomToken(auth, token),
  linkPassword: (auth, email, password) =>
    sdk.linkWithCredential(auth.currentUser, sdk.EmailAuthProvider.credential(email, password)),
  linkGoogle: (auth, claims) => sdk.linkWithCredential(auth.currentUser, google(claims)),
  updatePassword: (auth, password) => sdk.updatePassword(auth.currentUser, password),
  sendVerification: (auth) => sdk.sendEmailVerification(auth.currentUser),
  sendNewAddress: (auth, email) => sdk.verifyBeforeUpdateEmail(auth.currentUser, email),
  applyCode: (auth, code) => sdk.applyActionCode(auth, code),
  deleteUser: (auth) => sdk.deleteUser(auth.currentUser),
  signOut: (auth) => sdk.signOut(auth),
  read: async (auth, address, path) => (await firestore.getDoc(firestore.doc(storeOf(auth, address), path))).data(),
  token: (auth, fresh) => auth.currentUser.getIdToken(fresh),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [device, command, ...args] = JSON.parse(line);
  try {
    const value = await commands[command](authOf(device), ...args);
    console.log(JSON.stringify({ value: value?.user?.uid ?? value ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.code ?? String(error) }));
  }
}
