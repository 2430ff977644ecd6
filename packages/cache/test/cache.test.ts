import { currentContext, runWithContext } from "@seaworthy/core";
import { captureTelemetry, type ManualClock, manualClock } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Cache,
  type CacheOptions,
  cacheCheck,
  createCache,
  jsonCodec,
  memoize,
  structuredCodec,
} from "../src/index.ts";

let clock: ManualClock;
const caches: Cache<unknown>[] = [];
const open = <T = unknown>(options: Partial<CacheOptions> = {}): Cache<T> => {
  const cache = createCache<T>({ name: "test", ttl: 1000, clock, jitter: 0, earlyRefresh: 0, ...options });
  caches.push(cache);
  return cache;
};
beforeEach(() => {
  clock = manualClock();
});
afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.close()));
});

/** A load whose end the test decides. */
function controlled<T>() {
  const calls: { resolve(value: T): void; reject(error: unknown): void; signal: AbortSignal }[] = [];
  const load = ({ signal }: { signal: AbortSignal }): Promise<T> =>
    new Promise((resolve, reject) => calls.push({ resolve, reject, signal }));
  return { load, calls };
}

describe("getOrLoad", () => {
  test("loads once for 1000 callers, and not again while the value is fresh", async () => {
    const cache = open<{ n: number }>();
    const { load, calls } = controlled<{ n: number }>();
    const all = Promise.all(Array.from({ length: 1000 }, () => cache.getOrLoad("k", load)));
    expect(calls).toHaveLength(1);
    calls[0]?.resolve({ n: 1 });
    expect(new Set(await all).size).toBe(1);
    await clock.advance(999);
    expect(await cache.getOrLoad("k", load)).toEqual({ n: 1 });
    await clock.advance(1);
    const again = cache.getOrLoad("k", load);
    expect(calls).toHaveLength(2);
    calls[1]?.resolve({ n: 2 });
    expect(await again).toEqual({ n: 2 });
    expect(cache.stats()).toMatchObject({ memory: { hits: 1 }, load: { loads: 2, shared: 999, pending: 0 } });
  });

  test("shares a failure with all 1000 callers by one load, and the next caller loads again", async () => {
    const cache = open();
    let loads = 0;
    const load = async (): Promise<never> => {
      loads++;
      await Promise.resolve();
      throw new Error("source is down");
    };
    const all = await Promise.allSettled(Array.from({ length: 1000 }, () => cache.getOrLoad("k", load)));
    expect(all.every((one) => one.status === "rejected" && String(one.reason).includes("source is down"))).toBe(true);
    expect(loads).toBe(1);
    await expect(cache.getOrLoad("k", load)).rejects.toThrow("source is down");
    expect(loads).toBe(2);
    expect(cache.stats().load).toMatchObject({ errors: 2, pending: 0 });
  });

  test("tells null, absent and never loaded apart", async () => {
    const cache = open<string | null>({ negativeTtl: 100 });
    expect(await cache.getOrLoad<string | null>("null", async () => null)).toBeNull();
    expect(await cache.get("null")).toBeNull();
    const missing = vi.fn(async () => undefined);
    expect(await cache.getOrLoad("absent", missing)).toBeUndefined();
    expect(await cache.getOrLoad("absent", missing)).toBeUndefined();
    expect(missing).toHaveBeenCalledTimes(1);
    expect(await cache.inspect("absent")).toMatchObject({ state: "fresh", value: undefined, freshFor: 100 });
    expect(await cache.inspect("never")).toBeUndefined();
    await clock.advance(100);
    await cache.getOrLoad("absent", missing);
    expect(missing).toHaveBeenCalledTimes(2);
    const unremembered = open({ name: "plain" });
    await unremembered.getOrLoad("absent", missing);
    await unremembered.getOrLoad("absent", missing);
    expect(missing).toHaveBeenCalledTimes(4);
  });

  test("serves a stale value and loads in the background, one load at a time, and pauses after a failure", async () => {
    const cache = open<number>({ staleFor: 5000 });
    await cache.set("k", 1);
    await clock.advance(1000);
    const { load, calls } = controlled<number>();
    expect(await cache.getOrLoad("k", load)).toBe(1);
    expect(await cache.getOrLoad("k", load)).toBe(1);
    expect(calls).toHaveLength(1);
    calls[0]?.reject(new Error("down"));
    await clock.advance(10);
    expect(await cache.getOrLoad("k", load)).toBe(1);
    expect(calls).toHaveLength(1);
    await clock.advance(1000);
    expect(await cache.getOrLoad("k", load)).toBe(1);
    calls[1]?.resolve(2);
    await clock.advance(0);
    expect(await cache.getOrLoad("k", load)).toBe(2);
    expect(await cache.get("k")).toBe(2);
    await clock.advance(6000);
    const waiting = cache.getOrLoad("k", load);
    calls[2]?.resolve(3);
    expect(await waiting).toBe(3);
  });

  test("serves the last value if the load fails, for as long as staleIfError admits", async () => {
    const cache = open<number>({ staleIfError: 10_000 });
    await cache.set("k", 1);
    await clock.advance(5000);
    const failing = vi.fn(async (): Promise<number> => {
      throw new Error("down");
    });
    expect(await cache.getOrLoad("k", failing)).toBe(1);
    expect(await cache.getOrLoad("k", failing)).toBe(1);
    expect(failing).toHaveBeenCalledTimes(1);
    expect(await cache.get("k")).toBeUndefined();
    await clock.advance(6000);
    await expect(cache.getOrLoad("k", failing)).rejects.toThrow("down");
  });

  test("gives up at the hard timeout and aborts the load; at the soft one it serves the stale value", async () => {
    const cache = open<number>({ staleIfError: "1h", loadTimeout: { soft: 50, hard: 500 } });
    const { load, calls } = controlled<number>();
    const first = cache.getOrLoad("k", load);
    const failed = expect(first).rejects.toMatchObject({ code: "CACHE_LOAD_TIMEOUT", status: 504 });
    await clock.advance(500);
    await failed;
    expect(calls[0]?.signal.aborted).toBe(true);
    await cache.set("k", 1);
    await clock.advance(1000);
    const soft = cache.getOrLoad("k", load);
    await clock.advance(50);
    expect(await soft).toBe(1);
    calls[1]?.resolve(2);
    await clock.advance(0);
    expect(await cache.get("k")).toBe(2);
    expect(cache.stats().load.timeouts).toBe(1);
  });

  test("one caller that leaves does not end the load, and the load does not see the caller's deadline", async () => {
    const cache = open<number>();
    const { load, calls } = controlled<number>();
    const leaving = new AbortController();
    let seen: unknown;
    const first = runWithContext({ correlationId: "r-1", deadline: 0, signal: leaving.signal }, () =>
      cache.getOrLoad(
        "k",
        (context) => {
          seen = { ...currentContext() };
          return load(context);
        },
        { signal: leaving.signal },
      ),
    );
    const second = cache.getOrLoad("k", load);
    leaving.abort(new Error("gone"));
    await expect(first).rejects.toThrow("gone");
    calls[0]?.resolve(7);
    expect(await second).toBe(7);
    expect(seen).toEqual({ correlationId: "r-1" });
  });

  test("a write or a removal during a load wins over the load", async () => {
    const cache = open<number>();
    const { load, calls } = controlled<number>();
    const old = cache.getOrLoad("k", load);
    await cache.set("k", 2);
    expect(await cache.getOrLoad("k", load)).toBe(2);
    calls[0]?.resolve(1);
    expect(await old).toBe(1);
    expect(await cache.get("k")).toBe(2);
    await cache.delete("k");
    const other = cache.getOrLoad("k", load);
    await cache.delete("k");
    const after = cache.getOrLoad("k", load);
    expect(calls).toHaveLength(3);
    calls[1]?.resolve(3);
    calls[2]?.resolve(4);
    expect([await other, await after]).toEqual([3, 4]);
    expect(await cache.get("k")).toBe(4);
  });

  test("an invalidation during a load keeps its value out, also if the tags come from the value", async () => {
    const cache = open<{ team: string }>();
    for (const tags of [["a"], (value: { team: string }) => [value.team]]) {
      const { load, calls } = controlled<{ team: string }>();
      const loading = cache.getOrLoad("k", load, { tags });
      await cache.invalidateTag("a");
      const after = cache.getOrLoad("k", load, { tags });
      expect(calls).toHaveLength(2);
      calls[0]?.resolve({ team: "a" });
      await loading;
      expect(await cache.get("k")).toBeUndefined();
      calls[1]?.resolve({ team: "a" });
      expect(await after).toEqual({ team: "a" });
      expect(await cache.get("k")).toEqual({ team: "a" });
      await cache.invalidateTag("b");
      expect(await cache.get("k")).toEqual({ team: "a" });
      await cache.clear();
    }
  });

  test("a ttl may depend on the value, and a value with ttl 0 is not kept", async () => {
    const cache = open<{ expiresIn: number }>();
    const ttl = ({ expiresIn }: { expiresIn: number }): number => expiresIn;
    await cache.getOrLoad("long", () => ({ expiresIn: 5000 }), { ttl });
    await cache.getOrLoad("none", () => ({ expiresIn: 0 }), { ttl });
    expect((await cache.inspect("long"))?.freshFor).toBe(5000);
    expect(await cache.get("none")).toBeUndefined();
    await expect(cache.getOrLoad("odd", () => ({ expiresIn: -1 }), { ttl })).rejects.toThrow("ttl must be");
  });

  test("`fresh` loads although there is a value, and replaces it", async () => {
    const cache = open<number>();
    await cache.set("k", 1);
    expect(await cache.getOrLoad("k", () => 2, { fresh: true })).toBe(2);
    expect(await cache.get("k")).toBe(2);
  });

  test("refreshes early by chance, more likely the closer the end is", async () => {
    let draw = 1;
    const cache = open<number>({ earlyRefresh: 1, random: () => draw, ttl: 10_000 });
    const slow = controlled<number>();
    const first = cache.getOrLoad("k", slow.load);
    await clock.advance(100);
    slow.calls[0]?.resolve(1);
    await first;
    await clock.advance(9950);
    expect(await cache.getOrLoad("k", slow.load)).toBe(1);
    expect(slow.calls).toHaveLength(1);
    draw = Math.exp(-1);
    expect(await cache.getOrLoad("k", slow.load)).toBe(1);
    expect(slow.calls).toHaveLength(2);
    slow.calls[1]?.resolve(2);
    await clock.advance(0);
    expect(await cache.getOrLoad("k", slow.load)).toBe(2);
  });

  test("shortens each ttl by up to the jitter", async () => {
    const draws = [0, 0.5, 1];
    const cache = open<number>({ jitter: 0.1, random: () => draws.shift() ?? 0 });
    const left: number[] = [];
    for (const key of ["a", "b", "c"]) {
      await cache.set(key, 1);
      left.push((await cache.inspect(key))?.freshFor ?? 0);
    }
    expect(left).toEqual([1000, 950, 900]);
  });
});

describe("the memory tier", () => {
  test("is bounded by entries and by bytes, and drops what was used least recently", async () => {
    const few = open({ memory: { entries: 2 } });
    for (const key of ["a", "b"]) await few.set(key, key);
    await few.get("a");
    await few.set("c", "c");
    expect(await few.getMany(["a", "b", "c"])).toEqual(
      new Map([
        ["a", "a"],
        ["c", "c"],
      ]),
    );
    const small = open({ memory: { bytes: 10_000 } });
    for (let n = 0; n < 100; n++) await small.set(`k${n}`, "x".repeat(500));
    expect(small.stats().memory.bytes).toBeLessThanOrEqual(10_000);
    expect(small.stats().memory.entries).toBeGreaterThan(5);
    await small.set("huge", "x".repeat(50_000));
    expect(await small.get("huge")).toBeUndefined();
  });

  test("does not notice that the wall clock jumps", async () => {
    const cache = open();
    await cache.set("k", 1);
    clock.jumpTo(clock.now() + 86_400_000);
    expect(await cache.get("k")).toBe(1);
    clock.jumpTo(0);
    expect(await cache.get("k")).toBe(1);
    await clock.advance(1000);
    expect(await cache.get("k")).toBeUndefined();
  });

  test("freezes shared values, and leaves class instances and cycles alone", async () => {
    class Money {
      amount = 1;
    }
    const cache = open<Record<string, unknown>>({ freeze: true });
    const cyclic: Record<string, unknown> = { list: [{ deep: true }], money: new Money(), bytes: new Uint8Array(2) };
    cyclic.self = cyclic;
    const value = await cache.getOrLoad("k", () => cyclic);
    expect(() => Object.assign((value.list as object[])[0] as object, { deep: false })).toThrow(TypeError);
    expect(Object.isFrozen(value)).toBe(true);
    (value.money as Money).amount = 2;
    expect(await cache.get("k")).toHaveProperty("money.amount", 2);
    const thawed = open<{ n: number }>({ freeze: false });
    const shared = await thawed.getOrLoad("k", () => ({ n: 1 }));
    shared.n = 2;
    expect(await thawed.get("k")).toEqual({ n: 2 });
  });

  test("gives each caller a clone with `clone`, and refuses what cannot be cloned", async () => {
    const cache = open<{ list: number[] }>({ clone: true });
    const own = { list: [1] };
    await cache.set("k", own);
    own.list.push(2);
    const [one, two] = [await cache.get("k"), await cache.getOrLoad("k", () => own)];
    one?.list.push(3);
    expect([one, two]).toEqual([{ list: [1, 3] }, { list: [1] }]);
    const odd = open<() => void>({ clone: true });
    await expect(odd.getOrLoad("k", () => () => undefined)).rejects.toMatchObject({ code: "CACHE_VALUE_INVALID" });
  });

  test("can be left out: calls at the same time still share one load", async () => {
    const cache = open<number>({ memory: false });
    const { load, calls } = controlled<number>();
    const both = Promise.all([cache.getOrLoad("k", load), cache.getOrLoad("k", load)]);
    calls[0]?.resolve(1);
    expect(await both).toEqual([1, 1]);
    expect(await cache.get("k")).toBeUndefined();
  });
});

describe("many keys", () => {
  test("one load gets the keys that are missing, and joins loads that are under way", async () => {
    const cache = open<string>();
    await cache.set("a", "A");
    const single = controlled<string>();
    const b = cache.getOrLoad("b", single.load);
    const load = vi.fn(
      async (keys: readonly string[]) => new Map(keys.filter((k) => k !== "d").map((k) => [k, k.toUpperCase()])),
    );
    const many = cache.loadMany(["a", "b", "c", "d", "c"], load);
    await clock.advance(0);
    single.calls[0]?.resolve("B from its own load");
    expect([...(await many)]).toEqual([
      ["a", "A"],
      ["b", "B from its own load"],
      ["c", "C"],
    ]);
    expect(load).toHaveBeenCalledTimes(1);
    expect(load.mock.calls[0]?.[0]).toEqual(["c", "d"]);
    expect(await b).toBe("B from its own load");
    expect(await cache.getMany(["c", "d"])).toEqual(new Map([["c", "C"]]));
  });

  test("an object will do, a failure is shared, and stale values stand in", async () => {
    const cache = open<number>({ staleIfError: 5000 });
    expect(await cache.loadMany(["__proto__", "b"], async () => ({ b: 2 }))).toEqual(new Map([["b", 2]]));
    await clock.advance(1000);
    const failing = async (): Promise<never> => {
      throw new Error("down");
    };
    expect(await cache.loadMany(["b"], failing)).toEqual(new Map([["b", 2]]));
    const [one, two] = await Promise.allSettled([cache.loadMany(["x"], failing), cache.getOrLoad("x", failing)]);
    expect([one.status, two.status]).toEqual(["rejected", "rejected"]);
    await expect(cache.loadMany(["x"], async () => [] as never)).rejects.toThrow("load must return a Map");
    expect(await cache.loadMany([], failing)).toEqual(new Map());
  });
});

describe("memoize", () => {
  test("keeps results by their arguments, forgets them, and needs a key for objects", async () => {
    let calls = 0;
    const sum = memoize(async (a: number | undefined | null, b: string) => `${a}${b}${++calls}`, {
      name: "sum",
      ttl: 1000,
      clock,
    });
    expect([await sum(1, "x"), await sum(1, "x"), await sum(undefined, "x"), await sum(null, "x")]).toEqual([
      ...["1x1", "1x1", "undefinedx2", "nullx3"],
    ]);
    await sum.forget(1, "x");
    expect(await sum(1, "x")).toBe("1x4");
    const byId = memoize(async (user: { id: string }) => user.id, { name: "m", ttl: 1000, clock, key: ({ id }) => id });
    expect(await byId({ id: "u-1" })).toBe("u-1");
    const odd = memoize(async (value: object) => value, { name: "m", ttl: 1000, clock });
    await expect(odd({})).rejects.toThrow("memoize needs the option key");
    await Promise.all([sum.cache.close(), byId.cache.close(), odd.cache.close()]);
  });
});

describe("the rest of a cache", () => {
  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["an empty string", ""],
    ["a number", 1],
    ["an object", {}],
    ["a string of 513 characters", "x".repeat(513)],
    ["a lone surrogate", "\ud800"],
  ])("refuses %s as a key", async (_, key) => {
    const cache = open();
    const load = async (): Promise<number> => 1;
    for (const call of [
      () => cache.get(key as string),
      () => cache.getOrLoad(key as string, load),
      () => cache.set(key as string, 1),
      () => cache.delete(key as string),
      () => cache.getMany([key as string]),
      () => cache.loadMany([key as string], async () => ({})),
      () => cache.inspect(key as string),
    ])
      await expect(call()).rejects.toThrow(TypeError);
  });

  test("refuses options that are malformed, and names them", async () => {
    const cases: [Record<string, unknown>, string][] = [
      [{ name: "" }, "name must be"],
      [{ name: "a b" }, "name must be"],
      [{ ttl: undefined }, "ttl must be a duration"],
      [{ ttl: 0 }, "ttl must be more than 0"],
      [{ ttl: "366d" }, "ttl must be at most 365 days"],
      [{ ttl: Number.NaN }, "ttl must be"],
      [{ staleFor: -1 }, "staleFor must be"],
      [{ jitter: 0.6 }, "jitter must be"],
      [{ earlyRefresh: Number.NaN }, "earlyRefresh must be"],
      [{ memory: { entries: 0 } }, "memory.entries must be"],
      [{ memory: { size: 1 } }, 'memory has no option "size"'],
      [{ memory: null }, "memory: options must be an object"],
      [{ codec: {} }, "codec.id must be"],
      [{ remote: {} }, "remote.open must be a function"],
      [{ loadTimeout: { soft: 10, hard: 5 } }, "loadTimeout.soft must not be longer"],
      [{ clone: 1 }, "clone must be a boolean"],
      [{ gracePeriod: 1 }, 'createCache has no option "gracePeriod"'],
    ];
    for (const [options, message] of cases)
      expect(() => createCache({ name: "x", ttl: 1, ...options } as never), message).toThrow(message);
    const cache = open();
    await expect(cache.getOrLoad("k", 1 as never)).rejects.toThrow("load must be a function");
    await expect(cache.getOrLoad("k", () => 1, { tags: "t" } as never)).rejects.toThrow("tags must be an array");
    await expect(cache.getOrLoad("k", () => 1, { grace: 1 } as never)).rejects.toThrow('no option "grace"');
    await expect(cache.set("k", undefined as never)).rejects.toThrow("value must not be undefined");
    await expect(cache.set("k", Promise.resolve(1) as never)).rejects.toThrow("value must not be a promise");
    await expect(cache.invalidateTag("")).rejects.toThrow("tag must be a string");
  });

  test("after close() every call rejects, and loads that are under way are aborted", async () => {
    const cache = open<number>();
    await cache.set("k", 1);
    const { load, calls } = controlled<number>();
    const loading = cache.getOrLoad("other", load);
    const rejected = expect(loading).rejects.toMatchObject({ code: "CACHE_CLOSED" });
    await cache.close();
    await rejected;
    expect(calls[0]?.signal.aborted).toBe(true);
    for (const call of [() => cache.get("k"), () => cache.set("k", 1), () => cache.clear(), () => cache.getMany(["k"])])
      await expect(call()).rejects.toMatchObject({ code: "CACHE_CLOSED" });
    await cache.close();
  });

  test("emits lookups and loads, and never a key", async () => {
    using telemetry = captureTelemetry();
    const cache = open<number>();
    await cache.getOrLoad("secret-key", () => 1);
    await cache.getOrLoad("secret-key", () => 1);
    await cache.invalidateTag("secret-tag");
    expect(telemetry.of("cache.lookup").map(({ labels }) => labels)).toEqual([
      { cache: "test", outcome: "miss", tier: "memory" },
      { cache: "test", outcome: "hit", tier: "memory" },
    ]);
    expect(telemetry.of("cache.load")).toMatchObject([{ labels: { cache: "test", outcome: "ok" } }]);
    expect(JSON.stringify(telemetry.events)).not.toContain("secret-");
  });

  test("a cache without a remote tier is healthy, and codecs keep what they say", async () => {
    expect(await cacheCheck(open())()).toMatchObject({ status: "healthy", data: { memory: { entries: 0 } } });
    expect(() => cacheCheck({} as never)).toThrow("cache must be a cache");
    const value = { at: new Date(0), tags: new Map([["a", new Set([1n])]]), bytes: Uint8Array.of(1, 2) };
    expect(structuredCodec.decode(structuredCodec.encode(value))).toEqual(value);
    expect(() => structuredCodec.decode("text")).toThrow("structured values are bytes");
    expect(() => jsonCodec.encode(() => 1)).toThrow("JSON has no form of function");
  });
});
