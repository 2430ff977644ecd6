import { systemClock } from "@seaworthy/core";
import type { VaultStore } from "../src/index.ts";
import { type CheckedFileOptions, createFileStore } from "../src/internal/file-vault-store.ts";
import type { FileSystem } from "../src/internal/files.ts";

/** A file store over other calls of the file system. */
export function fileStoreOn(files: FileSystem, path: string, options: Partial<CheckedFileOptions> = {}): VaultStore {
  const defaults = { repair: false, lockTimeout: 10_000, clock: systemClock, random: Math.random };
  return createFileStore(files, path, { ...defaults, ...options });
}
