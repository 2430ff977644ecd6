import { AccessLog } from "./internal/access-log.ts";
import { openLedger } from "./internal/open-ledger.ts";
import { OpenedVault } from "./internal/opened-vault.ts";
import { checkVaultOptions } from "./internal/vault-options.ts";
import type { Vault, VaultOptions } from "./vault.ts";

/**
 * Opens a vault, or with `create` makes one if the store has none. Decrypts no entry.
 *
 * @throws TypeError if an option is malformed; credentials are never part of the message
 * @throws VAULT_MISSING if the store has no vault
 * @throws VAULT_UNLOCK_FAILED if the credential does not fit, or a key slot was changed; the error does not show which
 * @throws VAULT_TAMPERED if anything else was changed by someone without the key
 * @throws VAULT_CORRUPT if the bytes are damaged
 * @throws VAULT_ROLLBACK if the epoch is below `expectedEpoch`
 * @throws VAULT_PERMISSIONS if a file store's files are open to others
 * @throws VAULT_AUDIT_FAILED if the audit sink refuses
 * @example
 * ```ts
 * import { memoryStore, openVault } from "@seaworthy/vault";
 * const password = "correct horse battery staple";
 * await using vault = await openVault({ store: memoryStore(), password, create: true });
 * await vault.set("upstream/api-key", "sk-live-4242424242", { rotateAfter: "90d" });
 * const key = await vault.get("upstream/api-key");
 * console.log(String(key), key.reveal().length); // [redacted] 18
 * ```
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const checked = checkVaultOptions(options);
  const log = new AccessLog(checked.audit, checked.clock);
  const opening = openLedger(checked);
  return log
    .around({ action: "open" }, async () => new OpenedVault(checked, await opening, log))
    .catch(async (error: unknown) => {
      // Refused by the audit sink, it was open already.
      await opening.then(({ ledger }) => ledger.lock("refused")).catch(() => undefined);
      throw error;
    });
}
