import type { ByteSize, Secret } from "@seaworthy/core";

/** What opens a vault: exactly one of the three. */
export interface Credential {
  /** 1 to 1024 UTF-16 units of well-formed text; composed and compatible forms of a character count as the same. */
  password?: string | Secret<string>;
  /** 32 random bytes, or their text in hexadecimal or base64. */
  key?: Uint8Array | string | Secret<Uint8Array> | Secret<string>;
  /** The code that `addKey({ recovery: true })` gave. */
  recovery?: string | Secret<string>;
}

/**
 * Gives a credential when one is needed: to open the vault, and to unlock it again after it locked itself. A key service, a
 * keychain or a mounted file is asked here. `reason` is `"open"`, `"idle"`, or `"rotated"` if another process replaced the
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
