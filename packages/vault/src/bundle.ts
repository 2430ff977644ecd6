import { CREDENTIAL_OPTIONS, type Credential, type Material, readCredential, wipeMaterials } from "./credential.ts";
import { checkKdf, type KdfOptions } from "./crypto/argon2.ts";
import { wipe } from "./crypto/bytes.ts";
import { checkImported, checkName } from "./entries.ts";
import { errors } from "./errors.ts";
import type { Frame } from "./format/record.ts";
import { mapBreathing } from "./internal/breathe.ts";
import { checkCredentials, shown } from "./internal/check.ts";
import type { Ledger } from "./internal/ledger.ts";
import { momentOf } from "./internal/moment.ts";
import { newVault, unlockStore } from "./internal/open-ledger.ts";
import { findVersion, openEntry, putFrames, sealEntry } from "./internal/sealing.ts";
import { commitOf } from "./internal/state.ts";
import { memoryStore } from "./stores/memory-store.ts";

/** Options of `exportTo`: the bundle's own password or key, which need not be the vault's. */
export interface BundleOptions extends Pick<Credential, "password" | "key"> {
  /** Which entries. @default all */
  names?: readonly string[];
  /** Cost of turning the password into a key. @default 64 MiB, 3 passes, 4 lanes */
  kdf?: KdfOptions;
}

/** Options of `importFrom`: the bundle's password or key. */
export interface ImportOptions extends Credential {
  /** What to do with a name that the vault has: give up before anything is written, leave it, or make a new version. @default "fail" */
  onConflict?: "fail" | "skip" | "replace";
}

/** Names by what became of them. */
export interface ImportResult {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly skipped: readonly string[];
}

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
    const made = await newVault(materials.at(-1) as Material, kdf, momentOf(ledger.parts.clock), (vaultId, keys) => {
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
        frames.push(...putFrames(state, name, value, { ...record, keep }, keys));
        wipe(value);
      });
      return frames.length === 0 ? undefined : { added: frames };
    });
    return result;
  } finally {
    source.keys.wipe();
  }
}
