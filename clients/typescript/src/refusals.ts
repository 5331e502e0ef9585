/** Why a service that verifies tokens refuses a request, and the answer to give. */

/** A request to refuse. `status`, `headers` and `problem` (RFC 9457) make the answer. */
export class AuthError extends Error {
  override readonly name: string = "AuthError";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
  }

  /** The members of the problem, for a body of the type application/problem+json. */
  get problem(): { type: string; title: string; status: number; detail: string } {
    return { type: `/problems/${this.code}`, title: this.title, status: this.status, detail: this.detail };
  }
}

/** The token was not issued by this Portero for this service, or it has expired or was revoked. */
export function invalidToken(): AuthError {
  const headers = { "WWW-Authenticate": 'Bearer error="invalid_token"' };
  return new AuthError(401, "invalid-token", "Unauthorized", "The token is not valid, or it has expired.", headers);
}

/** The request has no bearer token. */
export function unauthenticated(): AuthError {
  const headers = { "WWW-Authenticate": "Bearer" };
  return new AuthError(401, "unauthenticated", "Unauthorized", "Send an access token as Authorization: Bearer TOKEN.", headers);
}

/** The role of the user does not allow the request. */
export function forbidden(): AuthError {
  return new AuthError(403, "forbidden", "Forbidden", "Your role does not allow this.");
}

/** The request needs a newer proof of identity, or one with two factors (RFC 9470). */
export function stepUpNeeded(acr?: string, maxAge?: number): AuthError {
  const wanted = { error: "insufficient_user_authentication", acr_values: acr, max_age: maxAge };
  const named = Object.entries(wanted).filter(([, value]) => value !== undefined);
  const headers = { "WWW-Authenticate": `Bearer ${named.map(([name, value]) => `${name}="${value}"`).join(", ")}` };
  const detail = "Prove your identity again, and send the request with the new token.";
  return new AuthError(401, "insufficient-user-authentication", "Unauthorized", detail, headers);
}

/** Portero does not answer, and without it nobody can tell whether the token is valid. */
export function unavailable(): AuthError {
  const detail = "The accounts service does not answer. Try again later.";
  return new AuthError(503, "unavailable", "Service Unavailable", detail, { "Retry-After": "5" });
}
