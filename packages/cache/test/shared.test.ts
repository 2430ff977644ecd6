import { randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { captureTelemetry } from "@seaworthy/core/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  type Cache,
  type CacheKeys,
  type CacheOptions,
  cacheCheck,
  createCache,
  structuredCodec,
  vaultKeys,
} from "../src/index.ts";
import { type MemoryTierHandle, memoryTier } from "../src/testing.ts";
import { until } from "./servers.ts";

const closing: Cache<unknown>[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((cache) => cache.close()));
});

/** A cache as of another process, once it is in step with the store. */
async function open<T = unknown>(remote: MemoryTierHandle, options: Partial<CacheOptions> = {}): Promise<Cache<T>> {
  const cache = createCache<T>({ name: "shared", ttl: "1m", remote, jitter: 0, earlyRefresh: 0, ...options });
  closing.push(cache);
  await until(() => cache.stats().remote?.state === "synced");
  return cache;
}

const tier = (options: Parameters<typeof memoryTier>[0] = {}): MemoryTierHandle =>
  memoryTier({ deadline: 2000, ...options });

describe("two processes", () => {
  test("load a key once, and the second one has the value from the store", async () => {
    const remote = tier();
    const [one, two] = [await open<number>(remote), await open<number>(remote)];
    let loads = 0;
    const load = async (): Promise<number> => {
      await turn();
      return ++loads;
    };
    const all = await Promise.all([one, two, one, two].map((cache) => cache.getOrLoad("k", load)));
    expect([all, loads]).toEqual([[1, 1, 1, 1], 1]);
    expect(one.stats().load.spared + two.stats().load.spared).toBe(1);
    expect(await (await open<number>(remote)).get("k")).toBe(1);
  });

  test("hear of writes, removals, tags and clear()", async () => {
    const remote = tier();
    const [one, two] = [await open<number>(remote), await open<number>(remote)];
    await one.set("k", 1, { tags: ["odd"] });
    expect(await two.get("k")).toBe(1);
    expect(two.stats().memory.entries).toBe(1);
    expect(await one.set("k", 2)).toBe(true);
    expect(await two.get("k")).toBe(2);
    expect(await two.delete("k")).toBe(true);
    expect(await one.get("k")).toBeUndefined();
    await one.set("a", 1, { tags: ["odd"] });
    await one.set("b", 2, { tags: ["even"] });
    expect((await two.getMany(["a", "b"])).size).toBe(2);
    await two.invalidateTag("odd");
    expect([...(await one.getMany(["a", "b"])).keys()]).toEqual(["b"]);
    await one.set("a", 3, { tags: ["odd"] });
    expect(await two.get("a")).toBe(3);
    await one.clear();
    expect((await two.getMany(["a", "b"])).size).toBe(0);
    const fresh = await open<number>(remote);
    expect((await fresh.getMany(["a", "b"])).size).toBe(0);
  });

  test("read the keys that are missing in memory by one request", async () => {
    const remote = tier();
    const [one, two] = [await open<number>(remote), await open<number>(remote)];
    for (let n = 0; n < 20; n++) await one.set(`k${n}`, n);
    await two.get("k0");
    const before = two.stats().remote?.operations ?? 0;
    expect((await two.getMany(Array.from({ length: 30 }, (_, n) => `k${n}`))).size).toBe(20);
    expect((two.stats().remote?.operations ?? 0) - before).toBe(1);
  });

  test("a write by one wins over a load of the other that began before", async () => {
    const remote = tier();
    const [one, two] = [await open<number>(remote), await open<number>(remote)];
    const { promise, resolve } = Promise.withResolvers<number>();
    const load = vi.fn(() => promise);
    const loading = one.getOrLoad("k", load);
    await until(() => load.mock.calls.length === 1);
    await two.set("k", 2);
    resolve(1);
    expect(await loading).toBe(1);
    expect(await one.get("k")).toBe(2);
    expect(await two.get("k")).toBe(2);
  });

  test("measure the age of values on the clock of the store, however wrong their own clocks are", async () => {
    const remote = tier();
    const skewed = { now: () => Date.now() + 120_000, monotonic: () => performance.now() + 9e6 };
    const [one, two] = [await open<number>(remote), await open<number>(remote, { clock: skewed })];
    await one.set("a", 1, { ttl: 60_000 });
    await two.set("b", 2, { ttl: 60_000 });
    for (const [cache, key] of [
      [two, "a"],
      [one, "b"],
    ] as const) {
      const entry = await cache.inspect(key);
      expect(entry).toMatchObject({ state: "fresh", tier: "remote" });
      expect(entry?.freshFor).toBeGreaterThan(50_000);
      expect(entry?.freshFor).toBeLessThanOrEqual(60_100);
    }
  });

  test("refresh a stale value of the store once", async () => {
    const remote = tier();
    const one = await open<number>(remote, { staleFor: "1m" });
    await one.set("k", 1, { ttl: 1 });
    await until(async () => (await one.inspect("k"))?.state === "stale");
    const two = await open<number>(remote, { staleFor: "1m" });
    let loads = 1;
    expect(await two.getOrLoad("k", () => ++loads)).toBe(1);
    await until(async () => (await two.get("k")) === 2);
    expect(loads).toBe(2);
  });
});

describe("lost messages", () => {
  test("a message that was lost drops the memory tier", async () => {
    const remote = tier();
    const [one, two] = [await open<number>(remote), await open<number>(remote)];
    await one.set("k", 1);
    await two.get("k");
    remote.fault = "deaf";
    await one.set("k", 2);
    remote.fault = "up";
    await one.set("other", 1);
    await until(() => two.stats().memory.entries === 0);
    expect(await two.get("k")).toBe(2);
  });

  test("a subscription that was cut: memory is not served until it is known that nothing was missed", async () => {
    const remote = tier();
    const [one, two] = [await open<number>(remote), await open<number>(remote)];
    await one.set("k", 1);
    expect(await two.get("k")).toBe(1);
    remote.cut();
    await until(() => two.stats().remote?.state === "synced");
    // Nothing was announced meanwhile, so memory is still right.
    const hits = two.stats().memory.hits;
    expect(await two.get("k")).toBe(1);
    expect(two.stats().memory.hits).toBe(hits + 1);
    remote.fault = "deaf";
    remote.cut();
    await one.set("k", 2);
    expect(two.stats().remote?.state).toBe("unsynced");
    expect(await two.get("k")).toBe(2);
    await one.set("t", 1, { tags: ["x"] });
    expect(await two.get("t")).toBe(1);
    await one.invalidateTag("x");
    expect(await two.get("t")).toBeUndefined();
    expect(await cacheCheck(two)()).toMatchObject({ status: "degraded", error: "CACHE_UNSYNCED" });
  });

  test("a store that lost everything is noticed by the next read, and its late values are not trusted", async () => {
    const remote = tier();
    const [one, two] = [await open<number>(remote), await open<number>(remote)];
    await one.set("k", 1);
    await two.get("k");
    const frame = remote.raw("shared", "k") ?? "";
    remote.flush();
    remote.setRaw("shared", "back", frame);
    expect(await two.get("back")).toBeUndefined();
    await until(() => two.stats().remote?.state === "synced");
    expect(await two.get("k")).toBeUndefined();
    expect(await two.get("back")).toBeUndefined();
  });
});

describe("a store that fails", () => {
  test("calls go on with memory, nothing from before is served, and changes are made up for", async () => {
    const remote = tier({ retryAfter: 1, failures: 1 });
    const [one, two] = [await open<number>(remote), await open<number>(remote)];
    for (const key of ["k", "tagged", "deleted"]) await one.set(key, 1, { tags: key === "tagged" ? ["t"] : [] });
    expect((await two.getMany(["k", "tagged", "deleted"])).size).toBe(3);
    remote.fault = "down";
    expect(await one.getOrLoad("new", () => 5)).toBe(5);
    expect(await one.getOrLoad("k", () => 6)).toBe(6);
    expect(await one.getOrLoad("k", () => 7)).toBe(6);
    expect([await one.set("k", 8), await one.delete("deleted"), await one.invalidateTag("t")]).toEqual([
      false,
      false,
      false,
    ]);
    expect(await one.get("k")).toBe(8);
    expect(await cacheCheck(one)()).toMatchObject({ status: "degraded", error: "CACHE_MEMORY_ONLY" });
    remote.fault = "up";
    await until(async () => {
      await one.get("anything");
      return one.stats().remote?.state === "synced";
    });
    await until(async () => (await two.getMany(["k", "tagged", "deleted"])).size === 0);
    expect(await cacheCheck(one)()).toMatchObject({ status: "healthy" });
  });

  test("a frozen store costs one deadline, and after three failures nothing", async () => {
    const remote = tier({ deadline: 20, retryAfter: "1h" });
    const cache = await open<number>(remote);
    remote.fault = "frozen";
    const spent = (operation: () => Promise<unknown>): Promise<number> => {
      const begun = performance.now();
      return operation().then(() => performance.now() - begun);
    };
    for (let n = 0; n < 3; n++) expect(await spent(() => cache.getOrLoad(`k${n}`, () => n))).toBeGreaterThan(15);
    expect(cache.stats().remote).toMatchObject({ state: "unavailable", timeouts: 3 });
    const operations = cache.stats().remote?.operations;
    for (let n = 0; n < 100; n++) await cache.getOrLoad(`more${n}`, () => n);
    expect(cache.stats().remote?.operations).toBe(operations);
  });

  test("a store that was never there does not matter", async () => {
    const remote = tier({ failures: 1 });
    remote.fault = "down";
    const cache = createCache<number>({ name: "alone", ttl: "1m", remote });
    closing.push(cache);
    expect(await cache.getOrLoad("k", () => 1)).toBe(1);
    expect(await cache.getOrLoad("k", () => 2)).toBe(1);
  });
});

describe("what is kept in the store", () => {
  const flawed: [string, (frame: string) => string, string][] = [
    ["foreign text", () => "hello", "foreign"],
    ["an empty string", () => "", "foreign"],
    ["another format", (frame) => frame.replace("sw1", "sw2"), "version"],
    ["a changed payload", (frame) => frame.replace("secret", "sEcret"), "corrupt"],
    ["a changed head", (frame) => frame.replace(";json;", ";jsoN;"), "corrupt"],
    ["half of it", (frame) => frame.slice(0, frame.length / 2), "corrupt"],
    ["a head alone", () => "sw1;", "corrupt"],
  ];
  test.each(flawed)("%s is a miss, is counted and deleted", async (_, change, reason) => {
    const remote = tier();
    const [one, two] = [await open<object>(remote), await open<object>(remote)];
    await one.set("k", { text: "secret" });
    remote.setRaw("shared", "k", change(remote.raw("shared", "k") ?? ""));
    using telemetry = captureTelemetry();
    expect(await two.get("k")).toBeUndefined();
    expect(two.stats().remote).toMatchObject({ discarded: 1, misses: 1 });
    expect(telemetry.of("cache.discard")).toMatchObject([{ labels: { cache: "shared", reason } }]);
    await until(() => remote.raw("shared", "k") === undefined);
    expect(await two.getOrLoad("k", () => ({ again: true }))).toEqual({ again: true });
  });

  test("another version or codec of the host is a miss", async () => {
    const remote = tier();
    const one = await open<Date>(remote, { codec: structuredCodec });
    await one.set("k", new Date(0));
    for (const options of [{ version: "2", codec: structuredCodec }, {}]) {
      const other = await open<Date>(remote, options);
      expect(await other.get("k")).toBeUndefined();
      expect(other.stats().remote?.discarded).toBe(1);
      await one.set("k", new Date(0));
    }
    expect(await (await open<Date>(remote, { codec: structuredCodec })).get("k")).toEqual(new Date(0));
  });

  test("large values are compressed, and those above the limit stay in memory", async () => {
    const remote = tier({ compressAbove: 1000, valueLimit: 5000 });
    const [one, two] = [await open<string>(remote), await open<string>(remote)];
    const long = "sea".repeat(5000);
    await one.set("k", long);
    expect(remote.raw("shared", "k")?.length).toBeLessThan(500);
    expect(await two.get("k")).toBe(long);
    await one.set("noise", randomBytes(9000).toString("base64"));
    expect(remote.raw("shared", "noise")).toBeUndefined();
    expect(one.stats().remote?.skipped).toBe(1);
    expect(await one.get("noise")).toBeTypeOf("string");
  });

  test("values are encrypted for their key, and a key that is missing is a miss", async () => {
    const known = new Map([
      ["1", randomBytes(32)],
      ["2", randomBytes(32)],
    ]);
    let current = "1";
    const keyOf = (id: string) => ({ id, bytes: known.get(id) as Uint8Array });
    const keys: CacheKeys = {
      current: async () => keyOf(current),
      find: async (id) => (known.has(id) ? keyOf(id) : undefined),
    };
    const remote = tier({ encryption: keys, compressAbove: 100 });
    const one = await open<string>(remote);
    await one.set("k", "secret".repeat(100));
    await one.set("short", "secret");
    for (const key of ["k", "short"]) expect(remote.raw("shared", key)).not.toContain("secret");
    const two = await open<string>(remote);
    expect(await two.getMany(["k", "short"])).toEqual(
      new Map([
        ["k", "secret".repeat(100)],
        ["short", "secret"],
      ]),
    );
    current = "2";
    remote.setRaw("shared", "moved", remote.raw("shared", "short") ?? "");
    expect(await two.get("moved")).toBeUndefined();
    known.delete("1");
    expect(await (await open<string>(remote)).get("k")).toBeUndefined();
    const plain = tier();
    plain.open = remote.open;
    expect(await (await open<string>(plain)).get("short")).toBeUndefined();
  });

  test("the versions of a vault's entry are keys", async () => {
    const versions = [randomBytes(32), randomBytes(32)];
    const getBytes = async (_: string, { version = 2 } = {}) => ({ reveal: () => versions[version - 1] as Uint8Array });
    const keys = vaultKeys({ getBytes, history: () => [{ version: 1 }, { version: 2 }] }, "cache-key");
    expect(await keys.current()).toEqual({ id: "2", bytes: versions[1] });
    expect(await keys.find("1")).toEqual({ id: "1", bytes: versions[0] });
    expect(await keys.find("3")).toBeUndefined();
    expect(() => vaultKeys({} as never, "x")).toThrow("vault.getBytes must be a function");
  });

  test("values that the codec cannot write stay in memory; one that it changes is reported once", async () => {
    const remote = tier();
    const cache = await open<unknown>(remote, { freeze: true });
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(await cache.getOrLoad("cyclic", () => cyclic)).toBe(cyclic);
    expect(await cache.getOrLoad("cyclic", () => 1)).toBe(cyclic);
    await cache.set("plain", { a: 1, missing: undefined, list: [{ b: undefined }] });
    expect(warning).not.toHaveBeenCalled();
    await cache.set("date", { at: new Date() });
    await cache.set("date", { at: new Date() });
    expect(warning.mock.calls.map(([, options]) => options)).toEqual([{ code: "CACHE_CODEC_CHANGES" }]);
    warning.mockRestore();
    expect(cache.stats().remote?.skipped).toBe(1);
  });
});
