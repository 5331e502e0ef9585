import type { FieldProblem } from "./schema.js";

/**
 * An answer with a status of 400 or more, or a success without the expected JSON.
 *
 * `code` names the kind of the error and never changes, `message` is a sentence for people, and `errors` has an entry
 * for each bad field. An answer that names no kind, such as a proxy's, has the code `http_STATUS`.
 */
export class Problem extends Error {
  override readonly name: string = "Problem";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: FieldProblem[];
  readonly requestId: string | null;
  readonly retryAfter: string | null;

  /** The problem that a response and its content describe, as one of the kinds that have a class of their own. */
  static of(response: Response, content: unknown): Problem {
    const problem = new Problem(response, content);
    const kind = { "insufficient-user-authentication": StepUpRequired, "mfa-required": MfaRequired }[problem.code];
    return kind ? new kind(response, content) : problem;
  }

  /** The problem that a response and its content describe, or else one with `otherwise` as its detail. */
  constructor(response: Response, content: unknown, otherwise = response.statusText) {
    const type = response.headers.get("Content-Type") ?? "";
    // The problem of a gateway can be empty, and has members of its own. One of another type is ignored (RFC 9457).
    const body = ((type.startsWith("application/problem+json") && content) || {}) as Partial<Record<string, unknown>>;
    const text = (name: string) => (typeof body[name] === "string" ? body[name] : undefined);
    const detail = text("detail") || otherwise;
    super(detail);
    this.status = response.status;
    const code = text("type")?.split("/").at(-1);
    this.code = !code || code === "about:blank" ? `http_${response.status}` : code;
    this.title = text("title") || response.statusText;
    this.detail = detail;
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.requestId = response.headers.get("X-Request-Id");
    this.retryAfter = response.headers.get("Retry-After");
  }
}

/**
 * The request needs a newer proof of identity, or one with two factors (RFC 9470). Call `stepUp` with a proof, and send
 * the request again. A refresh does not help.
 */
export class StepUpRequired extends Problem {
  override readonly name = "StepUpRequired";
  /** "aal2" if two factors are needed. */
  readonly acrValues: string | undefined;
  /** The greatest age of the proof, in seconds. */
  readonly maxAge: number | undefined;

  constructor(response: Response, content: unknown) {
    super(response, content);
    const challenge = response.headers.get("WWW-Authenticate") ?? "";
    this.acrValues = /acr_values="([^"]*)"/.exec(challenge)?.[1];
    const age = /max_age="(\d+)"/.exec(challenge)?.[1];
    this.maxAge = age === undefined ? undefined : Number(age);
  }
}

/** The first step of a login was right, and the user has factors. Call `mfa` with the token and the answer of a factor. */
export class MfaRequired extends Problem {
  override readonly name = "MfaRequired";
  readonly mfaToken: string;
  /** The seconds for which the token is good. */
  readonly expiresIn: number;
  /** The kinds of the user's factors: "passkey", "totp", "recovery". */
  readonly factors: string[];

  constructor(response: Response, content: unknown) {
    super(response, content);
    const body = content as { mfa_token?: string; expires_in?: number; factors?: string[] };
    this.mfaToken = body.mfa_token ?? "";
    this.expiresIn = body.expires_in ?? 0;
    this.factors = body.factors ?? [];
  }
}
