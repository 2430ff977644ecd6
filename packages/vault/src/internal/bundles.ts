import type { BundleOptions, ImportOptions, ImportResult } from "../bundle.ts";
import { errors } from "../errors.ts";
import { memoryStore } from "../stores/memory-store.ts";
import { mapBreathing } from "./breathe.ts";
import { checkCredentials, shown } from "./check.ts";
import { CREDENTIAL_OPTIONS, chosenOf, readCredential, wipeMaterials } from "./credential-material.ts";
import { checkKdf } from "./crypto/argon2.ts";
import { wipe } from "./crypto/bytes.ts";
import { checkImported, checkName } from "./entry-facts.ts";
import type { Frame } from "./format/record.ts";
import type { Ledger } from "./ledger.ts";
import { momentOf } from "./moment.ts";
import { newVault, unlockStore } from "./open-ledger.ts";
import { findVersion, openEntry, putFrames, sealEntry } from "./sealing.ts";
import { commitOf } from "./state.ts";
/** The current versions as a vault of their own, all in one piece. */
export async function exportBundle(ledger: Ledger, options: BundleOptions): Promise<Uint8Array> {
  checkCredentials("exportTo", options, ["password", "key", "names", "kdf"]);
  const kdf = checkKdf(options.kdf);
  if (options.names !== undefined && !Array.isArray(options.names))
    throw new TypeError(`names must be an array; got ${shown(options.names)}`);
  const names = options.names?.map(checkName);
  const materials = readCredential(options, "make");
  try {
    await ledger.refresh();
    const made = await newVault(chosenOf(materials), kdf, momentOf(ledger.parts.clock), (vaultId, keys) => {
      const { state } = ledger;
      return mapBreathing(ledger, [...new Set(names ?? state.content.entries.keys())], (name) => {
        const record = findVersion(state, name);
        const value = openEntry(state.vaultId, record, ledger.keys);
        const frame = sealEntry(vaultId, { ...record, version: 1 }, value, keys);
        wipe(value);
        return frame;
      });
    });
    const { head } = commitOf(undefined, made.state, made.keys);
    made.keys.wipe();
    return head;
  } finally {
    wipeMaterials(materials);
  }
}

/** Takes a bundle's entries in one write. */
export async function importBundle(
  ledger: Ledger,
  bundle: Uint8Array,
  options: ImportOptions,
  keep: number,
): Promise<ImportResult> {
  checkCredentials("importFrom", options, [...CREDENTIAL_OPTIONS, "onConflict"]);
  const { onConflict = "fail" } = options;
  if (!["fail", "skip", "replace"].includes(onConflict))
    throw new TypeError(`onConflict must be "fail", "skip" or "replace"; got ${shown(onConflict)}`);
  if (!(bundle instanceof Uint8Array)) throw new TypeError(`bundle must be bytes; got ${shown(bundle)}`);
  const materials = readCredential(options, "open");
  const source = await unlockStore(memoryStore(bundle), { materials, clock: ledger.parts.clock }, 0).finally(() =>
    wipeMaterials(materials),
  );
  const result = { added: [] as string[], replaced: [] as string[], skipped: [] as string[] };
  try {
    await ledger.commit(async (state, keys) => {
      for (const list of Object.values(result)) list.length = 0;
      const frames: Frame[] = [];
      await mapBreathing(ledger, [...source.state.content.entries.keys()], (name) => {
        const known = state.content.entries.has(name);
        if (known && onConflict === "fail") throw errors.VAULT_CONFLICT({ name });
        result[known ? (onConflict === "skip" ? "skipped" : "replaced") : "added"].push(name);
        if (known && onConflict === "skip") return;
        const record = findVersion(source.state, name);
        checkImported(record);
        const value = openEntry(source.state.vaultId, record, source.keys);
        frames.push(...putFrames(state, { ...record, name, keep }, value, keys));
        wipe(value);
      });
      return frames.length === 0 ? undefined : { added: frames };
    });
    return result;
  } finally {
    source.keys.wipe();
  }
}
