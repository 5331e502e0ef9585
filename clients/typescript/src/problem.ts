import type { FieldProblem } from "./schema.js";

/**
 * An answer with a status of 400 or more, or a success without the expected JSON.
 *
 * `code` names the kind of the error and never changes, `message` is a sentence for people, and `errors` has an entry
 * for each bad field. An answer that names no kind, such as a proxy's, has the code `http_STATUS`.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: FieldProblem[];
  readonly requestId: string | null;
  readonly retryAfter: string | null;

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
