import type { Secret } from "@seaworthy/core";
import { shown } from "./internal/check.ts";
import type { Vault } from "./vault.ts";

const SCHEME = "vault://";

/**
 * Returns a function from a reference to its value: `vault://name` or the bare name: what a configuration loader takes to
 * resolve references to credentials.
 *
 * @example
 * ```ts
 * import { memoryStore, openVault, vaultReferences } from "@seaworthy/vault";
 * await using vault = await openVault({ store: memoryStore(), password: "six random words", create: true });
 * await vault.set("upstream/api-key", "sk-live-4242424242");
 * const resolve = vaultReferences(vault); // loadConfig(schema, { references: { vault: resolve } })
 * console.log((await resolve("vault://upstream/api-key")).reveal().length); // 18
 * ```
 */
export function vaultReferences(vault: Pick<Vault, "get">): (reference: string) => Promise<Secret<string>> {
  if (typeof vault?.get !== "function") throw new TypeError(`vault must be an open vault; got ${shown(vault)}`);
  return async (reference) => {
    if (typeof reference !== "string") throw new TypeError(`reference must be a string; got ${shown(reference)}`);
    return vault.get(reference.startsWith(SCHEME) ? reference.slice(SCHEME.length) : reference);
  };
}
