// Every page of the console works without this script.
"use strict";

// Ignore the second click on a button whose form is on its way.
const sent = new WeakSet();
addEventListener("submit", (event) => (sent.has(event.target) ? event.preventDefault() : sent.add(event.target)));
addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => sent.delete(form)));
