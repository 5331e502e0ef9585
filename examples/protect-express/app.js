/** A back end in Express that is protected by Portero. Start it with `node app.js`. */

import express from "express";
import { currentUser, protect } from "portero-client/express";
import { Verifier } from "portero-client/verify";

const verifier = new Verifier(process.env.PORTERO ?? "http://localhost:8000");
const app = express();

app.get("/orders", protect(verifier), (request, response) => {
  response.json({ user: currentUser(request).id, orders: [] });
});

app.post("/payments", protect(verifier, { maxAge: 600 }), (request, response) => {
  response.json({ paid_by: currentUser(request).id });
});

app.get("/reports", protect(verifier, { roles: ["admin"], acr: "aal2" }), (request, response) => {
  response.json({ read_by: currentUser(request).id });
});

app.listen(process.env.PORT ?? 5000, "127.0.0.1");
