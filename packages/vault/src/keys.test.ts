import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newRecoveryCode, readCredential, wipeMaterials } from "./internal/credential-material.ts";
import { ownBytes, randomSecret, utf8 } from "./internal/crypto/bytes.ts";
import { RootKeys } from "./internal/crypto/root-keys.ts";
import { openLedger } from "./internal/open-ledger.ts";
import { checkVaultOptions } from "./internal/vault-options.ts";
import { memoryStore } from "./stores/memory-store.ts";

const key = new Uint8Array(32).fill(3);
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

describe("keys in memory", () => {
  it("are zeroed by a lock, every buffer that holds one", async () => {
    const { ledger } = await openLedger(checkVaultOptions({ store: memoryStore(), key, create: true }));
    const { root, mac, data, slots } = ledger.keys;
    const buffers = [root, mac, data.subkey, slots.subkey];
    expect(buffers.some(isZero)).toBe(false);
    ledger.lock("called");
    expect(buffers.every(isZero)).toBe(true);
    // Ended, so that OpenSSL has zeroed the key in it.
    for (const { blocks } of [data, slots]) expect(() => blocks.update(Buffer.alloc(16))).toThrow();
    expect(() => ledger.keys).toThrow(expect.objectContaining({ code: "VAULT_LOCKED" }));
  });

  it("are in buffers of their own, so that zeroing reaches them and nothing else", () => {
    const keys = new RootKeys(ownBytes(key), Buffer.alloc(16));
    for (const bytes of [keys.root, keys.mac, keys.data.subkey, utf8("password"), ownBytes(key), randomSecret(32)])
      expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
  });

  it("are never put into a KeyObject, whose copy outlives the zeroed buffer, unless they open a single message or the columns of fields", () => {
    const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"));
    expect(sources.length).toBeGreaterThan(30);
    // Those that make a KeyObject of what they are given, and the HKDF that does so inside.
    const calls = /(?:createSecretKey|createPrivateKey|hkdfSync|generateKeySync|KeyObject\.from)\s*\(/;
    const [inGcm, ...others] = sources.filter((source) => calls.test(source));
    expect(others).toEqual([]);
    expect(inGcm?.match(new RegExp(calls, "g"))).toHaveLength(1);
    expect(inGcm).toContain("export function messageKey(");
    const users = sources.filter((source) => /unwrapMessageKey\(|messageKey\(/.test(source));
    expect(users.length).toBe(4); // the two that define them, the reading of entries, and the keys of fields
    expect(sources.filter((source) => /import \{[^}]*\bhkdf\b[^}]*\} from "node:crypto"/.test(source))).toEqual([]);
  });

  it("given as a credential are zeroed once they are used", () => {
    const materials = readCredential({ password: newRecoveryCode() }, "open");
    expect(materials.map(({ kind }) => kind)).toEqual(["recovery", "password"]);
    wipeMaterials(materials);
    expect(materials.every(({ bytes }) => isZero(bytes))).toBe(true);
  });
});

describe("recovery codes", () => {
  it("are 160 random bits, each another", () => {
    const codes = Array.from({ length: 50 }, newRecoveryCode);
    expect(new Set(codes).size).toBe(50);
    expect(readCredential({ recovery: codes[0] as string }, "open")[0]?.bytes).toHaveLength(20);
  });
});
