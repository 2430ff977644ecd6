import { randomBytes } from "node:crypto";
import type { AuditKeys } from "./keys.ts";

/** Keys in memory, for tests and development. */
export function memoryAuditKeys(): AuditKeys {
  const keys = new Map<string, Uint8Array>();
  return {
    get: (owner) => Promise.resolve(keys.get(owner)),
    async getOrCreate(owner) {
      const key = keys.get(owner) ?? randomBytes(32);
      keys.set(owner, key);
      return key;
    },
    async destroy(owner) {
      keys.get(owner)?.fill(0);
      keys.delete(owner);
    },
  };
}
