import { checkOptions, integer } from "@seaworthy/core/options";
import { shown } from "../internal/check.ts";
import { checkName } from "../internal/entry-facts.ts";
import { FieldKeys } from "../internal/fields/field-keys.ts";
import { OpenedFields } from "../internal/fields/opened-fields.ts";
import { checkPlace } from "../internal/fields/sealed-field.ts";
import type { Fields, FieldsOptions } from "./fields.ts";

const VAULT_METHODS = ["getBytes", "list", "refresh", "set"] as const;

/**
 * Opens the keys of encrypted columns. The keys are read from the vault once. After that, sealing and opening are
 * synchronous, and the vault may be locked.
 *
 * A value is encrypted with AES-256-GCM. Its scope, column and row are authenticated with it, so that it opens in its own
 * place alone. The number of its key stands in front.
 *
 * @throws TypeError if an option is malformed
 * @throws VAULT_FIELD_KEY_MISSING if the vault has no keys of this name, or one that is not 32 bytes
 * @example
 * ```ts
 * import { memoryStore, openVault } from "@seaworthy/vault";
 * import { openFields } from "@seaworthy/vault/fields";
 * const vault = await openVault({ store: memoryStore(), password: "six random words", create: true });
 * using fields = await openFields({ vault, name: "fields/customers", scope: "customers", create: true });
 * await vault.close();
 * const sealed = fields.seal("iban", 7, "DE02120300000000202051");
 * console.log(fields.open("iban", 7, sealed)); // DE02120300000000202051
 * ```
 */
export async function openFields(options: FieldsOptions): Promise<Fields> {
  checkOptions("openFields", options, ["vault", "name", "scope", "create", "indexBits"]);
  const { vault, create = false, indexBits = 64 } = options;
  const missing = VAULT_METHODS.find((method) => typeof vault?.[method] !== "function");
  if (missing !== undefined) throw new TypeError(`vault must be a vault; it has no method ${missing}`);
  if (typeof create !== "boolean") throw new TypeError(`create must be a boolean; got ${shown(create)}`);
  // The longest name of a key has a slash and nine digits more.
  const name = checkName(checkName(options.name).concat("/999999999")).slice(0, -10);
  const scope = checkPlace("scope", options.scope);
  if (integer("indexBits", indexBits, 16, 256) % 8 !== 0)
    throw new TypeError(`indexBits must be a multiple of 8; got ${indexBits}`);
  const keys = new FieldKeys(vault, name, scope);
  if (create) await keys.make();
  await keys.load();
  return new OpenedFields(keys, scope, indexBits / 8);
}
