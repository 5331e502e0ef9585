/// <reference types="node" />
/** A real Portero on memory for tests in Node, with users and a clock to move. Needs `jose` and a checkout of Portero. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { MemoryTokens, Portero } from "./index.js";
import { Verifier } from "./verify.js";
import type { Role, VerifierOptions } from "./verify.js";

const ADMIN = "admin@example.com";
export const PASSWORD = "correct zebra battery";

/** A user with tokens. `client` calls Portero as this user, and refreshes them. */
export class SignedIn {
  constructor(
    readonly id: string,
    readonly client: Portero,
    readonly tokens: MemoryTokens,
  ) {}

  get accessToken(): string {
    return this.tokens.load()!.accessToken;
  }

  /** The header with which the user calls a service that verifies tokens. */
  get headers(): { Authorization: string } {
    return { Authorization: `Bearer ${this.accessToken}` };
  }
}

export interface LocalPorteroOptions {
  /** A checkout of Portero in which `make run` has run; PORTERO_HOME by default. */
  home?: string | undefined;
  /** Settings with the names of the reference, in lower case. */
  settings?: Record<string, unknown>;
}

/** A service in a process of its own, until `stop`. Its clock is moved through a pipe that only this process has. */
export class LocalPortero {
  #people = 0;
  #ahead = 0;
  #frozenAt: number | undefined;

  private constructor(
    readonly url: string,
    private readonly send: (line: string) => Promise<void>,
    /** End the service, and all that it stored. */
    readonly stop: () => Promise<void>,
  ) {}

  static async start({ home = process.env.PORTERO_HOME, settings = {} }: LocalPorteroOptions = {}): Promise<LocalPortero> {
    if (!home) throw new Error("Set PORTERO_HOME to a checkout of Portero in which `make run` has run.");
    const chosen = JSON.stringify({ admin_email: ADMIN, admin_password: PASSWORD, ...settings });
    const child = spawn(`${home}/.venv/bin/python`, ["-m", "clients.testing", chosen], {
      cwd: home,
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(child, "spawn");
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const answer = async (): Promise<string> => {
      const { value, done } = await lines.next();
      if (done) throw new Error("The Portero for the tests has ended; its reason is on the standard error.");
      return value;
    };
    const send = async (line: string): Promise<void> => {
      child.stdin.write(`${line}\n`);
      await answer();
    };
    const ended = once(child, "exit");
    const stop = async (): Promise<void> => {
      child.stdin.end();
      await ended;
    };
    return new LocalPortero(`http://127.0.0.1:${await answer()}`, send, stop);
  }

  /** A new user with tokens, whose password is `PASSWORD`. */
  async user({ role = "user", claims = {} }: { role?: Role; claims?: Record<string, unknown> } = {}): Promise<SignedIn> {
    const tokens = new MemoryTokens();
    const client = new Portero(this.url, { tokens });
    if (role === "guest") await client.becomeGuest();
    else {
      const username = `user-${++this.#people}`;
      const { id } = await client.register({ username, email: `${username}@example.com`, password: PASSWORD });
      const admin = new Portero(this.url);
      await admin.logIn({ email: ADMIN, password: PASSWORD });
      await admin.updateUserById(id, { role, claims: claims as Record<string, never> });
      await client.logIn({ username, password: PASSWORD });
    }
    return new SignedIn((await client.getUser()).id, client, tokens);
  }

  /** A verifier of this service's tokens that has its clock. */
  verifier(options: VerifierOptions = {}): Verifier {
    return new Verifier(this.url, { clock: () => this.now(), ...options });
  }

  /** The time of the service, in seconds since 1970. */
  now(): number {
    return this.#frozenAt ?? Date.now() / 1000 + this.#ahead;
  }

  /** Move the clock of the service forward. A frozen clock stays frozen. */
  forward(seconds: number): Promise<void> {
    if (this.#frozenAt === undefined) return this.#set(this.#ahead + seconds);
    return this.#set(this.#ahead, this.#frozenAt + seconds);
  }

  /** Let the clock of the service stand still. `reset` lets it go on. */
  freeze(): Promise<void> {
    return this.#set(this.#ahead, this.now());
  }

  /** Give the service the time of this machine again. */
  reset(): Promise<void> {
    return this.#set(0);
  }

  async #set(ahead: number, at?: number): Promise<void> {
    [this.#ahead, this.#frozenAt] = [ahead, at];
    await this.send(JSON.stringify({ ahead, at: at ?? null }));
  }
}
