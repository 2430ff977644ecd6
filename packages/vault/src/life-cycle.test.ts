import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openVault } from "./open-vault.ts";
import { memoryStore } from "./stores/memory-store.ts";
import type { VaultStore } from "./stores/store.ts";
import type { Vault } from "./vault.ts";

const key = new Uint8Array(32).fill(3);
const other = new Uint8Array(32).fill(4);
const KEEP = 3;

/** What a vault should be: versions by name, each with its number. */
type Model = Map<string, { version: number; value: string }[]>;

interface Real {
  store: VaultStore;
  vault: Vault;
}

type Command = fc.AsyncCommand<Model, Real>;

function command(label: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: () => true,
    toString: () => label,
    async run(model, real) {
      const epoch = real.vault.epoch;
      await run(model, real);
      expect(real.vault.epoch).toBeGreaterThanOrEqual(epoch);
      await agree(model, real.vault);
    },
  };
}

function put(model: Model, name: string, value: string): void {
  const versions = model.get(name) ?? [];
  model.set(name, [...versions, { version: (versions.at(-1)?.version ?? 0) + 1, value }].slice(-KEEP));
}

async function agree(model: Model, vault: Vault): Promise<void> {
  expect(vault.list().map(({ name }) => name)).toEqual([...model.keys()].sort());
  for (const [name, versions] of model) {
    expect(vault.history(name).map(({ version }) => version)).toEqual(versions.map(({ version }) => version));
    for (const { version, value } of versions) expect((await vault.get(name, { version })).reveal()).toBe(value);
  }
}

const names = fc.constantFrom("a", "b", "ключ", "__proto__", "with space", "a/b");
// Some are large, so that tails become segments and segments are merged and written anew.
const values = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).filter((text) => text.isWellFormed()),
  fc.integer({ min: 20_000, max: 60_000 }).map((size) => "v".repeat(size)),
);

const commands: fc.Arbitrary<Command>[] = [
  fc.tuple(names, values).map(([name, value]) =>
    command(`set ${name}`, async (model, { vault }) => {
      await vault.set(name, value);
      put(model, name, value);
    }),
  ),
  names.map((name) =>
    command(`remove ${name}`, async (model, { vault }) => {
      if (model.delete(name)) await vault.remove(name);
      else await expect(vault.remove(name)).rejects.toMatchObject({ code: "VAULT_NOT_FOUND" });
    }),
  ),
  fc.tuple(names, fc.integer({ min: 1, max: 8 })).map(([name, version]) =>
    command(`roll ${name} back to ${version}`, async (model, { vault }) => {
      const old = model.get(name)?.find((one) => one.version === version);
      if (old === undefined)
        return expect(vault.rollback(name, version)).rejects.toMatchObject({ code: "VAULT_NOT_FOUND" });
      await vault.rollback(name, version);
      put(model, name, old.value);
    }),
  ),
  fc.constant(command("rotate the keys", (_, { vault }) => vault.rotateKeys())),
  fc.constant(command("encrypt anew", (_, { vault }) => vault.reencrypt())),
  fc.constant(
    command("add and remove a key", async (_, { vault }) => {
      const { id } = await vault.addKey({ key: other });
      await vault.removeKey(id);
    }),
  ),
  fc.constant(
    command("lock and unlock", async (_, { vault }) => {
      vault.lock();
      await vault.unlock({ key });
    }),
  ),
  fc.constant(
    command("close and open", async (_, real) => {
      await real.vault.close();
      real.vault = await open(real.store);
    }),
  ),
  names.map((name) =>
    command(`another process sets ${name}`, async (model, real) => {
      await using another = await open(real.store);
      await another.set(name, "by another");
      put(model, name, "by another");
      await real.vault.refresh();
    }),
  ),
  fc.constantFrom("skip" as const, "replace" as const).map((onConflict) =>
    command(`export, and import with ${onConflict}`, async (model, { vault }) => {
      const bundle = await vault.exportTo({ key: other });
      const result = await vault.importFrom(bundle, { key: other, onConflict });
      expect(result).toMatchObject({ added: [] });
      if (onConflict === "replace")
        for (const [name, versions] of model) put(model, name, versions.at(-1)?.value as string);
    }),
  ),
  fc.constant(
    command("verify", async (model, { vault }) => {
      expect(await vault.verify()).toEqual({
        epoch: vault.epoch,
        entries: model.size,
        versions: [...model.values()].flat().length,
      });
    }),
  ),
];

function open(store: VaultStore): Promise<Vault> {
  return openVault({ store, key, create: true, keep: KEEP, autoLock: false });
}

describe("a vault", () => {
  it("is a Map with versions, whatever is done to it in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 30, size: "max" }), async (run) => {
        const store = memoryStore();
        const real: Real = { store, vault: await open(store) };
        await fc.asyncModelRun(() => ({ model: new Map(), real }), run);
        await real.vault.close();
      }),
      { numRuns: 60 },
    );
  });
});
