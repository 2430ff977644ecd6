import { errors } from "../errors.ts";
import { GENESIS, hashOf } from "../internal/chain.ts";
import type { AuditHead, AuditSeal, AuditStore, StoredEntry } from "./store.ts";

/** A trail in memory, for tests and development. It ends with the process. */
export function memoryAuditStore(): AuditStore {
  let entries: StoredEntry[] = [];
  let head: AuditHead = GENESIS;
  const seals: AuditSeal[] = [];
  let closed = false;
  return {
    kind: "memory",
    async append(make) {
      if (closed) throw errors.AUDIT_CLOSED();
      const added = make(head);
      entries.push(...added);
      const last = added.at(-1);
      if (last !== undefined) head = { sequence: last.sequence, hash: hashOf(last.bytes) };
    },
    head: () => Promise.resolve(head),
    async *read(from) {
      for (const entry of entries) if (entry.sequence >= from) yield entry;
    },
    seals: () => Promise.resolve([...seals]),
    async seal(seal) {
      seals.push(seal);
    },
    async remove(seal) {
      entries = entries.filter(({ sequence }) => sequence > seal.sequence);
    },
    async close() {
      closed = true;
    },
  };
}
