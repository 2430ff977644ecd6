import { describe, expect, it } from "vitest";
import { newVault } from "./internal/open-ledger.ts";
import { sealEntry } from "./internal/sealing.ts";
import { commitOf } from "./internal/state.ts";
import { openVault } from "./open-vault.ts";
import { memoryStore } from "./stores/memory-store.ts";
import type { Vault } from "./vault.ts";

const kdf = { memory: "19mib", passes: 1, lanes: 1 };
const key = new Uint8Array(32).fill(3);
const open = (): Promise<Vault> => openVault({ store: memoryStore(), key, create: true });
const code = (expected: string): object => expect.objectContaining({ code: expected });

describe("a bundle", () => {
  it("carries entries with all that belongs to them to a vault under another password", async () => {
    await using from = await open();
    await from.set("a", "old");
    await from.set("a", "one", { labels: { team: "x" }, rotateAfter: "30d", expiresAt: 9e12 });
    await from.set("b", "two");
    const bundle = await from.exportTo({ password: "for the road", kdf });
    expect(Buffer.from(bundle).includes("one")).toBe(false);
    await using to = await open();
    expect(await to.importFrom(bundle, { password: "for the road" })).toEqual({
      added: ["a", "b"],
      replaced: [],
      skipped: [],
    });
    expect(to.epoch).toBe(2);
    expect((await to.get("a")).reveal()).toBe("one");
    const { version: _, versions: __, ...facts } = from.list()[0] ?? ({} as never);
    expect(to.list()[0]).toMatchObject({ ...facts, version: 1 });
  });

  it("holds the chosen entries only, and fails on one that is not there", async () => {
    await using from = await open();
    await from.set("a", "one");
    await from.set("b", "two");
    const bundle = await from.exportTo({ key: new Uint8Array(32), names: ["b", "b"] });
    await using unpacked = await openVault({ store: memoryStore(bundle), key: new Uint8Array(32) });
    expect(unpacked.list().map(({ name }) => name)).toEqual(["b"]);
    await expect(from.exportTo({ key, names: ["c"] })).rejects.toThrow(code("VAULT_NOT_FOUND"));
  });

  it.each([
    ["fail", undefined, "kept"],
    ["skip", { added: ["new"], replaced: [], skipped: ["same"] }, "kept"],
    ["replace", { added: ["new"], replaced: ["same"], skipped: [] }, "imported"],
  ] as const)("meets a name that is there already with the policy %s", async (onConflict, result, value) => {
    await using from = await open();
    await from.set("new", "n");
    await from.set("same", "imported");
    const bundle = await from.exportTo({ key });
    await using to = await open();
    await to.set("same", "kept");
    const attempt = to.importFrom(bundle, { key, onConflict });
    if (result === undefined) await expect(attempt).rejects.toThrow(code("VAULT_CONFLICT"));
    else expect(await attempt).toEqual(result);
    expect((await to.get("same")).reveal()).toBe(value);
    expect(to.list()).toHaveLength(result === undefined ? 1 : 2);
    if (onConflict === "replace") expect((await to.get("same", { version: 1 })).reveal()).toBe("kept");
  });

  it.each([
    ["a name with a line break", { name: "a\nb" }],
    ["labels that are not JSON", { labels: "{" }],
    ["labels that are not text", { labels: '{"a":1}' }],
    ["an expiry beyond all dates", { expires: 8.64e15 + 1 }],
  ])("whose maker gave it %s is refused, and the vault stays as it was", async (_, wrong) => {
    const cost = { memory: 19456, passes: 1, lanes: 1 };
    const material = { kind: "key" as const, bytes: Buffer.from(key) };
    const made = await newVault(material, cost, 0, (vaultId, keys) => {
      const facts = { name: "a", version: 1, created: 0, expires: 0, rotateAfter: 0, labels: "{}", ...wrong };
      return [sealEntry(vaultId, facts, Buffer.from("value"), keys)];
    });
    await using to = await open();
    const attempt = to.importFrom(commitOf(undefined, made.state, made.keys).head, { key });
    await expect(attempt).rejects.toThrow(code("VAULT_CORRUPT"));
    expect(to.list()).toEqual([]);
    expect(to.epoch).toBe(1);
  });

  it("does not open with another password, nor when it was changed", async () => {
    await using vault = await open();
    await vault.set("a", "one");
    const bundle = await vault.exportTo({ key: new Uint8Array(32) });
    await expect(vault.importFrom(bundle, { key })).rejects.toThrow(code("VAULT_UNLOCK_FAILED"));
    await expect(vault.importFrom(bundle.slice(0, -1), { key })).rejects.toThrow(code("VAULT_CORRUPT"));
    await expect(vault.importFrom(new Uint8Array(0), { key })).rejects.toThrow(code("VAULT_CORRUPT"));
    await expect(vault.importFrom("bundle" as never, { key })).rejects.toThrow(TypeError);
    await expect(vault.importFrom(bundle, { key, onConflict: "merge" as "skip" })).rejects.toThrow(/onConflict/);
  });
});
