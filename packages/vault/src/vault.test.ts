import { inspect } from "node:util";
import { isSecret, secret } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { describe, expect, it } from "vitest";
import { openVault } from "./open-vault.ts";
import { memoryStore } from "./stores/memory-store.ts";
import type { VaultStore } from "./stores/store.ts";
import type { Vault, VaultOptions } from "./vault.ts";

const kdf = { memory: "19mib", passes: 1, lanes: 1 };
const key = new Uint8Array(32).fill(3);
const DAY = 86_400_000;

const open = (store: VaultStore, options: Partial<VaultOptions> = {}): Promise<Vault> =>
  openVault({ store, kdf, create: true, ...("password" in options ? {} : { key }), ...options } as VaultOptions);
const code = (expected: string): object => expect.objectContaining({ code: expected });

describe("entries", () => {
  it("come back as secrets that show nothing", async () => {
    await using vault = await open(memoryStore());
    await vault.set("a", "s3cret-value");
    const value = await vault.get("a");
    expect(isSecret(value)).toBe(true);
    expect(value.reveal()).toBe("s3cret-value");
    expect(`${value} ${JSON.stringify(value)} ${inspect(value)}`).not.toContain("s3cret");
  });

  it("are one secret for as long as that is held, and another with the next version", async () => {
    await using vault = await open(memoryStore());
    await vault.set("a", "first-value");
    const first = await vault.get("a");
    expect(await vault.get("a")).toBe(first);
    await vault.set("a", "second-value");
    expect((await vault.get("a")).reveal()).toBe("second-value");
    expect(await vault.get("a", { version: 1 })).toBe(first);
    await vault.remove("a");
    await vault.set("a", "third-value");
    expect((await vault.get("a", { version: 1 })).reveal()).toBe("third-value");
    vault.lock();
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_LOCKED"));
  });

  it("have times of whole milliseconds, whatever fractions the clock has", async () => {
    const clock = { ...manualClock(), now: () => Date.UTC(2026, 0, 1) + 0.75 };
    const store = memoryStore();
    await using vault = await open(store, { clock, password: "one" });
    expect(await vault.set("a", "x", { rotateAfter: 0.5 })).toMatchObject({ createdAt: Date.UTC(2026, 0, 1) });
    await vault.changePassword("two");
    await vault.rotateKeys({ only: { key } });
    await vault.importFrom(await vault.exportTo({ key }), { key, onConflict: "replace" });
    expect(vault.keys()).toMatchObject([{ kind: "key", createdAt: Date.UTC(2026, 0, 1) }]);
    await expect(open(memoryStore(), { clock: { ...clock, now: () => Number.NaN } })).rejects.toThrow(/clock.now/);
  });

  it("are taken as text or as a secret of text, up to the limits and empty too", async () => {
    await using vault = await open(memoryStore());
    for (const value of ["", "\0", "ünï¢ödé 🗝️", "x".repeat(2 ** 20)]) {
      await vault.set("text", value);
      expect((await vault.get("text")).reveal()).toBe(value);
      await vault.set("secret", secret(value));
      expect((await vault.get("secret")).reveal()).toBe(value);
    }
  });

  it("keep a history of versions, of which a rollback makes a new one", async () => {
    const clock = manualClock();
    await using vault = await open(memoryStore(), { clock });
    expect(await vault.set("a", "one")).toMatchObject({ name: "a", version: 1, versions: 1 });
    await clock.advance("1s");
    await vault.set("a", "two");
    expect(vault.history("a").map(({ version, createdAt }) => [version, createdAt])).toEqual([
      [1, Date.UTC(2026, 0, 1)],
      [2, Date.UTC(2026, 0, 1) + 1000],
    ]);
    expect((await vault.get("a", { version: 1 })).reveal()).toBe("one");
    expect(await vault.rollback("a", 1)).toMatchObject({ version: 3, versions: 3 });
    expect((await vault.get("a")).reveal()).toBe("one");
    expect((await vault.get("a", { version: 2 })).reveal()).toBe("two");
  });

  it.each([1, 2, 3])("keep their last %i versions and no more", async (keep) => {
    await using vault = await open(memoryStore(), { keep });
    for (let i = 1; i <= 6; i++) await vault.set("a", `value ${i}`);
    expect(vault.history("a").map(({ version }) => version)).toEqual([4, 5, 6].slice(3 - keep));
    await expect(vault.get("a", { version: 6 - keep })).rejects.toThrow(code("VAULT_NOT_FOUND"));
    expect(await vault.verify()).toMatchObject({ versions: keep });
  });

  it("are gone with all their versions when removed, and begin anew", async () => {
    await using vault = await open(memoryStore());
    await vault.set("a", "one");
    await vault.remove("a");
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_NOT_FOUND"));
    await expect(vault.remove("a")).rejects.toThrow(code("VAULT_NOT_FOUND"));
    await expect(vault.rollback("a", 1)).rejects.toThrow(code("VAULT_NOT_FOUND"));
    expect(() => vault.history("a")).toThrow(code("VAULT_NOT_FOUND"));
    expect(vault.list()).toEqual([]);
    expect(await vault.set("a", "again")).toMatchObject({ version: 1 });
  });

  it("are not given out once expired, unless asked for", async () => {
    const clock = manualClock();
    await using vault = await open(memoryStore(), { clock, autoLock: false });
    await vault.set("a", "one", { expiresAt: new Date(clock.now() + 1000) });
    await clock.advance(999);
    expect((await vault.get("a")).reveal()).toBe("one");
    await clock.advance(1);
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_EXPIRED"));
    await expect(vault.rollback("a", 1)).rejects.toThrow(code("VAULT_EXPIRED"));
    expect((await vault.get("a", { allowExpired: true })).reveal()).toBe("one");
    await vault.set("a", "two");
    expect((await vault.get("a")).reveal()).toBe("two");
  });

  it("are due when they expire or want rotation, soonest first, and carry the reminder over to later versions", async () => {
    const clock = manualClock();
    await using vault = await open(memoryStore(), { clock, autoLock: false });
    await vault.set("expiring", "x", { expiresAt: clock.now() + 3 * DAY });
    await vault.set("rotating", "x", { rotateAfter: "2d" });
    await vault.set("calm", "x");
    expect(vault.due("1d")).toEqual([]);
    expect(vault.due("7d").map(({ name, reason }) => [name, reason])).toEqual([
      ["rotating", "rotate"],
      ["expiring", "expires"],
    ]);
    await clock.advance("2d");
    expect(vault.due(0).map(({ name }) => name)).toEqual(["rotating"]);
    await vault.set("rotating", "y");
    expect(vault.due(0)).toEqual([]);
    expect(vault.list().find(({ name }) => name === "rotating")?.rotateAt).toBe(clock.now() + 2 * DAY);
  });

  it("carry labels that are plain data whatever they are called", async () => {
    await using vault = await open(memoryStore());
    const labels = JSON.parse('{"__proto__":"p","b":"2","a":"1"}');
    await vault.set("constructor", "x", { labels });
    await vault.set("__proto__", "y");
    expect(Object.entries(vault.list()[1]?.labels ?? {}).sort()).toEqual([
      ["__proto__", "p"],
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(vault.list().map(({ name }) => name)).toEqual(["__proto__", "constructor"]);
    expect((await vault.set("constructor", "z")).labels).toEqual(labels);
  });

  it.each([
    ["a name that is empty", ["", "x"], /name must be .* got a string of 0 characters/],
    ["a name with a control character", ["a\nb", "x"], /name must be/],
    ["a name with a lone surrogate", ["\ud800", "x"], /name must be/],
    ["a name of 256 bytes", ["ä".repeat(128), "x"], /name must be/],
    ["a name that is not text", [7, "x"], /name must be .* got a number/],
    ["a value that is not text", ["a", 7], /value must be .* got a number/],
    ["a value of more than 1 MiB", ["a", "ü".repeat(2 ** 19 + 1)], /value must be at most/],
    ["a value with a lone surrogate", ["a", "hidden\udc00"], /value must be well-formed/],
    ["an expiry beyond all dates", ["a", "x", { expiresAt: 8.64e15 + 1 }], /expiresAt/],
    ["a reminder beyond all dates", ["a", "x", { rotateAfter: "100001d" }], /rotateAfter must be at most/],
    ["an expiry that is not a time", ["a", "x", { expiresAt: Number.NaN }], /expiresAt .* got NaN/],
    ["an invalid date", ["a", "x", { expiresAt: new Date("no") }], /expiresAt/],
    ["a negative duration", ["a", "x", { rotateAfter: -1 }], /rotateAfter .* got -1/],
    ["labels that are not text", ["a", "x", { labels: { b: 1 } }], /labels\.b must be .* got 1/],
    ["labels of more than 4 KiB", ["a", "x", { labels: { b: "x".repeat(4096) } }], /labels must be at most/],
    ["an unknown option", ["a", "x", { expires: 1 }], /no option "expires"/],
  ])("refuse %s, saying so without the value", async (_, args, message) => {
    await using vault = await open(memoryStore());
    const attempt = vault.set(...(args as unknown as [string, string]));
    await expect(attempt).rejects.toThrow(TypeError);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.not.toThrow(/hidden/);
    expect(vault.epoch).toBe(1);
  });
});

describe("opening", () => {
  it("makes a vault only when told to", async () => {
    const store = memoryStore();
    await expect(openVault({ store, key })).rejects.toThrow(code("VAULT_MISSING"));
    await (await open(store)).close();
    await using vault = await openVault({ store, key, create: true });
    expect(vault.epoch).toBe(1);
  });

  it("refuses every wrong credential with the same error, word for word", async () => {
    const store = memoryStore();
    await (await open(store, { password: "right" })).close();
    const failures = [];
    for (const credential of [
      { password: "wrong" },
      { key },
      { recovery: "A".repeat(32) },
      { recovery: "a code with a slip" },
      { password: "A".repeat(32) },
    ]) {
      const error = await openVault({ store, ...credential }).catch((thrown: unknown) => thrown);
      const { code, message, context, status, cause } = error as Record<string, unknown>;
      failures.push(JSON.stringify({ code, message, context, status, cause }));
    }
    expect(new Set(failures).size).toBe(1);
    expect(failures[0]).toContain("VAULT_UNLOCK_FAILED");
  });

  it("takes composed and decomposed forms of a password as the same, and different ones as different", async () => {
    const store = memoryStore();
    await (await open(store, { password: "Zürich ﬁsh" })).close();
    await (await openVault({ store, password: "Zu\u0308rich fish" })).close();
    await expect(openVault({ store, password: "Zurich fish" })).rejects.toThrow(code("VAULT_UNLOCK_FAILED"));
  });

  it.each([
    ["no credential", {}, /exactly one of password, key and recovery; got 0/],
    ["two credentials", { password: "secret-word", key }, /exactly one .* got 2/],
    ["an empty password", { password: "" }, /password must be a string/],
    ["a password that is not text", { password: 12345678 }, /password must be a string/],
    [
      "a password that normalising would take minutes for",
      { password: `secret-word${"\u0344".repeat(1e6)}` },
      /at most 1024/,
    ],
    [
      "a password with a lone surrogate, which would collide with others",
      { password: "secret-word\ud800" },
      /lone surrogate/,
    ],
    ["a short key", { key: new Uint8Array(31) }, /key must be 32 bytes/],
    ["a key of other text", { key: "secret-word" }, /key must be 32 bytes/],
    ["a short recovery code", { recovery: "secret-word" }, /recovery must be/],
  ])("refuses %s, without a part of it in the message", async (_, credential, message) => {
    const attempt = openVault({ store: memoryStore(), create: true, ...(credential as { key: Uint8Array }) });
    await expect(attempt).rejects.toThrow(TypeError);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.not.toThrow(/secret-word|12345678/);
  });

  it.each([
    [{ store: {} }, /store must be/],
    [{ store: undefined }, /store must be/],
    [{ create: "yes" }, /create/],
    [{ keep: 0 }, /keep .* got 0/],
    [{ keep: Number.NaN }, /keep .* got NaN/],
    [{ expectedEpoch: -1 }, /expectedEpoch .* got -1/],
    [{ autoLock: 0 }, /autoLock/],
    [{ autoLock: "soon" }, /autoLock .* got "soon"/],
    [{ refreshEvery: Number.POSITIVE_INFINITY }, /refreshEvery/],
    [{ busyTimeout: -1 }, /busyTimeout/],
    [{ audit: {} }, /audit must have/],
    [{ clock: {} }, /clock must have/],
    [{ clock: null }, /clock must have/],
    [{ keep: null }, /keep must be/],
    [{ expectedEpoch: null }, /expectedEpoch must be/],
    [{ busyTimeout: null }, /busyTimeout/],
    [{ refreshEvery: null }, /refreshEvery/],
    [{ random: 4 }, /random must be/],
    [{ kdf: { memory: "1mib" } }, /kdf\.memory/],
    [{ pasword: "x" }, /no option "pasword"/],
  ])("refuses %o", async (options, message) => {
    const attempt = openVault({ store: memoryStore(), key, ...(options as object) });
    await expect(attempt).rejects.toThrow(TypeError);
    await expect(attempt).rejects.toThrow(message);
  });

  it("takes a raw key as bytes or text, plain or as a secret", async () => {
    const store = memoryStore();
    await (await open(store)).close();
    const bytes = Buffer.from(key);
    for (const form of [
      key,
      secret(key),
      bytes.toString("hex"),
      bytes.toString("base64"),
      secret(bytes.toString("base64url")),
    ])
      await (await openVault({ store, key: form as Uint8Array })).close();
  });

  it("never quotes a password that is given in place of the options", async () => {
    await using vault = await open(memoryStore());
    const misuses = [
      () => openVault("secret-word" as never),
      () => vault.unlock("secret-word" as never),
      () => vault.addKey("secret-word" as never),
      () => vault.exportTo("secret-word" as never),
      () => vault.importFrom(new Uint8Array(), "secret-word" as never),
      () => vault.rotateKeys({ only: "secret-word" as never }),
    ];
    for (const misuse of misuses) {
      await expect(misuse()).rejects.toThrow(/options must be an object; got a string of 11 characters/);
    }
  });

  it("leaves the host's own key as it was", async () => {
    const own = new Uint8Array(32).fill(9);
    await (await openVault({ store: memoryStore(), key: own, create: true })).close();
    expect(own).toEqual(new Uint8Array(32).fill(9));
  });
});

describe("key slots", () => {
  it("each open the same vault, until they are removed", async () => {
    const store = memoryStore();
    const vault = await open(store, { password: "first" });
    await vault.set("a", "one");
    const second = await vault.addKey({ password: "second" });
    const raw = await vault.addKey({ key });
    const recovery = await vault.addKey({ recovery: true });
    expect(recovery.code?.reveal()).toMatch(/^([A-Z2-7]{4}-){7}[A-Z2-7]{4}$/);
    expect(vault.keys().map(({ kind, current }) => [kind, current])).toEqual([
      ["password", true],
      ["password", false],
      ["key", false],
      ["recovery", false],
    ]);
    const copied = recovery.code?.reveal().toLowerCase().replaceAll("-", " ").replaceAll("o", "0") as string;
    for (const credential of [{ password: "second" }, { key }, { recovery: copied }, { password: copied }]) {
      await using other = await openVault({ store, ...credential });
      expect((await other.get("a")).reveal()).toBe("one");
    }
    for (const { id } of [second, raw, recovery]) await vault.removeKey(id);
    for (const credential of [{ password: "second" }, { key }, { recovery: copied }])
      await expect(openVault({ store, ...credential })).rejects.toThrow(code("VAULT_UNLOCK_FAILED"));
    await expect(vault.removeKey(second.id)).rejects.toThrow(code("VAULT_KEY_NOT_FOUND"));
    await expect(vault.removeKey(vault.keys()[0]?.id as string)).rejects.toThrow(code("VAULT_LAST_KEY"));
    await expect(vault.removeKey("nonsense")).rejects.toThrow(TypeError);
    await vault.close();
  });

  it("are sixteen at the most", async () => {
    await using vault = await open(memoryStore());
    for (let i = 1; i < 16; i++) await vault.addKey({ recovery: true });
    await expect(vault.addKey({ recovery: true })).rejects.toThrow(code("VAULT_FULL"));
  });

  it("are all kept by a rotation of the keys", async () => {
    const store = memoryStore();
    const vault = await open(store, { password: "first" });
    const { code: recovery } = await vault.addKey({ recovery: true });
    await vault.set("a", "one");
    for (let i = 0; i < 3; i++) await vault.rotateKeys();
    await vault.close();
    for (const credential of [{ password: "first" }, { recovery: recovery?.reveal() as string }]) {
      await using other = await openVault({ store, ...credential });
      expect((await other.get("a")).reveal()).toBe("one");
    }
  });

  it("are replaced by a single one where a rotation says so", async () => {
    const store = memoryStore();
    const vault = await open(store, { password: "first" });
    await vault.addKey({ key });
    await vault.set("a", "one");
    await vault.rotateKeys({ only: { password: "after the leak" } });
    expect(vault.keys()).toMatchObject([{ kind: "password", current: true }]);
    expect((await vault.get("a")).reveal()).toBe("one");
    await vault.close();
    await expect(openVault({ store, password: "first" })).rejects.toThrow(code("VAULT_UNLOCK_FAILED"));
    await expect(openVault({ store, key })).rejects.toThrow(code("VAULT_UNLOCK_FAILED"));
    await (await openVault({ store, password: "after the leak" })).close();
  });

  it("change their password one by one", async () => {
    const store = memoryStore();
    const vault = await open(store, { password: "first" });
    await vault.addKey({ password: "second" });
    expect(await vault.changePassword("third")).toMatchObject({ kind: "password", current: true });
    await expect(openVault({ store, password: "first" })).rejects.toThrow(code("VAULT_UNLOCK_FAILED"));
    for (const password of ["second", "third"]) await (await openVault({ store, password })).close();
    await vault.close();
    const byKey = await open(memoryStore());
    await expect(byKey.changePassword("x")).rejects.toThrow(code("VAULT_KEY_NOT_FOUND"));
    await byKey.close();
  });
});

describe("locking", () => {
  it("ends every use until the vault is unlocked again", async () => {
    const vault = await open(memoryStore(), { password: "word" });
    await vault.set("a", "one");
    vault.lock();
    expect(vault.isLocked).toBe(true);
    const uses = [
      () => vault.get("a"),
      () => vault.set("a", "two"),
      () => vault.remove("a"),
      () => vault.rollback("a", 1),
      () => vault.changePassword("x"),
      () => vault.addKey({ recovery: true }),
      () => vault.removeKey("0".repeat(16)),
      () => vault.rotateKeys(),
      () => vault.reencrypt(),
      () => vault.exportTo({ password: "x", kdf }),
      () => vault.importFrom(new Uint8Array(), { password: "x" }),
      () => vault.verify(),
      () => vault.refresh(),
      async () => vault.list(),
      async () => vault.history("a"),
      async () => vault.due(0),
      async () => vault.totp("a"),
      async () => vault.keys(),
    ];
    for (const use of uses) await expect(use()).rejects.toThrow(code("VAULT_LOCKED"));
    await expect(vault.unlock({ password: "wrong" })).rejects.toThrow(code("VAULT_UNLOCK_FAILED"));
    expect(vault.isLocked).toBe(true);
    await vault.unlock({ password: "word" });
    expect((await vault.get("a")).reveal()).toBe("one");
    await vault.close();
    await expect(vault.unlock({ password: "word" })).rejects.toThrow(code("VAULT_LOCKED"));
  });

  it("comes by itself after five idle minutes, counted from the last use", async () => {
    const clock = manualClock();
    const vault = await open(memoryStore(), { clock });
    await vault.set("a", "one");
    await clock.advance("4m");
    await vault.get("a");
    await clock.advance("4m59s");
    expect(vault.isLocked).toBe(false);
    await clock.advance("1s");
    expect(vault.isLocked).toBe(true);
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_LOCKED"));
    expect(clock.pending).toBe(0);
    await vault.unlock({ key });
    await clock.advance("5m");
    expect(vault.isLocked).toBe(true);
  });

  it("is not outrun by a timer that comes late, nor moved by a jump of the wall clock", async () => {
    const clock = manualClock();
    const late = { now: clock.now, monotonic: clock.monotonic, schedule: () => () => undefined };
    const vault = await open(memoryStore(), { clock: late, autoLock: "1m" });
    await vault.set("a", "one");
    clock.jumpTo(clock.now() + 10 * DAY);
    await vault.get("a");
    await clock.advance("1m");
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_LOCKED"));
  });

  it("never holds a timer where it is switched off or the vault is closed", async () => {
    const clock = manualClock();
    const never = await open(memoryStore(), { clock, autoLock: false });
    expect(clock.pending).toBe(0);
    await clock.advance("365d");
    expect(never.isLocked).toBe(false);
    await never.close();
    const closed = await open(memoryStore(), { clock });
    expect(clock.pending).toBe(1);
    await closed.close();
    await closed.close();
    expect(clock.pending).toBe(0);
  });

  it("follows when another process rotates the root key", async () => {
    const store = memoryStore();
    const [one, two] = [await open(store), await open(store)];
    await one.set("a", "one");
    await two.get("a");
    await one.rotateKeys();
    await expect(two.get("a")).rejects.toThrow(code("VAULT_LOCKED"));
    expect(two.isLocked).toBe(true);
    await two.unlock({ key });
    expect((await two.get("a")).reveal()).toBe("one");
    await one.close();
    await two.close();
  });

  it("in the middle of a write leaves a store that opens", async () => {
    const store = memoryStore();
    const vault = await open(store);
    const writes = [vault.set("a", "one"), vault.rotateKeys(), vault.set("b", "two")];
    vault.lock();
    await Promise.allSettled(writes);
    await using again = await openVault({ store, key });
    await again.verify();
  });
});

describe("reads and writes at once", () => {
  it("of one vault never meet a state in between, even while its keys are rotated", async () => {
    await using vault = await open(memoryStore());
    await vault.set("a", "0");
    const work: Promise<unknown>[] = [];
    for (let i = 1; i <= 20; i++) work.push(vault.set("a", `${i}`), vault.get("a"), vault.rotateKeys(), vault.get("a"));
    await Promise.all(work);
    expect((await vault.get("a")).reveal()).toBe("20");
    expect(vault.isLocked).toBe(false);
  });

  it("ask the store only as often as refreshEvery says", async () => {
    const clock = manualClock();
    const store = memoryStore();
    const writer = await open(store);
    const vault = await open(store, { clock, refreshEvery: "10s" });
    await writer.set("a", "one");
    expect((await vault.get("a")).reveal()).toBe("one");
    await writer.set("a", "two");
    expect((await vault.get("a")).reveal()).toBe("one");
    await clock.advance("10s");
    expect((await vault.get("a")).reveal()).toBe("two");
    await writer.set("a", "three");
    await vault.refresh();
    expect((await vault.get("a")).reveal()).toBe("three");
    await writer.close();
    await vault.close();
  });

  it("give up as busy when other writers are always first", async () => {
    const real = memoryStore();
    const vault = await open(
      { ...real, commit: async (expected, next) => expected === undefined && real.commit(expected, next) },
      {
        busyTimeout: 0,
      },
    );
    await expect(vault.set("a", "one")).rejects.toMatchObject({ code: "VAULT_BUSY", retryable: true });
    await vault.close();
  });

  it("leave nothing half done when the store fails", async () => {
    const real = memoryStore();
    let broken = false;
    const failing: VaultStore = {
      ...real,
      commit: (expected, next) => (broken ? Promise.reject(new Error("disk full")) : real.commit(expected, next)),
    };
    const vault = await open(failing);
    await vault.set("a", "one");
    broken = true;
    await expect(vault.set("a", "two")).rejects.toThrow(code("VAULT_OUTCOME_UNKNOWN"));
    await expect(vault.rotateKeys()).rejects.toThrow(code("VAULT_OUTCOME_UNKNOWN"));
    expect((await vault.get("a")).reveal()).toBe("one");
    broken = false;
    await vault.set("a", "three");
    expect(vault.history("a").map(({ version }) => version)).toEqual([1, 2]);
    await vault.close();
  });
});

describe("telemetry and audit", () => {
  it("report every access, without a value", async () => {
    using telemetry = captureTelemetry();
    const entries: unknown[] = [];
    const audit = { record: async (entry: unknown) => void entries.push(entry) };
    const vault = await open(memoryStore(), { password: "master-password-1", audit });
    await vault.set("a", "very-secret-value");
    await vault.get("a");
    await vault.get("missing").catch(() => undefined);
    vault.list();
    await vault.close();
    await expect(vault.get("a")).rejects.toThrow();
    const names = telemetry
      .of("vault.access")
      .map(({ labels, details }) => [labels.action, labels.outcome, details?.code]);
    expect(names).toEqual([
      ["open", "ok", undefined],
      ["set", "ok", undefined],
      ["get", "ok", undefined],
      ["get", "error", "VAULT_NOT_FOUND"],
      ["list", "ok", undefined],
      ["get", "error", "VAULT_LOCKED"],
    ]);
    expect(entries).toMatchObject([
      { type: "vault.open", outcome: "success" },
      { type: "vault.set", outcome: "success", subject: "a" },
      { type: "vault.get", outcome: "success", subject: "a" },
      { type: "vault.get", outcome: "failure", subject: "missing", data: { code: "VAULT_NOT_FOUND" } },
      { type: "vault.list", outcome: "success" },
      { type: "vault.get", outcome: "failure", data: { code: "VAULT_LOCKED" } },
    ]);
    expect(telemetry.of("vault.commit")).toMatchObject([{ labels: { outcome: "ok" } }]);
    expect(telemetry.of("vault.lock")).toMatchObject([{ labels: { reason: "called" } }]);
    expect(inspect([telemetry.events, entries], { depth: 20 })).not.toMatch(/very-secret-value|master-password-1/);
  });

  it("show nothing of what is not a name: it may be a value in the wrong place", async () => {
    using telemetry = captureTelemetry();
    const entries: unknown[] = [];
    const audit = { record: async (entry: unknown) => void entries.push(entry) };
    await using vault = await open(memoryStore(), { audit });
    const value = "-----BEGIN PRIVATE KEY-----\nMIIEvQ";
    const attempts = [vault.set(value, "tls/key"), vault.get(value), vault.rollback("a", value as never)];
    for (const attempt of attempts) await expect(attempt).rejects.toThrow(TypeError);
    const errors = await Promise.all(attempts.slice(0, 2).map((one) => (one as Promise<unknown>).catch(String)));
    expect(inspect([telemetry.events, entries, errors], { depth: 20 })).not.toMatch(/PRIVATE KEY|MIIEvQ/);
    expect(entries).toHaveLength(4);
  });

  it("report every attempt to unlock and how long it took", async () => {
    const store = memoryStore();
    await (await open(store, { password: "right" })).close();
    using telemetry = captureTelemetry();
    await openVault({ store, password: "wrong" }).catch(() => undefined);
    await (await openVault({ store, password: "right" })).close();
    expect(telemetry.of("vault.unlock").map(({ labels, value }) => [labels, (value as number) > 0])).toEqual([
      [{ method: "password", outcome: "error" }, true],
      [{ method: "password", outcome: "ok" }, true],
    ]);
  });

  it("withhold a value whose release cannot be recorded", async () => {
    using telemetry = captureTelemetry();
    let works = true;
    const audit = { record: () => (works ? Promise.resolve() : Promise.reject(new Error("trail is full"))) };
    const vault = await open(memoryStore(), { audit });
    await vault.set("a", "one");
    works = false;
    await expect(vault.get("a")).rejects.toMatchObject({
      code: "VAULT_AUDIT_FAILED",
      cause: { message: "trail is full" },
    });
    expect(telemetry.of("vault.unrecorded")).toHaveLength(1);
    await expect(vault.get("missing")).rejects.toThrow(code("VAULT_NOT_FOUND"));
    expect(vault.list()).toHaveLength(1);
    await vault.close();
  });

  it("treat a sink that throws at once like one that refuses, and record failures to open, too", async () => {
    const entries: unknown[] = [];
    let works = true;
    const audit = {
      record: async (entry: unknown) => {
        entries.push(entry);
      },
    };
    const throwing = {
      record: (entry: unknown) => {
        if (!works) throw new Error("broken");
        return audit.record(entry);
      },
    };
    const store = memoryStore();
    const vault = await open(store, { audit: throwing });
    works = false;
    await expect(vault.set("a", "one")).rejects.toThrow(code("VAULT_AUDIT_FAILED"));
    expect(vault.list()).toHaveLength(1);
    await vault.close();
    using telemetry = captureTelemetry();
    await expect(open(store, { audit: throwing })).rejects.toThrow(code("VAULT_AUDIT_FAILED"));
    expect(telemetry.of("vault.lock")).toMatchObject([{ labels: { reason: "refused" } }]);
    await expect(openVault({ store, password: "wrong", audit })).rejects.toThrow(code("VAULT_UNLOCK_FAILED"));
    expect(entries.at(-1)).toMatchObject({
      type: "vault.open",
      outcome: "failure",
      data: { code: "VAULT_UNLOCK_FAILED" },
    });
  });
});

describe("the id of a vault", () => {
  it("tells it from another one with the same key and a higher epoch", async () => {
    const store = memoryStore();
    await using vault = await openVault({ store, key, create: true });
    const other = memoryStore();
    await using another = await openVault({ store: other, key, create: true });
    for (let i = 0; i < 3; i++) await another.set("a", "x");
    expect(vault.id).toMatch(/^[0-9a-f]{32}$/);
    await (await openVault({ store, key, expectedId: vault.id })).close();
    await expect(openVault({ store: other, key, expectedEpoch: 1, expectedId: vault.id })).rejects.toMatchObject({
      code: "VAULT_TAMPERED",
      context: { id: another.id, expected: vault.id },
    });
    await expect(openVault({ store: memoryStore(), key, create: true, expectedId: vault.id })).rejects.toThrow(
      code("VAULT_MISSING"),
    );
    await expect(openVault({ store, key, expectedId: "x" })).rejects.toThrow(/expectedId must be 32 hexadecimal/);
  });
});
