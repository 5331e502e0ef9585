// Every page of the console works without this script.
"use strict";

// Ignore the second click on a button whose form is on its way.
const sent = new WeakSet();
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
});
addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => sent.delete(form)));

// Without this script there is no button that copies.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

// A form with data-passkey asks the device to "create" or "get" a passkey, and sends what the device answers.
const passkeys = window.PublicKeyCredential;
let asked; // the question that stands, which the next one ends

async function ask(form, mediation) {
  asked?.abort();
  asked = new AbortController();
  const { passkey: ceremony, options } = form.dataset;
  const parse = ceremony === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  const publicKey = passkeys[parse](JSON.parse(options));
  const credential = await navigator.credentials[ceremony]({ publicKey, mediation, signal: asked.signal });
  form.elements.passkey.value = JSON.stringify(credential.toJSON());
  form.submit();
}

for (const form of passkeys?.parseRequestOptionsFromJSON ? document.querySelectorAll("[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.querySelector("[role=alert]").hidden = true;
    ask(form).catch((error) => (form.querySelector("[role=alert]").hidden = error.name === "AbortError"));
  });
}

// Fields with autocomplete="webauthn" offer the passkeys of the device.
const autofill = document.querySelector("[data-autofill]");
if (autofill)
  passkeys?.isConditionalMediationAvailable?.().then((can) => can && ask(autofill, "conditional").catch(() => {}));
