import createClient, { defaultPathSerializer } from "openapi-fetch";
import type { Client, MiddlewareCallbackParams } from "openapi-fetch";

import { Problem, StepUpRequired } from "./problem.js";
import type { paths, Tokens } from "./schema.js";
import { ProvidedSession, StoredSession } from "./session.js";
import type { Mode, Session, TokenProvider } from "./session.js";
import { MemoryTokens } from "./tokens.js";
import type { TokenStore } from "./tokens.js";

/** Options of every operation. */
export interface Options {
  signal?: AbortSignal;
}

/** Options of a client. `tokens` and `tokenProvider` exclude each other. */
export interface ClientOptions {
  /** Where the tokens are kept; in memory by default. */
  tokens?: TokenStore;
  /** A source of tokens instead: `(force) => auth.currentUser?.getIdToken(force)` with Firebase. */
  tokenProvider?: TokenProvider;
  /** The function that sends requests; `globalThis.fetch` by default. */
  fetch?: (request: Request) => Promise<Response>;
}

interface Init {
  headers: Record<string, string>;
  signal?: AbortSignal;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

const REFRESH_TIMEOUT = 30_000;
const etags = new WeakMap<object, string>();

/** Return the revision of a single resource, for `ifMatch` of its next change; none for an item of a list. */
export function etagOf(resource: object): string | undefined {
  return etags.get(resource);
}

/** Return a form with a file. The types of the document know a file as a string. */
export function multipart(fields: Record<string, string | Blob | undefined>): never {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, value);
  return form as never;
}

/** What all operations do alike: send the access token, renew it once, follow pages, raise problems. */
export class Requests {
  protected readonly http: Client<paths>;
  readonly #session: Session;

  /** A client of the service at a URL. */
  constructor(url: string, options: ClientOptions = {}) {
    const { tokens = new MemoryTokens(), tokenProvider, fetch } = options;
    // The service never redirects, and a redirect could lead a password or a refresh token to another host.
    this.http = createClient<paths>({ baseUrl: url, redirect: "error", pathSerializer: pathOf, ...(fetch && { fetch }) });
    this.http.use({ onResponse: requireJson });
    this.#session = tokenProvider
      ? new ProvidedSession(tokenProvider)
      : new StoredSession(tokens, (token) => this.#refresh(token));
  }

  /** Whether there is a token. It may have expired. */
  async isLoggedIn(): Promise<boolean> {
    return (await this.#session.token()) !== undefined;
  }

  protected async call<T>(mode: Mode, options: Options, send: (init: Init) => Promise<Answer<T>>): Promise<T> {
    const { data, response } = await this.#send(mode, options, send);
    await this.#session.follow(mode, data);
    const etag = response.headers.get("ETag");
    if (etag && typeof data === "object" && data) etags.set(data, etag);
    return data as T;
  }

  protected async *pages<T>(
    mode: Mode,
    options: Options,
    send: (init: Init, cursor: string | undefined) => Promise<Answer<T[]>>,
  ): AsyncGenerator<T, void, undefined> {
    let cursor: string | undefined;
    do {
      const { data, response } = await this.#send(mode, options, (init) => send(init, cursor));
      yield* data ?? [];
      cursor = nextCursor(response);
    } while (cursor);
  }

  protected async download(
    mode: Mode,
    options: Options,
    send: (init: Init) => Promise<Answer<unknown>>,
  ): Promise<Response> {
    return (await this.#send(mode, options, send)).response;
  }

  async #send<T>(mode: Mode, options: Options, send: (init: Init) => Promise<Answer<T>>): Promise<Answer<T>> {
    const token = mode === "none" ? undefined : await orAborted(this.#session.token(), options.signal);
    let answer = await send(init(options, token));
    if (answer.response.status === 401 && token && !(Problem.of(answer.response, answer.error) instanceof StepUpRequired)) {
      const renewed = await orAborted(this.#session.renew(token), options.signal);
      if (renewed) answer = await send(init(options, renewed));
    }
    if (!answer.response.ok) throw Problem.of(answer.response, answer.error);
    return answer;
  }

  async #refresh(token: string): Promise<{ accessToken: string; refreshToken: string }> {
    const signal = AbortSignal.timeout(REFRESH_TIMEOUT); // other tabs wait for this request
    const body = { refresh_token: token };
    const { data, error, response }: Answer<Tokens> = await this.http.POST("/auth/refresh", { body, signal });
    if (!data) throw new Problem(response, error);
    return { accessToken: data.access_token, refreshToken: data.refresh_token };
  }
}

/** Throw a Problem for a success without the expected JSON, such as the login page of a gateway. */
async function requireJson({ response, options }: MiddlewareCallbackParams & { response: Response }): Promise<void> {
  if (!response.ok || response.status === 204 || options.parseAs !== "json") return;
  await response.clone().json().catch((error: unknown) => {
    throw error instanceof SyntaxError ? new Problem(response, undefined, "The answer is not JSON.") : error;
  });
}

function init(options: Options, token: string | undefined): Init {
  return { ...options, headers: token ? { Authorization: `Bearer ${token}` } : {} };
}

/** Wait for a result, but not after the signal aborts. The work goes on, because other callers may wait for it too. */
async function orAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return result;
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
  return Promise.race([result, aborted]).finally(() => signal.removeEventListener("abort", abort!));
}

/** Return a path with its values, none of which may change it. */
function pathOf(path: string, values: Record<string, unknown>): string {
  for (const [name, value] of Object.entries(values))
    if (["", ".", ".."].includes(String(value))) throw new TypeError(`${name} is "${value}"; pass the ${name} of a resource.`);
  return defaultPathSerializer(path, values);
}

/** Return the cursor of the next page. The rest of its link is not used: it could lead a token to another host. */
function nextCursor(response: Response): string | undefined {
  const [, link] = /<([^>]*)>[^,]*;\s*rel="?next"?/.exec(response.headers.get("Link") ?? "") ?? [];
  return (link && new URL(link, response.url || "http://unused").searchParams.get("cursor")) || undefined;
}
