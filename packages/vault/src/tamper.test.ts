import { randomBytes } from "node:crypto";
import { isSeaworthyError } from "@seaworthy/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "./internal/crypto/hkdf.ts";
import { decodeHead, encodeHead } from "./internal/format/head.ts";
import { openVault } from "./open-vault.ts";
import { memoryStore } from "./stores/memory-store.ts";
import type { StoredHead, VaultStore } from "./stores/store.ts";

const key = new Uint8Array(32).fill(3);
const kdf = { memory: "19mib", passes: 1, lanes: 1 };
const CLEAR = ["VAULT_CORRUPT", "VAULT_TAMPERED", "VAULT_UNLOCK_FAILED"];

/** What a store holds, to be put into other stores. */
async function small(): Promise<StoredHead> {
  const store = memoryStore();
  await using vault = await openVault({ store, key, create: true });
  await vault.set("a", "plain-1", { labels: { team: "x" }, expiresAt: 9e12 });
  await vault.set("a", "plain-2", { rotateAfter: "1d" });
  await vault.set("b", "plain-3");
  await vault.set("gone", "plain-4");
  await vault.remove("gone");
  return (await store.read()) as StoredHead;
}

/** A store that gives these bytes, whatever they are; the epoch is what the bytes say, as a file's would be. */
function holding(head: Buffer): VaultStore {
  const epoch = head.length >= 16 ? Number(head.readBigUInt64BE(8)) : 0;
  return { ...memoryStore(), read: async () => ({ epoch, head }), epoch: async () => epoch };
}

/** The same change by somebody who knows the format but no key. */
function withChecksum(head: Buffer): Buffer {
  const before = head.subarray(0, head.length - 32);
  return Buffer.concat([before, sha256(before)]);
}

async function codeOf(head: Buffer, credential: object = { key }): Promise<string> {
  try {
    await using vault = await openVault({ store: holding(head), ...credential });
    const values = await Promise.all(vault.list().map(({ name }) => vault.get(name, { allowExpired: true })));
    return `opened: ${values.map((value) => value.reveal())}`;
  } catch (error) {
    return isSeaworthyError(error) ? error.code : `unclear: ${error}`;
  }
}

describe("a vault of a few hundred bytes", () => {
  it("gives a clear code and no plaintext for a flip of any bit, with the checksum as it was and repaired", async () => {
    const { head } = await small();
    const seen = new Set<string>();
    for (let at = 0; at < head.length; at++) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const changed = Buffer.from(head);
        changed[at] = (changed[at] as number) ^ bit;
        // The whole of it for one bit a byte; the first step alone would catch the others.
        const codes = bit === 1 << (at % 8) ? [await codeOf(changed), await codeOf(withChecksum(changed))] : [];
        for (const code of codes) seen.add(code);
        if (codes.length > 0 && at < head.length - 32)
          expect(CLEAR, `byte ${at}`).toEqual(expect.arrayContaining(codes));
        expect(() => decodeHead(changed)).toThrow(expect.objectContaining({ code: "VAULT_CORRUPT" }));
      }
    }
    // A repaired checksum gives back the original where the flip was in the checksum itself.
    expect([...seen].filter((code) => !code.startsWith("opened")).sort()).toEqual([...CLEAR].sort());
  });

  it("gives a clear code for every length it is cut to, with the checksum as it was and repaired", async () => {
    const { head } = await small();
    for (let length = 0; length < head.length; length++) {
      const cut = Buffer.from(head.subarray(0, length));
      const codes = [await codeOf(cut), length < 32 ? "VAULT_CORRUPT" : await codeOf(withChecksum(cut))];
      expect(CLEAR, `length ${length}`).toEqual(expect.arrayContaining(codes));
    }
  });

  it("gives a clear code for bytes behind its end", async () => {
    const { head } = await small();
    expect(await codeOf(Buffer.concat([head, Buffer.from([0])]))).toBe("VAULT_CORRUPT");
  });

  it.each(["deletion", "swap", "reorder", "insertion", "another epoch", "another slot list"])(
    "notices the %s of what it holds, by somebody who repairs the checksum and guesses a MAC",
    async (how) => {
      const { head } = await small();
      const { tail, ...facts } = decodeHead(head);
      const other = await small();
      const frames = [...tail];
      let changed = facts;
      if (how === "deletion") frames.splice(1, 1);
      if (how === "swap") frames[0] = decodeHead(other.head).tail[0] as (typeof tail)[number];
      if (how === "reorder") frames.reverse();
      if (how === "insertion") frames.push(frames[0] as (typeof tail)[number]);
      if (how === "another epoch") changed = { ...facts, epoch: facts.epoch + 1 };
      if (how === "another slot list") changed = { ...facts, slots: [...facts.slots, ...facts.slots] };
      expect(await codeOf(encodeHead(changed, frames, randomBytes(32)))).toBe("VAULT_TAMPERED");
    },
  );

  it("does not bring a removed password back when its slot is put back", async () => {
    const store = memoryStore();
    await using vault = await openVault({ store, password: "old", kdf, create: true });
    const before = decodeHead(((await store.read()) as StoredHead).head);
    await vault.changePassword("new");
    const { tail, ...after } = decodeHead(((await store.read()) as StoredHead).head);
    const forged = encodeHead({ ...after, slots: before.slots }, tail, randomBytes(32));
    expect(await codeOf(forged, { password: "old" })).toBe("VAULT_TAMPERED");
  });

  it.each([
    ["4 GiB of memory", "m=19456,t=1,p=1", "m=4194304,t=1,p=1"],
    ["a hundred passes", "m=19456,t=1,p=1", "m=19456,t=99,p=1"],
    ["1 KiB of memory", "m=19456,t=1,p=1", "m=1,t=1,p=1"],
    ["the weaker algorithm", "$argon2id$", "$argon2i$"],
  ])("refuses stored parameters that ask for %s before it allocates anything", async (_, from, to) => {
    const store = memoryStore();
    await (await openVault({ store, password: "word", kdf, create: true })).close();
    const { tail, ...facts } = decodeHead(((await store.read()) as StoredHead).head);
    const slots = facts.slots.map((slot) => ({ ...slot, kdf: slot.kdf.replace(from, to) }));
    const before = process.memoryUsage().rss;
    expect(await codeOf(encodeHead({ ...facts, slots }, tail, randomBytes(32)), { password: "word" })).toBe(
      "VAULT_CORRUPT",
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20);
  });

  it("does not open with cheaper parameters that are within bounds: they give another key", async () => {
    const store = memoryStore();
    await (await openVault({ store, password: "word", kdf: { ...kdf, passes: 2 }, create: true })).close();
    const { tail, ...facts } = decodeHead(((await store.read()) as StoredHead).head);
    const slots = facts.slots.map((slot) => ({ ...slot, kdf: slot.kdf.replace("t=2", "t=1") }));
    const forged = encodeHead({ ...facts, slots }, tail, randomBytes(32));
    expect(await codeOf(forged, { password: "word" })).toBe("VAULT_UNLOCK_FAILED");
  });
});

describe("a head by somebody without the key", () => {
  it("causes no read of the segments that it names, however many and however often", async () => {
    const { tail, ...facts } = decodeHead((await small()).head);
    const segment = { id: "a".repeat(32), bytes: 8 * 2 ** 20, records: 8, digest: randomBytes(32) };
    const forged = encodeHead({ ...facts, segments: Array(4096).fill(segment) }, tail, randomBytes(32));
    let reads = 0;
    const readSegment = async (): Promise<Uint8Array> => {
      reads += 1;
      return new Uint8Array(8);
    };
    const store = { ...holding(forged), readSegment };
    await expect(openVault({ store, key })).rejects.toMatchObject({ code: "VAULT_TAMPERED" });
    expect(reads).toBe(0);
  });

  it("is refused before its records are taken apart when they are more than there could be", async () => {
    const { head } = await small();
    const { covered, mac } = decodeHead(head);
    const records = Buffer.alloc(5 * (2 ** 19 + 1), Buffer.from([0, 0, 0, 1, 3]));
    const size = Buffer.alloc(4);
    size.writeUInt32BE(records.length);
    const forged = withChecksum(Buffer.concat([covered, size, records, mac, Buffer.alloc(32)]));
    const before = process.memoryUsage().rss;
    expect(await codeOf(forged)).toBe("VAULT_CORRUPT");
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 2 ** 20);
  });
});

describe("a rollback of the whole", () => {
  it("is noticed against an epoch kept elsewhere, and only then", async () => {
    const store = memoryStore();
    const vault = await openVault({ store, key, create: true });
    await vault.set("a", "one");
    const old = (await store.read()) as StoredHead;
    await vault.set("a", "two");
    const { epoch } = vault;
    await vault.close();
    const back = holding(Buffer.from(old.head));
    await expect(openVault({ store: back, key, expectedEpoch: epoch })).rejects.toMatchObject({
      code: "VAULT_ROLLBACK",
      context: { epoch: 2, expected: 3 },
    });
    await using unaware = await openVault({ store: back, key });
    expect((await unaware.get("a")).reveal()).toBe("one");
    await (await openVault({ store, key, expectedEpoch: epoch })).close();
  });

  it("is noticed by a vault that is open, and when the vault is gone altogether", async () => {
    const store = memoryStore();
    const heads: StoredHead[] = [];
    let shown: () => StoredHead | undefined = () => heads.at(-1);
    const spied: VaultStore = {
      ...store,
      async commit(expected, next) {
        heads.push(next);
        return store.commit(expected, next);
      },
      read: async () => shown(),
      epoch: async () => shown()?.epoch,
    };
    const vault = await openVault({ store: spied, key, create: true });
    await vault.set("a", "one");
    await vault.set("a", "two");
    for (const view of [() => heads[1], () => undefined]) {
      shown = view;
      await expect(vault.get("a")).rejects.toMatchObject({ code: "VAULT_ROLLBACK" });
      await expect(vault.set("a", "three")).rejects.toMatchObject({ code: "VAULT_ROLLBACK" });
    }
    await vault.close();
    await expect(openVault({ store: memoryStore(), key, create: true, expectedEpoch: 1 })).rejects.toMatchObject({
      code: "VAULT_ROLLBACK",
    });
  });
});

describe("fuzzed bytes", () => {
  it("of any kind give a clear code", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, isDressed) => {
        // Half of them get past the first two checks.
        const dressed = Buffer.concat([Buffer.from("SWVAULT2"), bytes, Buffer.alloc(32)]);
        expect(CLEAR).toContain(await codeOf(isDressed ? withChecksum(dressed) : Buffer.from(bytes)));
      }),
      { numRuns: 1500 },
    );
  });

  it("made of a valid vault by cutting, copying, overwriting and growing give a clear code", async () => {
    const head = Buffer.from((await small()).head);
    const edit = fc.record({
      at: fc.nat(head.length - 1),
      take: fc.nat(64),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 64 }),
        fc.constant(new Uint8Array(8).fill(255)),
        fc.constant(new Uint8Array(4)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), async (edits, isRepaired) => {
        let bytes: Buffer = head;
        for (const { at, take, put } of edits)
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + take)]);
        const result = await codeOf(isRepaired && bytes.length >= 32 ? withChecksum(bytes) : bytes);
        if (bytes.equals(head) || (isRepaired && withChecksum(bytes).equals(head))) expect(result).toMatch(/^opened/);
        else expect(CLEAR).toContain(result);
      }),
      { numRuns: 1500 },
    );
  });

  it("that announce huge lengths allocate none of them", async () => {
    const { head } = await small();
    const before = process.memoryUsage().rss;
    for (let at = 16; at + 36 < head.length; at++) {
      const changed = Buffer.from(head);
      changed.fill(255, at, at + 4);
      expect(CLEAR).toContain(await codeOf(withChecksum(changed)));
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20);
  });
});
