import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { encodeHead } from "./internal/format/head.ts";
import { encodeRecord } from "./internal/format/record.ts";
import { openVault } from "./open-vault.ts";
import { memoryStore } from "./stores/memory-store.ts";
import type { VaultCommit, VaultStore } from "./stores/store.ts";

const key = new Uint8Array(32).fill(3);

/** A store that says how many bytes each write was, and which segments it has. */
function measured(): VaultStore & { writes: number[]; commits: VaultCommit[] } {
  const store = memoryStore();
  const writes: number[] = [];
  const commits: VaultCommit[] = [];
  return {
    ...store,
    writes,
    commits,
    commit(expected, next) {
      commits.push(next);
      writes.push(next.head.length + next.add.reduce((sum, { bytes }) => sum + bytes.length, 0));
      return store.commit(expected, next);
    },
  };
}

describe("the bytes of a vault", () => {
  it("are written in proportion to what changes: filling it costs no square, and one write no more than a tail", async () => {
    const totals: number[] = [];
    for (const count of [200, 800]) {
      const store = measured();
      await using vault = await openVault({ store, key, create: true, autoLock: false });
      for (let i = 0; i < count; i++) await vault.set(`entry/${i}`, "x".repeat(800));
      totals.push(store.writes.reduce((sum, bytes) => sum + bytes, 0));
      const usual = [...store.writes].sort((a, b) => a - b)[Math.floor(count * 0.95)] as number;
      expect(usual).toBeLessThan(80 * 1024);
      expect(Math.max(...store.writes)).toBeLessThan(1.3 * 1024 * 1024);
      expect(await vault.verify()).toMatchObject({ entries: count });
    }
    // Four times as many entries: 4 with a linear cost, 16 with a quadratic one.
    expect((totals[1] as number) / (totals[0] as number)).toBeLessThan(5);
  });

  it("stay in one piece as long as the vault is small, however often it is changed", async () => {
    const store = measured();
    await using vault = await openVault({ store, key, create: true, autoLock: false, keep: 2 });
    for (let i = 0; i < 1000; i++) await vault.set(`entry/${i % 20}`, `value ${i}`);
    expect(store.commits.every(({ keep }) => keep.length === 0)).toBe(true);
    expect(Math.max(...store.writes)).toBeLessThan(70 * 1024);
  });

  it("of dead records are given back: a vault is at most about twice what lives in it", async () => {
    const store = measured();
    await using vault = await openVault({ store, key, create: true, autoLock: false, keep: 1 });
    for (let i = 0; i < 400; i++) await vault.set(`entry/${i % 10}`, "x".repeat(30_000));
    const segments = store.commits.at(-1)?.keep.length as number;
    expect(segments).toBeLessThan(20);
    expect(await vault.verify()).toMatchObject({ entries: 10, versions: 10 });
  });

  it("of the values stay as they are when the keys are rotated, and all of the entries when the password is changed", async () => {
    const store = memoryStore();
    const kdf = { memory: "19mib", passes: 1, lanes: 1 };
    await using vault = await openVault({ store, password: "old", kdf, create: true });
    await vault.set("a", "x".repeat(200));
    const head = async (): Promise<Buffer> => Buffer.from((await store.read())?.head ?? []);
    const before = await head();
    const record = before.subarray(before.indexOf(Buffer.from("\0\u0001a", "latin1")), before.length - 64);
    const box = record.subarray(record.length - 216);
    await vault.changePassword("new");
    expect((await head()).includes(record)).toBe(true);
    await vault.rotateKeys();
    expect((await head()).includes(record)).toBe(false);
    expect((await head()).includes(box)).toBe(true);
    await vault.reencrypt();
    expect((await head()).includes(box)).toBe(false);
    expect((await vault.get("a")).reveal()).toBe("x".repeat(200));
  });

  it("hold the password's cost in PHC form, and never a cheaper one after a change", async () => {
    const store = memoryStore();
    const phc = async (): Promise<string | undefined> =>
      /\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$/.exec(
        Buffer.from((await store.read())?.head ?? []).toString("latin1"),
      )?.[0];
    await (
      await openVault({ store, password: "a", kdf: { memory: "20mib", passes: 2, lanes: 1 }, create: true })
    ).close();
    expect(await phc()).toBe("$argon2id$v=19$m=20480,t=2,p=1$");
    await using vault = await openVault({ store, password: "a", kdf: { memory: "19mib", passes: 1, lanes: 2 } });
    await vault.changePassword("b");
    expect(await phc()).toBe("$argon2id$v=19$m=20480,t=2,p=2$");
    await using later = await openVault({ store, password: "b", kdf: { memory: "19mib", passes: 1, lanes: 1 } });
    await later.rotateKeys({ only: { password: "c" } });
    expect(await phc()).toBe("$argon2id$v=19$m=20480,t=2,p=2$");
  });

  it("hold no value, and no two equal ciphertexts for two equal values", async () => {
    const store = memoryStore();
    await using vault = await openVault({ store, key, create: true });
    await vault.set("a", "needle-in-the-file");
    await vault.set("b", "needle-in-the-file");
    const bytes = Buffer.from((await store.read())?.head ?? []);
    expect(bytes.includes("needle")).toBe(false);
    expect(bytes.includes(Buffer.from(key))).toBe(false);
  });
});

describe("a head of very many records", () => {
  it("has a MAC like any other", () => {
    const frame = encodeRecord({ type: "prune", name: "a", version: 1 });
    const facts = {
      previous: 0,
      log: undefined,
      epoch: 1,
      vaultId: Buffer.alloc(16),
      keyId: Buffer.alloc(16),
      created: 0,
      slots: [],
      segments: [],
    };
    const tail = Array.from({ length: 200_000 }, () => frame);
    expect(encodeHead(facts, tail, key).length).toBeGreaterThan(200_000 * frame.bytes.length);
  });
});

describe("a vault of 10 000 entries", () => {
  it("opens without decrypting any: what is spoilt inside is only noticed when it is asked for", async () => {
    const { commitOf } = await import("./internal/state.ts");
    const { newVault } = await import("./internal/open-ledger.ts");
    const cost = { memory: 19456, passes: 1, lanes: 1 };
    // Random where the ciphertext should be, so that none of them can be decrypted.
    const made = await newVault({ kind: "key", bytes: Buffer.from(key) }, cost, 0, () =>
      Array.from({ length: 10_000 }, (_unused, i) => {
        const facts = { name: `entry/${i}`, version: 1, created: 0, expires: 0, rotateAfter: 0, labels: "{}" };
        const sealed = { wrappedKey: randomBytes(72), nonce: randomBytes(12), box: randomBytes(21) };
        return encodeRecord({ type: "put", ...facts, ...sealed });
      }),
    );
    const bundle = commitOf(undefined, made.state, made.keys).head;
    await using vault = await openVault({ store: memoryStore(bundle), key });
    expect(vault.list()).toHaveLength(10_000);
    expect(vault.history("entry/9999")).toHaveLength(1);
    await expect(vault.get("entry/9999")).rejects.toMatchObject({ code: "VAULT_TAMPERED" });
    await expect(vault.verify()).rejects.toMatchObject({ code: "VAULT_TAMPERED" });
  });
});
