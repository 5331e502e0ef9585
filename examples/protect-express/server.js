/** Serves the back end with the Portero at the URL PORTERO. */

import { Verifier } from "portero-client/verify";

import { createApp } from "./app.js";

const verifier = new Verifier(process.env.PORTERO ?? "http://localhost:8000");
createApp(verifier).listen(process.env.PORT ?? 5000, "127.0.0.1");
