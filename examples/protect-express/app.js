/** A back end in Express that is protected by Portero. */

import express from "express";
import { currentUser, protect } from "portero-client/express";

export function createApp(verifier) {
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

  return app;
}
