import { requiredFunction, showValue } from "@seaworthy/core/options";

/** A key of AES-256, and the id that is kept with each value that it encrypts. */
export interface CacheKey {
  /** 1 to 64 characters. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** Where the keys come from that values of the remote tier are encrypted with. */
export interface CacheKeys {
  /** The key that new values are encrypted with. */
  current(): Promise<CacheKey>;
  /** The key with an id, or `undefined` if it does not exist any more: then the value is a miss. */
  find(id: string): Promise<CacheKey | undefined>;
}

/** What {@link vaultKeys} needs of a vault. That of `@seaworthy/vault` fits. */
export interface VaultLike {
  getBytes(name: string, options?: { version?: number }): Promise<{ reveal(): Uint8Array }>;
  history(name: string): readonly { readonly version: number }[];
}

/**
 * Takes the versions of one entry of a vault as keys: 32 bytes each, the current version for new values. After a rotation,
 * values of kept versions can still be read.
 *
 * @throws TypeError if the vault has no `getBytes` or no `history`
 * @example
 * ```ts
 * import { createCache, vaultKeys, type VaultLike } from "@seaworthy/cache";
 * import { redisTier } from "@seaworthy/cache/redis";
 * import type { RedisClient } from "@seaworthy/core";
 * const open = (client: RedisClient, vault: VaultLike) =>
 *   createCache({
 *     name: "profiles",
 *     ttl: "5m",
 *     remote: redisTier(client, { encryption: vaultKeys(vault, "cache-key") }),
 *   });
 * ```
 */
export function vaultKeys(vault: VaultLike, name: string): CacheKeys {
  requiredFunction("vault.getBytes", vault?.getBytes);
  requiredFunction("vault.history", vault?.history);
  if (typeof name !== "string" || name === "") throw new TypeError(`name must be a string; got ${showValue(name)}`);
  const read = async (version: number): Promise<CacheKey> => {
    const bytes = await vault.getBytes(name, { version });
    return { id: String(version), bytes: bytes.reveal() };
  };
  return {
    async current() {
      // The vault knows its versions only after a read.
      await vault.getBytes(name);
      return read(vault.history(name).at(-1)?.version ?? 1);
    },
    async find(id) {
      const version = Number(id);
      return vault.history(name).some((known) => known.version === version) ? read(version) : undefined;
    },
  };
}
