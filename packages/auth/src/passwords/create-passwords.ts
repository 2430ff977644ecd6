import { randomBytes } from "node:crypto";
import type { Clock } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import {
  checkOptions,
  clockOption,
  integer,
  oneOf,
  optionalFunction,
  positiveDuration,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { type Argon2Cost, argon2Cost, makeArgon2, readArgon2, SALT_BYTES } from "../internal/argon2-hash.ts";
import { Blocklist } from "../internal/blocklist.ts";
import { checkNewPassword, type PasswordPolicy, soundPassword } from "../internal/check-new-password.ts";
import { readBcrypt, readPbkdf2, readScrypt } from "../internal/older-hashes.ts";
import { candidatesOf, isPassword, normalizePassword } from "../internal/password-text.ts";
import { type Peppers, peppersOf } from "../internal/peppers.ts";
import type { ReadHash } from "../internal/read-hash.ts";
import { Turns } from "../internal/turns.ts";
import { hashEvent, waitingGauge } from "../telemetry.ts";
import type {
  BcryptEngine,
  HashFault,
  PasswordOwner,
  Passwords,
  PasswordsOptions,
  PasswordVerification,
} from "./passwords.ts";

const OPTIONS = [
  ...["memory", "passes", "lanes", "parallel", "queue", "minLength", "maxLength", "pepper", "blocklist"],
  ...["breaches", "breachTimeout", "onBreachFailure", "bcrypt", "clock"],
];
const LONGEST_HASH = 512;
const MISMATCH: PasswordVerification = Object.freeze({ ok: false, needsRehash: false });

/**
 * Hashes and compares passwords with Argon2id at the parameters that OWASP recommends, a few at a time. Hashes of bcrypt,
 * scrypt and PBKDF2 are compared as well, and should be replaced when `needsRehash` says so.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createPasswords } from "@seaworthy/auth";
 * const passwords = createPasswords();
 * const hash = await passwords.hash("correct horse battery staple");
 * console.log(await passwords.verify(hash, "correct horse battery staple")); // { ok: true, needsRehash: false }
 * ```
 */
export function createPasswords(options: PasswordsOptions = {}): Passwords {
  checkOptions("createPasswords", options, OPTIONS);
  const clock = clockOption("clock", options.clock);
  const turns = new Turns(
    integer("parallel", withDefault(options.parallel, 2), 1, 64),
    integer("queue", withDefault(options.queue, 64), 0, 10_000),
  );
  if (options.bcrypt !== undefined) requiredFunction("bcrypt.compare", options.bcrypt?.compare);
  const plan: Plan = {
    cost: argon2Cost(options),
    peppers: peppersOf(options.pepper),
    bcrypt: options.bcrypt,
    policy: policyOf(options, clock),
    turns,
    clock,
  };
  return new BoundedPasswords(plan);
}

interface Plan {
  readonly cost: Argon2Cost;
  readonly peppers: Peppers;
  readonly bcrypt: BcryptEngine | undefined;
  readonly policy: PasswordPolicy;
  readonly turns: Turns;
  readonly clock: Clock;
}

function policyOf(options: PasswordsOptions, clock: Clock): PasswordPolicy {
  const lookup = optionalFunction("breaches", options.breaches);
  const timeout = positiveDuration("breachTimeout", withDefault(options.breachTimeout, "2s"));
  return {
    minLength: integer("minLength", withDefault(options.minLength, 8), 8, 64),
    maxLength: integer("maxLength", withDefault(options.maxLength, 256), 64, 1024),
    blocklist: new Blocklist(wordsOf(withDefault(options.blocklist, []))),
    breaches: lookup === undefined ? undefined : { lookup, timeout, clock },
    onBreachFailure: oneOf("onBreachFailure", withDefault(options.onBreachFailure, "accept"), ["accept", "reject"]),
  };
}

function wordsOf(words: Iterable<string>): readonly string[] {
  if (typeof words === "string" || typeof words?.[Symbol.iterator] !== "function")
    throw new TypeError(`blocklist must be an iterable of strings; got ${showValue(words)}`);
  const list = [...words];
  const wrong = list.find((word) => typeof word !== "string");
  if (wrong !== undefined) throw new TypeError(`blocklist must have strings; got ${showValue(wrong)}`);
  return list;
}

class BoundedPasswords implements Passwords {
  readonly #plan: Plan;
  /** Compared if there is no hash, or one that cannot be compared. It is of no password. */
  readonly #decoy: ReadHash;

  constructor(plan: Plan) {
    this.#plan = plan;
    const turns = new WeakRef(plan.turns);
    waitingGauge.track({}, () => turns.deref()?.waiting);
    const salt = randomBytes(SALT_BYTES);
    const { cost, peppers } = plan;
    this.#decoy = {
      outdated: false,
      accepts: () => true,
      matches: async (text) => (await makeArgon2(text, salt, cost, peppers)) === "",
    };
  }

  check(password: string, owner: PasswordOwner = {}): Promise<void> {
    return checkNewPassword(password, owner, this.#plan.policy);
  }

  async hash(password: string): Promise<string> {
    const text = normalizePassword(soundPassword(password));
    const { cost, peppers } = this.#plan;
    return this.#observed("hash", async (report) => {
      const made = await this.#computed(() => makeArgon2(text, randomBytes(SALT_BYTES), cost, peppers));
      report("ok");
      return made;
    });
  }

  async verify(hash: string | undefined, password: string): Promise<PasswordVerification> {
    if (!isPassword(password)) return MISMATCH;
    const reading = hash === undefined ? this.#decoy : this.#read(hash);
    return this.#observed("verify", async (report) => {
      const fault = typeof reading === "string" ? reading : undefined;
      const ok = await this.#matches(typeof reading === "string" ? this.#decoy : reading, candidatesOf(password));
      report(fault ?? (ok ? "ok" : "mismatch"));
      if (fault !== undefined) return { ...MISMATCH, fault };
      return ok ? { ok, needsRehash: typeof reading !== "string" && reading.outdated } : MISMATCH;
    });
  }

  needsRehash(hash: string): boolean {
    const reading = this.#read(hash);
    return typeof reading === "string" || reading.outdated;
  }

  #read(hash: string): ReadHash | HashFault {
    const { cost, peppers, bcrypt } = this.#plan;
    if (typeof hash !== "string" || hash.length > LONGEST_HASH) return "malformed";
    const reading = readArgon2(hash, cost, peppers) ?? readBcrypt(hash, bcrypt) ?? readScrypt(hash) ?? readPbkdf2(hash);
    return reading ?? "malformed";
  }

  /** One comparison, or two for a password that normalization changes. */
  #matches(hash: ReadHash, texts: readonly string[]): Promise<boolean> {
    const accepted = texts.filter((text) => hash.accepts(text));
    // Without any work, the time would show that the hash is of bcrypt.
    const compared = accepted.length > 0 ? hash : this.#decoy;
    return this.#computed(async () => {
      for (const text of accepted.length > 0 ? accepted : texts) if (await compared.matches(text)) return true;
      return false;
    });
  }

  /** What the engine refuses can be computed later: it is out of memory. */
  #computed<T>(work: () => Promise<T>): Promise<T> {
    return this.#plan.turns.run(() =>
      work().catch((cause: unknown) => {
        throw errors.AUTH_BUSY({}, { cause, retryAfter: "1s" });
      }),
    );
  }

  async #observed<T>(action: string, work: (report: (outcome: string) => void) => Promise<T>): Promise<T> {
    if (!hashEvent.active) return work(() => undefined);
    const { clock } = this.#plan;
    const started = clock.monotonic();
    let outcome = "busy";
    let failure: unknown;
    try {
      return await work((found) => {
        outcome = found;
      });
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      hashEvent.emit({ action, outcome }, (clock.monotonic() - started) / 1000, withoutUndefined({ error: failure }));
    }
  }
}
