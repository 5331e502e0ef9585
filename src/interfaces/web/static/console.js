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

// Every few seconds, replace the element with data-poll by its newer version, until a version comes without data-poll.
const paused = new Set();

async function poll(id) {
  const shown = document.getElementById(id);
  const button = document.querySelector(`[data-pause="${id}"]`);
  if (button) button.hidden = !shown?.dataset.poll;
  if (!shown?.dataset.poll) return;
  await new Promise((done) => setTimeout(done, shown.dataset.poll * 1000));
  // A hidden page asks nothing, and nothing is taken from under the fingers of a person.
  if (!document.hidden && !paused.has(id) && !shown.contains(document.activeElement)) {
    const answer = await fetch(location.href).catch(() => null);
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById(id);
      if (!next) return location.reload(); // the session has ended
      shown.replaceWith(document.adoptNode(next));
    }
  }
  poll(id);
}

for (const { id } of document.querySelectorAll("[data-poll]")) poll(id);
for (const button of document.querySelectorAll("[data-pause]"))
  button.addEventListener("click", () => {
    const id = button.dataset.pause;
    paused.delete(id) || paused.add(id);
    [button.textContent, button.dataset.again] = [button.dataset.again, button.textContent];
  });

// A form with a drop zone sends its files one by one, and shows how much of a file has arrived.
const zoneOf = (event) => event.target.closest?.("form.drop");
for (const type of ["dragover", "dragleave", "drop"])
  addEventListener(type, (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("over", type === "dragover");
    if (type === "drop") zone.elements.file.files = event.dataTransfer.files;
  });
for (const field of document.querySelectorAll("[data-many]")) field.multiple = true;

function send(form, file, show) {
  const body = new FormData(form);
  body.delete("file");
  body.append("file", file); // after the token, which the service reads first
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch reports no progress of uploads
    request.open("POST", form.action);
    request.responseType = "document";
    request.upload.onprogress = show;
    request.onload = () => resolve(request);
    request.onerror = reject;
    form.querySelector("[data-stop]").onclick = () => (request.abort(), location.reload());
    request.send(body);
  });
}

async function upload(form) {
  const part = (name) => form.querySelector(`[data-${name}]`);
  const { most, large, lost, stored, sending } = form.dataset;
  const files = [...form.elements.file.files].slice(0, form.elements.file.multiple ? undefined : 1);
  const shown = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  part("error").textContent = files.some((file) => file.size > most) ? large : "";
  if (part("error").textContent) return;
  part("progress").hidden = part("stop").hidden = false;
  form.querySelector(".go").disabled = true;
  let answer;
  for (const file of files) {
    const begun = Date.now();
    part("name").textContent = file.name;
    const show = ({ loaded, total }) => {
      form.querySelector("progress").value = loaded / total;
      const seconds = Math.ceil(((Date.now() - begun) / 1000) * (total / loaded - 1));
      const values = { percent: Math.floor((100 * loaded) / total), seconds, sent: loaded / 1e6, total: total / 1e6 };
      part("words").textContent =
        loaded < total ? sending.replace(/{(\w+)}/g, (_, name) => shown.format(values[name])) : stored;
    };
    try {
      answer = await send(form, file, show);
    } catch {
      part("error").textContent = lost;
      part("progress").hidden = part("stop").hidden = true;
      form.querySelector(".go").disabled = false;
      return;
    }
    if (answer.status >= 400) break;
  }
  const main = answer.response?.querySelector(".app #main");
  if (answer.status < 400) location.assign(answer.responseURL);
  else if (main) document.getElementById("main").replaceWith(main), main.focus();
  else location.reload();
}
addEventListener("submit", (event) => zoneOf(event) && (event.preventDefault(), upload(event.target)), true);
