import { beforeAll, describe, expect, it } from "vitest";
import { memoryStore, openVault, type Vault } from "./index.ts";

const ENTRIES = 10_000;
const key = new Uint8Array(32).fill(3);
// At most 256 records between two turns of the event loop.
const LEAST_TURNS = Math.floor(ENTRIES / 256);
let bundle: Uint8Array;

beforeAll(async () => {
  await using vault = await openVault({ store: memoryStore(), key, create: true });
  await vault.setMany(Array.from({ length: ENTRIES }, (_, i) => ({ name: `entry/${i}`, value: `${i}` })));
  bundle = await vault.backup();
}, 60_000);

/** How many turns the event loop has while `work` runs. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    if (isDone) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
}

describe("the event loop has its turns while 10 000 entries are", () => {
  const operations: Record<string, (vault: Vault) => Promise<unknown>> = {
    verified: (vault) => vault.verify(),
    "given a new root key": (vault) => vault.rotateKeys(),
    "encrypted anew": (vault) => vault.reencrypt(),
    exported: (vault) => vault.exportTo({ key }),
    imported: (vault) => vault.importFrom(bundle, { key, onConflict: "replace" }),
  };

  it.each(Object.keys(operations))("%s", { timeout: 60_000 }, async (title) => {
    await using vault = await openVault({ store: memoryStore(bundle), key, autoLock: false });
    const turns = await turnsDuring(() => operations[title]?.(vault) ?? Promise.resolve());
    // To verify, everything is read and then decrypted.
    expect(turns).toBeGreaterThanOrEqual(title === "verified" ? 2 * LEAST_TURNS : LEAST_TURNS);
  });

  it("opened", { timeout: 60_000 }, async () => {
    const turns = await turnsDuring(async () => (await openVault({ store: memoryStore(bundle), key })).close());
    expect(turns).toBeGreaterThanOrEqual(LEAST_TURNS);
  });
});
