import { resolve } from "node:path";
import { type Clock, type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, requiredFunction, withDefault } from "@seaworthy/core/options";
import { shown } from "../internal/check.ts";
import { createFileStore } from "../internal/file-vault-store.ts";
import { nodeFiles } from "../internal/files.ts";
import type { VaultStore } from "./store.ts";

/** Options of {@link fileStore}. */
export interface FileStoreOptions {
  /** Tightens loose permissions instead of refusing them. Files of other accounts and symbolic links are always refused. @default false */
  repair?: boolean;
  /** How long a write waits for the lock before it throws `VAULT_BUSY`. @default "10s" */
  lockTimeout?: Duration;
  clock?: Clock;
  /** Spreads the waiting of writers. @default Math.random */
  random?: () => number;
}

/**
 * A store in a file of mode 0600 and a directory beside it, `<path>.d`, of mode 0700. The directory that holds both must
 * have mode 0700 too, and is created with it if it is missing. The store survives SIGKILL at any instant and any number of
 * writers. It needs a local file system with hard links. On Windows permissions are not checked.
 *
 * @throws TypeError if the path or an option is malformed
 * @example
 * ```ts
 * import { fileStore, openVault } from "@seaworthy/vault";
 * const store = fileStore("data/credentials.vault");
 * await using vault = await openVault({ store, password: "six random words", create: true });
 * ```
 */
export function fileStore(path: string, options: FileStoreOptions = {}): VaultStore {
  if (typeof path !== "string" || path === "" || path.includes("\0"))
    throw new TypeError(`path must be a string that is not empty; got ${shown(path)}`);
  checkOptions("fileStore", options, ["repair", "lockTimeout", "clock", "random"]);
  const { repair = false, random = Math.random } = options;
  const clock = clockOption("clock", options.clock);
  requiredFunction("random", random);
  if (typeof repair !== "boolean") throw new TypeError(`repair must be a boolean; got ${shown(repair)}`);
  const lockTimeout = toMilliseconds(withDefault(options.lockTimeout, "10s"), "lockTimeout");
  return createFileStore(nodeFiles, resolve(path), { repair, clock, random, lockTimeout });
}
