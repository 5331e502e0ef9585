import { importJWK } from "jose";
import type { CryptoKey, JWK } from "jose";

import { AuthError, unavailable } from "./refusals.js";

/** The time after which the keys are asked for again, so that a key that was withdrawn is forgotten. */
const KEYS_SECONDS = 600;
/** The time between two requests for keys, whatever the tokens of strangers name. */
const RETRY_SECONDS = 60;

export interface Key {
  readonly algorithm: string;
  readonly key: CryptoKey | Uint8Array;
}

/** The published keys by their ids. A request for them that fails changes nothing. */
export class Keys {
  #keys = new Map<string, Key>();
  #asked = -Infinity;
  #fetched = -Infinity;
  #refreshing: Promise<void> | undefined;

  constructor(
    private readonly fetch: () => Promise<Record<string, unknown>>,
    private readonly clock: () => number,
  ) {}

  /** A key, or nothing for an unknown id. Throws if an id is unknown and Portero does not answer. */
  async find(kid: string): Promise<Key | undefined> {
    const refreshing = this.#isDue(kid) ? (this.#refreshing ??= this.#refresh()) : this.#refreshing;
    if (!this.#keys.has(kid)) await refreshing; // a known key waits for nothing
    if (!this.#keys.has(kid) && this.#fetched !== this.#asked) throw unavailable();
    return this.#keys.get(kid);
  }

  #isDue(kid: string): boolean {
    // A clock that was set back counts as one that has moved on.
    const now = this.clock();
    const [asked, fetched] = [Math.abs(now - this.#asked), Math.abs(now - this.#fetched)];
    return asked >= (this.#keys.size ? RETRY_SECONDS : 1) && (!this.#keys.has(kid) || fetched >= KEYS_SECONDS);
  }

  async #refresh(): Promise<void> {
    const now = this.clock();
    try {
      this.#keys = await imported(await this.fetch());
      this.#fetched = now;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
    } finally {
      this.#asked = now;
      this.#refreshing = undefined;
    }
  }
}

async function imported(found: Record<string, unknown>): Promise<Map<string, Key>> {
  try {
    const usable = (found.keys as JWK[]).filter(({ alg }) => alg === "EdDSA" || alg === "ES256");
    const keys = usable.map(async (jwk) => [String(jwk.kid), { algorithm: jwk.alg!, key: await importJWK(jwk) }] as const);
    return new Map(await Promise.all(keys));
  } catch {
    throw unavailable();
  }
}
