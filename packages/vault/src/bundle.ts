import type { Credential, KdfOptions } from "./credential.ts";

/** Options of `exportTo`: the bundle's own password or key, which need not be the vault's. */
export interface BundleOptions extends Pick<Credential, "password" | "key"> {
  /** Which entries. @default all */
  names?: readonly string[];
  /** Cost of turning the password into a key. @default 64 MiB, 3 passes, 4 lanes */
  kdf?: KdfOptions;
}

/** Options of `importFrom`: the bundle's password or key. */
export interface ImportOptions extends Credential {
  /** What to do with a name that the vault has: give up before anything is written, leave it, or make a new version. @default "fail" */
  onConflict?: "fail" | "skip" | "replace";
}

/** Names by what became of them. */
export interface ImportResult {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly skipped: readonly string[];
}
