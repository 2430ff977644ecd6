import { deepEqual, equal, ok } from "node:assert/strict";
import { type ConformanceCase, type ConformancePlace, conformanceCases } from "@seaworthy/core/conformance";
import type { LeaseCall, LimitAnswer, LimitCall, LimitStore, LimitWindow } from "./stores/store.ts";

/** An empty store, and the passing of its time. */
export interface LimitConformancePlace extends ConformancePlace {
  readonly store: LimitStore;
  /** Lets time pass for the store, in milliseconds; up to 1200 per case. */
  pass(milliseconds: number): Promise<void>;
}

/**
 * The suite that every store of limits passes, for any test runner.
 *
 * @param createPlace - makes a new, empty store for each case
 * @example
 * ```ts
 * import { manualClock } from "@seaworthy/core/testing";
 * import { memoryLimitStore } from "@seaworthy/ratelimit";
 * import { limitStoreConformance } from "@seaworthy/ratelimit/conformance";
 * const clock = manualClock();
 * const place = async () => ({ store: memoryLimitStore({ clock }), pass: (ms: number) => clock.advance(ms) });
 * for (const { run } of limitStoreConformance(place)) await run(); // it(title, run)
 * ```
 */
export function limitStoreConformance(createPlace: () => Promise<LimitConformancePlace>): readonly ConformanceCase[] {
  return conformanceCases(CASES, createPlace);
}

const MINUTE = 60_000;
const logOf = (limit: number, window = MINUTE): LimitWindow => ({ algorithm: "log", limit, window, burst: limit });
const drainOf = (limit: number, window = MINUTE, burst = limit): LimitWindow => ({
  algorithm: "gcra",
  limit,
  window,
  burst,
});
const FIVE = [logOf(5)];

type Given = Partial<Omit<LimitCall, "windows">>;
const through =
  (store: LimitStore, windows: readonly LimitWindow[]) =>
  async (action: LimitCall["action"], amount = 1, given: Given = {}): Promise<LimitAnswer> =>
    store.apply({ limiter: "suite", key: "k", windows, action, amount, ...given });
const usedIn = ({ windows }: LimitAnswer): number[] => windows.map(({ used }) => used);
/** The time of a real server passes during a case. */
const upTo = (actual: number | undefined, most: number, what: string): void =>
  ok(actual !== undefined && actual > most / 2 && actual <= most, `${what} must be about ${most}; got ${actual}`);

type Check = (place: LimitConformancePlace) => Promise<void>;

const CASES: Readonly<Record<string, Check>> = {
  "a log admits as much as its limit, and says when there is room again": async ({ store }) => {
    const call = through(store, FIVE);
    for (let n = 1; n <= 5; n++) {
      const { allowed, windows } = await call("consume");
      equal(allowed, true);
      equal(windows[0]?.used, n);
      equal(windows[0]?.retryAfter, 0);
      upTo(windows[0]?.resetAfter, MINUTE, "resetAfter");
    }
    const refused = await call("consume");
    equal(refused.allowed, false);
    deepEqual(usedIn(refused), [5]);
    upTo(refused.windows[0]?.retryAfter, MINUTE, "retryAfter");
  },
  "a log has room again when a call is older than the window, and not before": async ({ store, pass }) => {
    const call = through(store, [logOf(2, 1000)]);
    await call("consume");
    await call("consume");
    const refused = await call("consume");
    equal(refused.allowed, false);
    await pass(Math.ceil(refused.windows[0]?.retryAfter ?? 0) + 1);
    equal((await call("consume")).allowed, true);
  },
  "a drained window admits its burst at once, and then its rate": async ({ store, pass }) => {
    const call = through(store, [drainOf(1, 1000, 2)]);
    equal((await call("consume")).allowed, true);
    equal((await call("consume")).allowed, true);
    const refused = await call("consume");
    equal(refused.allowed, false);
    const wait = refused.windows[0]?.retryAfter ?? 0;
    upTo(wait, 1000, "retryAfter");
    await pass(Math.ceil(wait) + 1);
    equal((await call("consume")).allowed, true);
  },
  "a cost takes as much from the window, and one that never fits is refused for ever": async ({ store }) => {
    for (const windows of [FIVE, [drainOf(5)]]) {
      const call = through(store, windows);
      const key = windows[0]?.algorithm ?? "";
      deepEqual(usedIn(await call("consume", 3, { key })), [3]);
      equal((await call("consume", 3, { key })).allowed, false);
      equal((await call("consume", 2, { key })).allowed, true);
      equal((await call("consume", 6, { key })).windows[0]?.retryAfter, Number.POSITIVE_INFINITY);
    }
  },
  "several windows give their cost together or not at all": async ({ store }) => {
    const call = through(store, [drainOf(3, 1000), logOf(5, MINUTE), logOf(7, 2 * MINUTE)]);
    await call("consume", 3);
    const refused = await call("consume", 3);
    equal(refused.allowed, false);
    deepEqual(usedIn(refused).slice(1), [3, 3]);
    deepEqual(
      refused.windows.map(({ retryAfter }) => retryAfter > 0),
      [true, true, false],
    );
  },
  "a look takes nothing, and answers as the call would": async ({ store }) => {
    const call = through(store, FIVE);
    equal((await call("peek", 5)).allowed, true);
    deepEqual(usedIn(await call("peek")), [0]);
    await call("consume", 4);
    equal((await call("peek", 2)).allowed, false);
    equal((await call("peek", 1)).allowed, true);
  },
  "an addition goes beyond the limit, and what is given back can be consumed again": async ({ store }) => {
    for (const windows of [FIVE, [drainOf(5)]]) {
      const call = through(store, windows);
      const key = windows[0]?.algorithm ?? "";
      deepEqual(usedIn(await call("add", 7, { key })), [7]);
      equal((await call("consume", 1, { key })).allowed, false);
      equal((await call("add", -3, { key })).allowed, true);
      deepEqual(usedIn(await call("consume", 1, { key })), [5]);
      await call("add", -100, { key });
      deepEqual(usedIn(await call("peek", 1, { key })), [0]);
    }
  },
  "additions without measure are answered with numbers that are exact": async ({ store }) => {
    for (const windows of [[logOf(1)], [drainOf(1, 400 * 1440 * MINUTE)]]) {
      const call = through(store, windows);
      const key = windows[0]?.algorithm ?? "";
      for (let n = 0; n < 3; n++) {
        const { allowed, windows: usage } = await call("add", 1_000_000_000, { key });
        equal(allowed, false);
        const { retryAfter = 0, resetAfter = 0 } = usage[0] ?? {};
        ok(
          retryAfter > 0 && retryAfter <= 1e12 && resetAfter <= 1e12,
          `retryAfter ${retryAfter}, resetAfter ${resetAfter}`,
        );
      }
      await call("reset", 0, { key });
      equal((await call("consume", 1, { key })).allowed, true);
    }
  },
  "a block refuses everything until it is over, and a shorter one does not end it": async ({ store, pass }) => {
    const call = through(store, FIVE);
    await call("block", 1000);
    await call("block", 1);
    const refused = await call("consume");
    equal(refused.allowed, false);
    upTo(refused.blockedFor, 1000, "blockedFor");
    deepEqual(usedIn(refused), [0]);
    await pass(refused.blockedFor + 1);
    equal((await call("consume")).allowed, true);
    await call("block", MINUTE);
    await call("block", 0);
    equal((await call("consume")).allowed, true);
  },
  "a reset forgets the usage and the block": async ({ store }) => {
    for (const windows of [FIVE, [drainOf(5)]]) {
      const call = through(store, windows);
      const key = windows[0]?.algorithm ?? "";
      await call("add", 9, { key });
      await call("block", MINUTE, { key });
      await call("reset", 0, { key });
      deepEqual(await call("peek", 5, { key }).then(({ allowed, blockedFor }) => ({ allowed, blockedFor })), {
        allowed: true,
        blockedFor: 0,
      });
    }
  },
  "what is owed is taken first, beyond the limit too": async ({ store }) => {
    const call = through(store, FIVE);
    deepEqual(usedIn(await call("consume", 1, { owed: 3 })), [4]);
    const refused = await call("consume", 1, { owed: 4 });
    equal(refused.allowed, false);
    deepEqual(usedIn(refused), [8]);
    deepEqual(usedIn(await call("consume", 1, { owed: -6 })), [3]);
  },
  "keys and limiters do not meet, whatever the key is": async ({ store }) => {
    const keys = ["a", "A", " a", "a\n", "ä", "\u0000", "\ud800", "a".repeat(100_000), "{a}", "limiter:a", "__proto__"];
    const call = through(store, FIVE);
    for (const key of keys) deepEqual(usedIn(await call("consume", 1, { key })), [1], JSON.stringify(key.slice(0, 20)));
    deepEqual(usedIn(await call("consume", 1, { key: "a", limiter: "other" })), [1]);
    deepEqual(usedIn(await call("consume", 1, { key: "a".repeat(100_000) })), [2]);
  },
  "of 50 calls at the same time, exactly as many are admitted as the limit says": async ({ store }) => {
    for (const windows of [FIVE, [drainOf(5)], [logOf(5), logOf(20, 2 * MINUTE)]]) {
      const call = through(store, windows);
      const key = JSON.stringify(windows);
      const answers = await Promise.all(Array.from({ length: 50 }, () => call("consume", 1, { key })));
      equal(answers.filter(({ allowed }) => allowed).length, 5);
    }
  },
  "the usage stays when the limits of a key change": async ({ store }) => {
    await through(store, FIVE)("consume", 5);
    deepEqual(usedIn(await through(store, [logOf(50)])("consume")), [6]);
    equal((await through(store, FIVE)("consume")).allowed, false);
    deepEqual(usedIn(await through(store, [logOf(50), logOf(100, 2 * MINUTE)])("peek")), [6, 6]);
    await through(store, [drainOf(5)])("consume", 5, { key: "drained" });
    const [half = 0] = usedIn(await through(store, [drainOf(50)])("peek", 1, { key: "drained" }));
    ok(half > 45 && half <= 50, `a full window stays full; got ${half} of 50`);
  },
  "a limit of 10 000 is counted to the last call": async ({ store }) => {
    const call = through(store, [logOf(10_000)]);
    await call("consume", 9_998);
    const answers = await Promise.all(Array.from({ length: 5 }, () => call("consume")));
    equal(answers.filter(({ allowed }) => allowed).length, 2);
  },
  "leases are granted up to the limit, and end when they are released or not renewed": async ({ store, pass }) => {
    const call = (action: LeaseCall["action"], holder: string) =>
      store.lease({ limiter: "suite", key: "k", action, holder, limit: 2, ttl: 1000 });
    equal((await call("acquire", "a")).held, true);
    equal((await call("acquire", "b")).held, true);
    const refused = await call("acquire", "c");
    deepEqual([refused.held, refused.inUse], [false, 2]);
    upTo(refused.freeAfter, 1000, "freeAfter");
    await call("release", "a");
    equal((await call("acquire", "c")).held, true);
    await pass(600);
    equal((await call("renew", "b")).held, true);
    await pass(600);
    deepEqual([(await call("acquire", "d")).held, (await call("acquire", "e")).held], [true, false]);
  },
  "a renewal brings back a lease that was lost": async ({ store }) => {
    const lease = { limiter: "suite", key: "k", holder: "a", limit: 1, ttl: 1000 } as const;
    equal((await store.lease({ ...lease, action: "renew" })).held, true);
    equal((await store.lease({ ...lease, holder: "b", action: "acquire" })).held, false);
  },
};
