import { deepEqual, equal, ok } from "node:assert/strict";
import { type ConformanceCase, conformanceCases } from "@seaworthy/core/conformance";
import type { CacheStore, HeardAnnouncement } from "./store.ts";

/** An empty place for the values of one cache, which is removed after the case. */
export interface CacheStoreConformancePlace {
  /** Opens a store on this place. Stores that are opened on one place share everything. */
  open(): CacheStore;
  /** Waits so long that what has a time to live of `milliseconds` is over. */
  pass(milliseconds: number): Promise<void>;
  close?(): Promise<void>;
}

/**
 * The suite that every store of a remote tier passes, for any test runner.
 *
 * @param createPlace - makes a new, empty place for each case
 * @example
 * ```ts
 * import { cacheStoreConformance } from "@seaworthy/cache/conformance";
 * import { memoryTier } from "@seaworthy/cache/testing";
 * import { manualClock } from "@seaworthy/core/testing";
 * const createPlace = () => {
 *   const clock = manualClock();
 *   const tier = memoryTier({ clock });
 *   return { open: () => tier.open("suite"), pass: (time: number) => clock.advance(time) };
 * };
 * for (const { run } of cacheStoreConformance(createPlace)) await run(); // it(title, run)
 * ```
 */
export function cacheStoreConformance(
  createPlace: () => CacheStoreConformancePlace | Promise<CacheStoreConformancePlace>,
): readonly ConformanceCase[] {
  return conformanceCases(CASES, async () => createPlace());
}

type Check = (place: CacheStoreConformancePlace) => Promise<void>;

const MINUTE = 60_000;

const CASES: Readonly<Record<string, Check>> = {
  "values are read as they were written, and a key that is missing is undefined": async ({ open }) => {
    const store = open();
    const values = ["", "plain", 'ünïcödé 漢字 \u2028 \\ " 🚢', "a\r\nb\0c"];
    const keys = ["a", "b b", "c:{d}e%f", "漢字"];
    for (const [index, key] of keys.entries()) await store.write(key, { value: values[index] ?? "", ttl: MINUTE });
    deepEqual((await open().read([...keys, "none"])).values, [...values, undefined]);
    deepEqual((await store.read([])).values, []);
  },
  "braces and percent signs in keys do not make two keys one": async ({ open }) => {
    const store = open();
    const keys = ["{", "}", "%7b", "%", "{}", "}{", "a}b", "a{b"];
    for (const key of keys) await store.write(key, { value: key, ttl: MINUTE });
    deepEqual((await store.read(keys)).values, keys);
  },
  "a value ends with its time to live": async ({ open, pass }) => {
    const store = open();
    await store.write("short", { value: "v", ttl: 200 });
    await store.write("long", { value: "v", ttl: MINUTE });
    await pass(200);
    deepEqual((await store.read(["short", "long"])).values, [undefined, "v"]);
  },
  "one caller at a time has the lease of a key": async ({ open }) => {
    const [one, two] = [open(), open()];
    const claims = await Promise.all(
      [one, two, one, two].map((store, n) => store.claim("k", { token: `t${n}`, ttl: MINUTE })),
    );
    equal(claims.filter(({ granted }) => granted).length, 1);
    ok((await two.claim("other", { token: "x", ttl: MINUTE })).granted);
  },
  "a lease that is not renewed ends, and one that is renewed does not": async ({ open, pass }) => {
    const store = open();
    await store.claim("dead", { token: "a", ttl: 200 });
    await store.claim("alive", { token: "a", ttl: 200 });
    ok(await store.renew("alive", "a", MINUTE));
    await pass(200);
    ok((await store.claim("dead", { token: "b", ttl: MINUTE })).granted);
    equal((await store.claim("alive", { token: "b", ttl: MINUTE })).granted, false);
    equal(await store.renew("dead", "a", MINUTE), false);
  },
  "the holder of a lease writes the value and ends the lease": async ({ open }) => {
    const store = open();
    await store.claim("k", { token: "a", ttl: MINUTE });
    equal(await store.fill("k", "b", { value: "wrong", ttl: MINUTE }), false);
    equal(await store.fill("k", "a", { value: "right", ttl: MINUTE }), true);
    equal(await store.fill("k", "a", { value: "again", ttl: MINUTE }), false);
    deepEqual((await store.read(["k"])).values, ["right"]);
  },
  "a claim finds a value that appeared meanwhile, unless the caller has seen it": async ({ open }) => {
    const store = open();
    await store.write("k", { value: "old value", ttl: MINUTE });
    deepEqual(await store.claim("k", { token: "a", ttl: MINUTE }), { granted: false, value: "old value" });
    deepEqual((await store.claim("k", { token: "a", ttl: MINUTE, seen: "new" })).value, "old value");
    ok((await store.claim("k", { token: "a", ttl: MINUTE, seen: "old" })).granted);
    await store.release("k", "b");
    equal((await store.claim("k", { token: "c", ttl: MINUTE, seen: "old" })).granted, false);
    await store.release("k", "a");
    ok((await store.claim("k", { token: "c", ttl: MINUTE, seen: "old" })).granted);
  },
  "a write and a removal win over a load that is under way": async ({ open }) => {
    const store = open();
    for (const key of ["written", "removed"]) await store.claim(key, { token: "a", ttl: MINUTE });
    await open().write("written", { value: "new", ttl: MINUTE });
    await open().remove(["removed", "missing"]);
    for (const key of ["written", "removed"]) equal(await store.fill(key, "a", { value: "old", ttl: MINUTE }), false);
    deepEqual((await store.read(["written", "removed"])).values, ["new", undefined]);
  },
  "a state that was just made invalidates everything, and stays": async ({ open }) => {
    const store = open();
    equal((await store.read([])).position, undefined);
    const first = await store.sync(0);
    equal(first.floor, first.position);
    equal((await store.read([])).position, first.position);
    const second = await open().sync(0);
    deepEqual([second.position, second.floor], [first.position, first.floor]);
    ok(second.now >= first.now);
  },
  "positions grow, and a state that is older than what a caller knows is made anew": async ({ open }) => {
    const store = open();
    const { position } = await store.sync(0);
    const next = await store.announce("p", { kind: "keys", names: ["k"] });
    ok(next > position);
    equal((await store.read([])).position, next);
    const later = await store.sync(next + 10);
    ok(later.position > next);
    equal(later.floor, later.position);
  },
  "invalidated tags are in the state, with their last position": async ({ open }) => {
    const store = open();
    const { position } = await store.sync(0);
    await store.announce("p", { kind: "tags", names: ["a", "*"] });
    const middle = await store.announce("p", { kind: "tags", names: ["b"] });
    const last = await store.announce("p", { kind: "tags", names: ["a"] });
    const state = await open().sync(0);
    deepEqual([state.tags.get("a"), state.tags.get("b"), state.floor], [last, middle, position]);
    deepEqual([...(await store.sync(middle)).tags], [["a", last]]);
    const all = await store.announce("p", { kind: "all", names: [] });
    equal((await store.sync(0)).floor, all);
  },
  "announcements reach all subscribers in their order, with the position before": async ({ open }) => {
    const [one, two] = [open(), open()];
    const { position } = await one.sync(0);
    const listeners = [listen(one), listen(two)];
    await Promise.all(listeners.map(({ active }) => active));
    const names = ['a "b" c', "漢 字\n"];
    const positions = [
      await one.announce("p-1", { kind: "keys", names }),
      await two.announce("p-2", { kind: "tags", names: ["t"] }),
      await one.announce("p-1", { kind: "all", names: [] }),
    ];
    for (const { heard, subscription } of listeners) {
      for (let turn = 0; heard.length < 3 && turn < 2000; turn++)
        await new Promise((resolve) => setTimeout(resolve, 5));
      deepEqual(heard, [
        { kind: "keys", names, position: positions[0], previous: position, sender: "p-1" },
        { kind: "tags", names: ["t"], position: positions[1], previous: positions[0], sender: "p-2" },
        { kind: "all", names: [], position: positions[2], previous: positions[1], sender: "p-1" },
      ]);
      await subscription.close();
    }
  },
};

function listen(store: CacheStore) {
  const heard: HeardAnnouncement[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const subscription = store.subscribe({
    onAnnouncement: (announcement) => void heard.push(announcement),
    onChange: (active) => {
      if (active) resolve();
    },
  });
  return { heard, subscription, active: promise };
}
