/** An access token, and the refresh token that gets the next pair. Guests have no refresh token. */
export interface TokenPair {
  accessToken: string;
  refreshToken?: string | undefined;
}

/** A place that keeps the tokens of one session. */
export interface TokenStore {
  load(): TokenPair | undefined;
  /** Replace the tokens. `undefined` removes them. */
  save(tokens: TokenPair | undefined): void;
  /** The name of the lock that all tabs with the same tokens take to refresh them. */
  readonly lock?: string;
  /** Wait for the tokens that another tab has just stored. Ends after a while if there are none. */
  settled?(): Promise<void>;
}

/** A token store for one page or process. */
export class MemoryTokens implements TokenStore {
  #tokens: TokenPair | undefined;

  constructor(tokens?: TokenPair) {
    this.#tokens = tokens;
  }

  load(): TokenPair | undefined {
    return this.#tokens;
  }

  save(tokens: TokenPair | undefined): void {
    this.#tokens = tokens;
  }
}

const SETTLES_WITHIN = 2_000;

/** A token store that all tabs of an origin share. Scripts of the origin can read it, so keep foreign ones out. */
export class LocalStorageTokens implements TokenStore {
  readonly lock: string;
  readonly #key: string;

  constructor(key = "portero.tokens") {
    this.#key = key;
    this.lock = key;
  }

  load(): TokenPair | undefined {
    return JSON.parse(localStorage.getItem(this.#key) ?? "null") ?? undefined;
  }

  save(tokens: TokenPair | undefined): void {
    if (tokens) localStorage.setItem(this.#key, JSON.stringify(tokens));
    else localStorage.removeItem(this.#key);
  }

  /** Call a function when another tab logs in, logs out or refreshes. Returns a function that ends this. */
  subscribe(listener: (tokens: TokenPair | undefined) => void): () => void {
    const changed = (event: StorageEvent): void => {
      if (event.key === this.#key || event.key === null) listener(this.load());
    };
    addEventListener("storage", changed);
    return () => removeEventListener("storage", changed);
  }

  settled(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        unsubscribe();
        clearTimeout(timer);
        resolve();
      };
      const unsubscribe = this.subscribe(done);
      const timer = setTimeout(done, SETTLES_WITHIN);
    });
  }
}
