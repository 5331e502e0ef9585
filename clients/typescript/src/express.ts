/** Protect the routes of an Express application with access tokens of Portero. Needs `jose`. */

import { AuthError } from "./verify.js";
import type { Requirements, User, Verifier } from "./verify.js";

interface Request {
  headers: { authorization?: string | undefined };
}

interface Response {
  status(code: number): this;
  set(headers: Record<string, string>): this;
  end(body: string): unknown;
}

const users = new WeakMap<Request, User>();

/**
 * A middleware that lets only requests through that prove what is required; see `Verifier.authenticate`.
 *
 * Others get a problem (RFC 9457) with the status 401, 403 or 503.
 */
export function protect(verifier: Verifier, requirements: Requirements = {}) {
  return async (request: Request, response: Response, next: (error?: unknown) => void): Promise<void> => {
    try {
      users.set(request, await verifier.authenticate(request.headers.authorization, requirements));
    } catch (error) {
      if (!(error instanceof AuthError)) return next(error);
      response.status(error.status).set({ ...error.headers, "Content-Type": "application/problem+json" });
      response.end(JSON.stringify(error.problem));
      return;
    }
    next();
  };
}

/** The user of a request to a protected route. */
export function currentUser(request: Request): User {
  const user = users.get(request);
  if (!user) throw new Error("The route is not protected: put protect(verifier) before its handler.");
  return user;
}
