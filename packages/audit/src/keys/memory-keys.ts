import { randomBytes } from "node:crypto";
import type { AuditKeys } from "./keys.ts";

/** Keys in memory, for tests and development. */
export function memoryAuditKeys(): AuditKeys {
  const keys = new Map<string, Uint8Array>();
  return {
    // Copies: a key that is destroyed while an entry is encrypted must not turn into zeros.
    get: (owner) => Promise.resolve(keys.get(owner)?.slice()),
    async getOrCreate(owner) {
      const key = keys.get(owner) ?? new Uint8Array(randomBytes(32));
      keys.set(owner, key);
      return key.slice();
    },
    async destroy(owner) {
      keys.get(owner)?.fill(0);
      keys.delete(owner);
    },
  };
}
