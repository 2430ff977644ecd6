import type { ByteSize, Secret } from "@seaworthy/core";

/** What opens a vault. Exactly one of the three is given. */
export interface Credential {
  /** A well-formed string of 1 to 1024 UTF-16 units. Composed and compatible forms of a character are the same. */
  password?: string | Secret<string>;
  /** 32 random bytes, or a string that has them in hexadecimal or base64. */
  key?: Uint8Array | string | Secret<Uint8Array> | Secret<string>;
  /** The code that `addKey({ recovery: true })` gave. */
  recovery?: string | Secret<string>;
}

/**
 * Gives a credential when one is needed: to open the vault, and to unlock it again after it locked itself. It may ask a key
 * service or a keychain, or read a mounted file. `reason` is `"open"`, `"idle"`, or `"rotated"` if another process replaced the
 * root key.
 */
export type CredentialSource = (reason: "open" | "idle" | "rotated") => Credential | Promise<Credential>;

/** What a key slot is opened with. */
export type SlotKind = "password" | "recovery" | "key";

/** Cost of turning a password into a key with Argon2id (RFC 9106). */
export interface KdfOptions {
  /** Memory of one run, 19 MiB to 1 GiB, rounded down to whole KiB. @default "64mib" */
  memory?: ByteSize;
  /** Passes over the memory, 1 to 10. @default 3 */
  passes?: number;
  /** Lanes, each a thread of its own, 1 to 16. @default 4 */
  lanes?: number;
}
