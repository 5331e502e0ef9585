// Every page of the console works without this script.
"use strict";
const { lang } = document.documentElement;
const all = (selector) => document.querySelectorAll(selector);

// Ignore a second click while a form is on its way.
let sent = new WeakSet();
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
});
addEventListener("pageshow", () => (sent = new WeakSet()));

// Without this script there is no button that copies.
for (const button of all("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

// A form with data-passkey sends the passkey that the device creates or gets.
const passkeys = window.PublicKeyCredential;
let asked; // the open question; the next one ends it

async function ask(form, mediation) {
  asked?.abort();
  asked = new AbortController();
  const { passkey: ceremony, options } = form.dataset;
  const kind = ceremony === "create" ? "Creation" : "Request";
  const publicKey = passkeys[`parse${kind}OptionsFromJSON`](JSON.parse(options));
  const credential = await navigator.credentials[ceremony]({ publicKey, mediation, signal: asked.signal });
  form.elements.passkey.value = JSON.stringify(credential.toJSON());
  form.submit();
}

for (const form of passkeys?.parseRequestOptionsFromJSON ? all("[data-passkey]") : []) {
  const refusal = form.querySelector("[role=alert]");
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    refusal.hidden = true;
    ask(form).catch((error) => (refusal.hidden = error.name === "AbortError"));
  });
}

// Fields with autocomplete="webauthn" offer the passkeys of the device.
for (const form of all("[data-autofill]"))
  passkeys?.isConditionalMediationAvailable?.().then((can) => can && ask(form, "conditional").catch(() => {}));

// Replace the element with data-poll by its newer version every few seconds, until one comes without data-poll.
const paused = new Set();

async function poll(id) {
  const shown = document.getElementById(id);
  const seconds = shown?.dataset.poll;
  for (const button of all(`[data-pause="${id}"]`)) button.hidden = !seconds;
  if (!seconds) return;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  // A hidden page asks nothing, and a focused element stays.
  if (!document.hidden && !paused.has(id) && !shown.contains(document.activeElement)) {
    const answer = await fetch(location.href).catch(() => null);
    if (answer?.ok) {
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
      if (!next) return location.reload(); // the session has ended
      shown.replaceWith(next);
    }
  }
  poll(id);
}

for (const { id } of all("[data-poll]")) poll(id);
for (const button of all("[data-pause]"))
  button.addEventListener("click", () => {
    const { pause, again } = button.dataset;
    paused.delete(pause) || paused.add(pause);
    [button.textContent, button.dataset.again] = [again, button.textContent];
  });

// A drop zone sends its files one by one, and shows how much has arrived.
const zoneOf = (event) => event.target.closest?.("form.drop");
for (const type of ["dragover", "dragleave", "drop"])
  addEventListener(type, (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("over", type === "dragover");
    if (type === "drop") zone.elements.file.files = event.dataTransfer.files;
  });
for (const field of all("[data-many]")) field.multiple = true;

function send(form, file, onprogress) {
  const body = new FormData(form);
  body.delete("file");
  body.append("file", file); // after the token, which is read first
  return new Promise((resolve, onerror) => {
    const request = new XMLHttpRequest(); // fetch shows no progress
    request.open("POST", form.action);
    request.responseType = "document";
    request.onload = () => resolve(request);
    request.onerror = onerror;
    request.upload.onprogress = onprogress;
    form.querySelector("[data-stop]").onclick = () => (request.abort(), location.reload());
    request.send(body);
  });
}

async function upload(form) {
  const part = (name) => form.querySelector(`[data-${name}]`);
  const { most, large, lost, stored, sending } = form.dataset;
  const { files, multiple } = form.elements.file;
  const say = (error) => {
    part("error").textContent = error;
    part("progress").hidden = part("stop").hidden = !!error;
    form.querySelector(".go").disabled = !error;
    return error;
  };
  if (say([...files].some((file) => file.size > most) ? large : "")) return;
  let answer;
  for (const file of multiple ? files : [files[0]]) {
    const begun = Date.now();
    part("name").textContent = file.name;
    const show = ({ loaded, total }) => {
      form.querySelector("progress").value = loaded / total;
      const seconds = Math.ceil(((Date.now() - begun) / 1000) * (total / loaded - 1));
      const values = { percent: Math.floor((100 * loaded) / total), seconds, sent: loaded / 1e6, total: total / 1e6 };
      const text = (_, name) => values[name].toLocaleString(lang, { maximumFractionDigits: 1 });
      part("words").textContent = loaded < total ? sending.replace(/{(\w+)}/g, text) : stored;
    };
    answer = await send(form, file, show).catch(() => null);
    if (!answer) return say(lost);
    if (answer.status >= 400) break;
  }
  const main = answer.response?.querySelector(".app #main");
  if (answer.responseURL !== form.action) location = answer.responseURL;
  else if (main) all("#main")[0].replaceWith(main), main.focus();
  else location.reload();
}
addEventListener("submit", (event) => zoneOf(event) && (event.preventDefault(), upload(event.target)), true);
