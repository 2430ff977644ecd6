import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileStore, openVault } from "../src/index.ts";
import { readVault } from "./independent-reader.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-format-"));
});
afterAll(() => rm(directory, { recursive: true }));

describe("a second reader, built from the format's page and sharing no code", () => {
  it("opens a vault with each kind of key, in segments and tail, also after its keys were renewed", async () => {
    const path = join(directory, "credentials.vault");
    const raw = Buffer.alloc(32, 7);
    const kdf = { memory: "19mib", passes: 1, lanes: 2 };
    const expected = new Map<string, string>();
    await using vault = await openVault({ store: fileStore(path), password: "ﬁrst ünï", create: true, kdf, keep: 3 });
    await vault.set("gone", "x");
    await vault.remove("gone");
    for (let i = 0; i < 5; i++) await vault.set("many", `version ${i}`, { labels: { at: `${i}` }, rotateAfter: "1d" });
    for (const version of [3, 4, 5]) expected.set(`many@${version}`, `version ${version - 1}`);
    for (let i = 0; i < 12; i++) {
      await vault.set(`big/${i}`, `${i}`.padEnd(12_000, "é"), { expiresAt: Date.UTC(2099, 0, 1) });
      expected.set(`big/${i}@1`, `${i}`.padEnd(12_000, "é"));
    }
    await vault.set("moved", "kept");
    await vault.setMetadata("moved", { labels: { changed: "yes" } });
    await vault.rename("moved", "to");
    expected.set("to@1", "kept");
    await vault.set("back", "again");
    await vault.remove("back");
    await vault.undelete("back");
    expected.set("back@1", "again");
    await vault.destroy("many", 4);
    expected.delete("many@4");
    await vault.addKey({ key: raw });
    const { code } = await vault.addKey({ recovery: true });
    for (const renew of [() => vault.refresh(), () => vault.rotateKeys(), () => vault.reencrypt()]) {
      await renew();
      for (const credential of [{ password: "first ünï" }, { raw }, { raw: bytesOf(code?.reveal() ?? "") }])
        expect(await readVault(path, credential)).toEqual({ epoch: vault.epoch, values: expected });
    }
    await expect(readVault(path, { password: "another" })).rejects.toThrow("no slot opens");
  });

  it("opens a bundle", async () => {
    const path = join(directory, "bundle");
    const raw = Buffer.alloc(32, 8);
    await using vault = await openVault({ store: fileStore(join(directory, "b.vault")), key: raw, create: true });
    for (const value of ["one", "two"]) await vault.set("a", value);
    await writeFile(path, await vault.exportTo({ key: raw }));
    expect((await readVault(path, { raw })).values).toEqual(new Map([["a@1", "two"]]));
  });
});

/** Base 32 (RFC 4648) of 20 bytes, in groups. */
function bytesOf(code: string): Buffer {
  const digits = [...code.replaceAll("-", "")].map((digit) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(digit));
  const number = digits.reduce((sum, digit) => sum * 32n + BigInt(digit), 0n);
  return Buffer.from(number.toString(16).padStart(40, "0"), "hex");
}
