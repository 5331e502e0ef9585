import { Operations } from "./operations.js";

/** A client of Portero for browsers and Node. Operations throw a `Problem` when the service refuses them. */
export class Portero extends Operations {}

export { Problem } from "./problem.js";
export { etagOf } from "./requests.js";
export type { ClientOptions, Options } from "./requests.js";
export type * from "./schema.js";
export type { TokenProvider } from "./session.js";
export { LocalStorageTokens, MemoryTokens } from "./tokens.js";
export type { TokenPair, TokenStore } from "./tokens.js";
