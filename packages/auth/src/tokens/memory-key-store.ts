import type { KeyStore, StoredTokenKey } from "./key-ring.ts";

/** Keeps the keys of a rotation in this process, for tests and for services of one process whose tokens may end with it. */
export function memoryKeyStore(): KeyStore {
  let keys: readonly StoredTokenKey[] = [];
  let version = 0;
  return {
    load: async () => ({ keys, version: String(version) }),
    save: async (next, expected) => {
      if (expected !== String(version)) return false;
      keys = structuredClone(next);
      version++;
      return true;
    },
  };
}
