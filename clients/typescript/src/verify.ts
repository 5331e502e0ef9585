/** Verify access tokens in a service of your own, with the keys that Portero publishes. Needs `jose`. */

import { base64url, compactVerify } from "jose";

import { Keys } from "./keys.js";
import { forbidden, invalidToken, stepUpNeeded, unauthenticated, unavailable } from "./refusals.js";

export { AuthError } from "./refusals.js";

const ROLES = ["guest", "user", "uploader", "auditor", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** The roles of people with an account: every role but `guest`. */
export const MEMBERS: readonly Role[] = ["user", "uploader", "auditor", "admin"];
/** The seconds by which the clock of this machine may differ from that of Portero. */
export const CLOCK_SKEW = 60;

const MAX_LENGTH = 4096;
const LONGEST_SECONDS = 86400;
const LATEST = 2 ** 37;

/** The user of a valid token. `claims` are all claims of the token, also those that admins have given the user. */
export interface User {
  readonly id: string;
  readonly role: Role;
  readonly sessionId: string;
  readonly acr: "aal1" | "aal2";
  readonly authTime: number | undefined;
  readonly amr: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What a request must prove: one of these roles (those of members), two factors, a proof of the last seconds. */
export interface Requirements {
  roles?: readonly Role[];
  acr?: "aal2";
  maxAge?: number;
}

export interface VerifierOptions {
  issuer?: string;
  audience?: string;
  /** The credential of this service at Portero. With it, the end of a session and a new role count at once. */
  introspect?: { clientId: string; clientSecret: string };
  fetch?: typeof fetch;
  /** The time in seconds since 1970. */
  clock?: () => number;
}

/** Verifies access tokens of the Portero at `url`. Create one for the process: it remembers the keys. */
export class Verifier {
  readonly #url: string;
  readonly #options: VerifierOptions;
  readonly #clock: () => number;
  readonly #keys: Keys;

  constructor(url: string, options: VerifierOptions = {}) {
    this.#url = url.replace(/\/+$/, "");
    this.#options = options;
    this.#clock = options.clock ?? (() => Date.now() / 1000);
    this.#keys = new Keys(() => this.#ask("/.well-known/jwks.json"), this.#clock);
  }

  /**
   * The user of an Authorization header. Throws an AuthError if the header does not prove what is required.
   *
   * The age and the factors are checked before the role, because Portero may give an admin with one factor the role of
   * a user.
   */
  async authenticate(authorization: string | undefined, requirements: Requirements = {}): Promise<User> {
    const { roles = MEMBERS, acr, maxAge } = requirements;
    const [, token] = /^bearer (.+)$/i.exec(authorization ?? "") ?? [];
    if (!token) throw unauthenticated();
    const user = await this.verify(token);
    const tooOld = maxAge !== undefined && !(this.#clock() - (user.authTime ?? -Infinity) <= maxAge);
    if (tooOld || (acr && user.acr !== acr)) throw stepUpNeeded(acr, maxAge);
    if (!roles.includes(user.role)) throw forbidden();
    return user;
  }

  /** The user of a valid token. Throws an AuthError for any other text: 401, or 503 without keys. */
  async verify(token: string): Promise<User> {
    const parts = token.length > MAX_LENGTH ? [] : token.split(".");
    if (parts.length !== 3) throw invalidToken();
    const [header, claims] = [read(parts[0]!), read(parts[1]!)];
    decode(parts[2]!);
    const { typ, alg, kid } = header;
    if (Object.keys(header).length !== 3 || typ !== "at+jwt" || typeof kid !== "string") throw invalidToken();
    const found = await this.#keys.find(kid);
    if (!found || alg !== found.algorithm) throw invalidToken();
    await compactVerify(token, found.key, { algorithms: [found.algorithm] }).catch(() => {
      throw invalidToken();
    });
    if (!isComplete(claims) || !this.#isCurrent(claims)) throw invalidToken();
    return userOf(this.#options.introspect ? await this.#lookUp(token, claims.sub) : claims);
  }

  #isCurrent(claims: Claims): boolean {
    const { issuer = "portero", audience = "portero" } = this.#options;
    const [now, lifetime] = [this.#clock(), claims.exp - claims.iat];
    const begun = Math.max(claims.iat, claims.nbf ?? 0) - CLOCK_SKEW <= now;
    const ours = claims.iss === issuer && claims.aud === audience && claims.sub === claims.user_id;
    return ours && begun && now < claims.exp + CLOCK_SKEW && lifetime > 0 && lifetime <= LONGEST_SECONDS;
  }

  async #lookUp(token: string, userId: string): Promise<Claims> {
    const { clientId, clientSecret } = this.#options.introspect!;
    const credential = btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
    const headers = { Authorization: `Basic ${credential}` };
    const state = await this.#ask("/auth/introspect", { method: "POST", headers, body: new URLSearchParams({ token }) });
    if (state.active !== true || state.sub !== userId) throw invalidToken();
    if (!isComplete(state)) throw unavailable();
    return state;
  }

  /** The JSON object that Portero answers. Throws an AuthError for anything else. */
  async #ask(path: string, options: RequestInit = {}): Promise<Record<string, unknown>> {
    const send = this.#options.fetch ?? fetch;
    try {
      const signal = AbortSignal.timeout(5000);
      const response = await send(`${this.#url}${path}`, { redirect: "error", signal, ...options });
      const found: unknown = response.status === 200 ? await response.json() : undefined;
      if (isObject(found)) return found;
    } catch {
      // as for an answer without an object
    }
    throw unavailable();
  }
}

interface Claims extends Record<string, unknown> {
  iss: string;
  aud: string;
  sub: string;
  user_id: string;
  role: Role;
  sid: string;
  iat: number;
  exp: number;
  nbf?: number;
  auth_time?: number;
  acr?: "aal1" | "aal2";
  amr?: string[];
}

function isComplete(claims: Record<string, unknown>): claims is Claims {
  const { iat, exp, nbf = 0, auth_time: authTime = 0, acr = "aal1", amr = [], role } = claims;
  const texts = ["iss", "aud", "sub", "user_id", "sid", "jti", "client_id"].map((name) => claims[name]);
  return (
    texts.every((text) => typeof text === "string" && text !== "") &&
    [iat, exp, nbf, authTime].every(Number.isSafeInteger) &&
    (authTime as number) >= 0 && (authTime as number) < LATEST &&
    ROLES.includes(role as Role) &&
    (acr === "aal1" || acr === "aal2") &&
    Array.isArray(amr) && amr.every((method) => typeof method === "string")
  );
}

function userOf(claims: Claims): User {
  const { sub: id, role, sid: sessionId, acr = "aal1", auth_time: authTime, amr = [] } = claims;
  return { id, role, sessionId, acr, authTime, amr, claims };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Decode base64url in its only spelling. Throws for any other text, which jose would accept. */
function decode(part: string): Uint8Array {
  try {
    const data = base64url.decode(part);
    if (base64url.encode(data) === part) return data;
  } catch {
    // as for another spelling
  }
  throw invalidToken();
}

/** The JSON object in a part of a token. Throws if there is none, also if the object has a member twice. */
function read(part: string): Record<string, unknown> {
  const data = decode(part);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    let members = 0;
    const found: unknown = JSON.parse(text, (_, value: unknown) => {
      members += isObject(value) ? Object.keys(value).length : 0;
      return value;
    });
    const named = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/gs)].filter(([, colon]) => colon).length;
    if (isObject(found) && named === members) return found;
  } catch {
    // as for a text without an object
  }
  throw invalidToken();
}
