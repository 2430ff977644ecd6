import { epochOf } from "../internal/format/head.ts";
import type { StoredHead, VaultStore } from "./store.ts";

/**
 * A store in this process's memory, gone with it: for tests, and for vaults that are unpacked from a bundle.
 *
 * @param bundle - what to begin with: a bundle of `exportTo`, or a vault file that is all there is of its vault
 * @throws VAULT_CORRUPT if those bytes are not a vault's
 * @example
 * ```ts
 * import { memoryStore, openVault } from "@seaworthy/vault";
 * const vault = await openVault({ store: memoryStore(), key: new Uint8Array(32).fill(7), create: true });
 * await vault.set("api-key", "s3cret");
 * console.log((await vault.get("api-key")).reveal()); // s3cret
 * await vault.close();
 * ```
 */
export function memoryStore(bundle?: Uint8Array): VaultStore {
  let current = bundle === undefined ? undefined : copy({ epoch: epochOf(bundle), head: bundle });
  const segments = new Map<string, Uint8Array>();
  return {
    kind: "memory",
    read: async () => (current === undefined ? undefined : copy(current)),
    epoch: async () => current?.epoch,
    readSegment: async (id) => segments.get(id)?.slice(),
    async commit(expected, next) {
      if (current?.epoch !== expected) return false;
      for (const { id, bytes } of next.add) segments.set(id, bytes.slice());
      for (const id of segments.keys()) if (!next.keep.includes(id)) segments.delete(id);
      current = copy(next);
      return true;
    },
  };
}

function copy({ epoch, head }: StoredHead): StoredHead {
  return { epoch, head: head.slice() };
}
