import { Problem } from "./problem.js";
import type { TokenPair, TokenStore } from "./tokens.js";

/** How an operation uses the session: it sends no token, it sends one, or it ends the session too. */
export type Mode = "none" | "use" | "end";

/** Where access tokens come from. */
export interface Session {
  /** Return the access token, if there is one. */
  token(): Promise<string | undefined>;
  /** Return another token than the one that was refused, if there is one. */
  renew(refused: string): Promise<string | undefined>;
  /** Keep the tokens in an answer, or remove those of a session that has ended. */
  follow(mode: Mode, answer: unknown): Promise<void>;
}

/** Return an ID token, such as `(force) => auth.currentUser?.getIdToken(force)` of Firebase does. */
export type TokenProvider = (forceRefresh: boolean) => Promise<string | null | undefined> | null | undefined;

/** Tokens of the service in a store. Of any number of requests that fail together, one refreshes the tokens. */
export class StoredSession implements Session {
  #last: Promise<unknown> = Promise.resolve();
  #renewing: Promise<string | undefined> | undefined;

  constructor(
    private readonly store: TokenStore,
    private readonly refresh: (refreshToken: string) => Promise<TokenPair>,
  ) {}

  async token(): Promise<string | undefined> {
    return this.store.load()?.accessToken;
  }

  renew(refused: string): Promise<string | undefined> {
    this.#renewing ??= this.#alone((waited) => this.#renew(refused, waited)).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(refused: string, waited: boolean): Promise<string | undefined> {
    // The lock of another tab can arrive before the tokens that it has stored.
    if (waited && this.store.load()?.accessToken === refused) await this.store.settled?.();
    const tokens = this.store.load();
    if (!tokens || tokens.accessToken !== refused) return tokens?.accessToken;
    try {
      if (!tokens.refreshToken) return void this.store.save(undefined);
      const renewed = await this.refresh(tokens.refreshToken);
      this.store.save(renewed);
      return renewed.accessToken;
    } catch (error) {
      // After another failure than a refusal, the tokens are still good.
      if (error instanceof Problem && error.status === 401) this.store.save(undefined);
      throw error;
    }
  }

  async follow(mode: Mode, answer: unknown): Promise<void> {
    const found = (answer ?? {}) as { access_token?: string; refresh_token?: string };
    if (mode === "end") await this.#alone(async () => this.store.save(undefined));
    else if (found.access_token) {
      const { access_token: accessToken, refresh_token: refreshToken } = found;
      await this.#alone(async () => {
        const renewed = mode === "use" ? this.store.load()?.refreshToken : undefined;
        this.store.save({ accessToken, refreshToken: refreshToken ?? renewed });
      });
    }
  }

  /** Do a piece of work when no other changes the tokens: in all tabs where there are Web Locks, else in this one. */
  async #alone<T>(work: (waited: boolean) => Promise<T>): Promise<T> {
    const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
    if (!this.store.lock || !locks) {
      const result = this.#last.then(() => work(false));
      this.#last = result.catch(() => undefined);
      return result;
    }
    const atOnce = await locks.request(this.store.lock, { ifAvailable: true }, async (lock) =>
      lock ? { result: await work(false) } : undefined);
    return atOnce ? atOnce.result : await locks.request(this.store.lock, () => work(true));
  }
}

/** Tokens of an identity provider, which the application logs in to by itself. */
export class ProvidedSession implements Session {
  #renewing: Promise<string | undefined> | undefined;

  constructor(private readonly provider: TokenProvider) {}

  async token(): Promise<string | undefined> {
    return (await this.provider(false)) ?? undefined;
  }

  async renew(refused: string): Promise<string | undefined> {
    const current = await this.token();
    if (current !== refused) return current;
    this.#renewing ??= Promise.resolve(this.provider(true)).then((token) => token ?? undefined).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async follow(): Promise<void> {
    // The provider keeps its own tokens.
  }
}
