import type { ByteSize, Clock, Duration, Secret } from "@seaworthy/core";

/** Cost of Argon2id. */
export interface PasswordCost {
  /** Memory of one hash, 7 MiB to 256 MiB. @default "19mib" */
  readonly memory?: ByteSize;
  /** Passes over the memory, 1 to 16. Memory times passes is 1 GiB at most. @default 2 */
  readonly passes?: number;
  /** Lanes that are computed in parallel, 1 to 16. @default 1 */
  readonly lanes?: number;
}

/** A secret that goes into every hash and is not in the database, so that stolen hashes alone cannot be guessed. */
export interface Pepper {
  /** Stands in the hash, so that the pepper can be replaced: 1 to 32 letters, digits, `.`, `_` or `-`. */
  readonly id: string;
  /** At least 32 bytes; a string counts as its UTF-8 bytes. */
  readonly secret: string | Uint8Array | Secret<string> | Secret<Uint8Array>;
}

/** What compares bcrypt hashes: the module `bcryptjs` or `bcrypt` as it is. */
export interface BcryptEngine {
  compare(password: string, hash: string): Promise<boolean>;
}

/**
 * Looks up passwords that are known from breaches, without saying which one is meant. Gets the first 5 upper-case hex digits
 * of the SHA-1 of a password. Resolves with lines `SUFFIX:COUNT`, the form of the range API of Have I Been Pwned.
 */
export type BreachLookup = (prefix: string, options: { readonly signal: AbortSignal }) => Promise<string>;

/** Why a password cannot be used. */
export interface PasswordIssue {
  readonly code: "malformed" | "too_short" | "too_long" | "common" | "personal" | "breached" | "unchecked";
  /** One sentence for people. */
  readonly message: string;
}

/** What is known about the person whose password is checked. */
export interface PasswordOwner {
  readonly email?: string;
}

/** Why a stored hash could not be compared: it is not a hash, it costs too much, or an option that it needs is missing. */
export type HashFault = "malformed" | "excessive" | "unsupported";

/** The outcome of a comparison. */
export interface PasswordVerification {
  readonly ok: boolean;
  /** Whether the password is right and its hash should be replaced by a new one of it. */
  readonly needsRehash: boolean;
  readonly fault?: HashFault;
}

/** Options of `createPasswords`. */
export interface PasswordsOptions extends PasswordCost {
  /** Hashes that are computed at once, 1 to 64. Node has 4 threads for them, files and names, unless told otherwise. @default 2 */
  readonly parallel?: number;
  /** Hashes that wait for their turn, 0 to 10 000. Beyond, calls are rejected with `AUTH_BUSY`. @default 64 */
  readonly queue?: number;
  /** Fewest characters (code points) of a new password, 8 to 64. @default 8 */
  readonly minLength?: number;
  /** Most characters (code points) of a new password, 64 to 1024. @default 256 */
  readonly maxLength?: number;
  /** The pepper of new hashes; of several, the first one. The others are for the hashes that have them. @default none */
  readonly pepper?: Pepper | readonly Pepper[];
  /** More words that no password may consist of, such as the name of the service. @default [] */
  readonly blocklist?: Iterable<string>;
  /** Looks up new passwords among those of known breaches. @default none */
  readonly breaches?: BreachLookup;
  /** How long `breaches` may take. @default "2s" */
  readonly breachTimeout?: Duration;
  /** What happens to a password if `breaches` fails. @default "accept" */
  readonly onBreachFailure?: "accept" | "reject";
  /** Compares bcrypt hashes of an older system. @default none */
  readonly bcrypt?: BcryptEngine;
  readonly clock?: Clock;
}

/** Hashes and compares passwords, a few at a time. */
export interface Passwords {
  /**
   * Decides whether a new password may be used.
   *
   * @throws AUTH_PASSWORD_REJECTED with `context.issues`
   */
  check(password: string, owner?: PasswordOwner): Promise<void>;
  /**
   * An Argon2id hash in PHC form.
   *
   * @throws AUTH_PASSWORD_REJECTED if the password is empty, longer than 1024 UTF-16 units, or has a lone surrogate
   * @throws AUTH_BUSY if too many hashes wait
   */
  hash(password: string): Promise<string>;
  /**
   * Compares a password with a stored hash. Never rejects because of the hash or the password. With `undefined` for the hash
   * of an unknown account it does the same work and resolves with `ok: false`.
   *
   * @throws AUTH_BUSY if too many hashes wait
   */
  verify(hash: string | undefined, password: string): Promise<PasswordVerification>;
  /** Whether a hash has less than the present cost, another algorithm, or another pepper. Never for a hash of a higher cost. */
  needsRehash(hash: string): boolean;
}
