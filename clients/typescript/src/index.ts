import { Operations } from "./operations.js";
import { signWithPasskey } from "./passkeys.js";
import type { AskOptions } from "./passkeys.js";
import type { Tokens } from "./schema.js";

/** A client of Portero for browsers and Node. Operations throw a `Problem` when the service refuses them. */
export class Portero extends Operations {
  /** Log in with a passkey that the user chooses in the browser. Nobody has to type a name. */
  async signInWithPasskey(ask: AskOptions = {}): Promise<Tokens> {
    const abort = ask.signal ? { signal: ask.signal } : {};
    return this.logInWithPasskey(await signWithPasskey(await this.getPasskeyOptions(abort), ask), abort);
  }
}

export { signWithPasskey } from "./passkeys.js";
export type { AskOptions } from "./passkeys.js";
export { MfaRequired, Problem, StepUpRequired } from "./problem.js";
export { etagOf } from "./requests.js";
export type { ClientOptions, Options } from "./requests.js";
export type * from "./schema.js";
export type { TokenProvider } from "./session.js";
export { LocalStorageTokens, MemoryTokens } from "./tokens.js";
export type { TokenPair, TokenStore } from "./tokens.js";
