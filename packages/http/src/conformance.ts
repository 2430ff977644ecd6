import { deepEqual, equal, ok } from "node:assert/strict";
import { type ConformanceCase, type ConformancePlace, conformanceCases } from "@seaworthy/core/conformance";
import type { IdempotencyCompletion, IdempotencyStore } from "./idempotency-store.ts";
import type { Answer } from "./messages.ts";

export type { ConformanceCase } from "@seaworthy/core/conformance";

/** An empty store, and how time passes for it. */
export interface IdempotencyStorePlace extends ConformancePlace {
  readonly store: IdempotencyStore;
  /** Lets so many milliseconds pass, on the store's own clock or really. */
  pass(milliseconds: number): Promise<void>;
}

const completion = (token: string, ttl: number, answer = ANSWER): IdempotencyCompletion => ({
  fingerprint: "print",
  token,
  answer,
  ttl,
});

type Check = (place: IdempotencyStorePlace) => Promise<void>;

const LONG = 60_000;
const SHORT = 40;
const ANSWER: Answer = {
  status: 201,
  headers: [["content-type", "application/json; charset=utf-8"]],
  body: '{"text":"Grüße, 漁船 🚢\\u0000\\n"}',
};

const CASES: Record<string, Check> = {
  "a key that no claim holds is claimed, and then known to be in flight with its fingerprint": async ({ store }) => {
    equal(await store.claim("k", "print", "t1", LONG), undefined);
    deepEqual(await store.claim("k", "other", "t2", LONG), { state: "in-flight", fingerprint: "print" });
  },
  "of many claims at once exactly one succeeds": async ({ store }) => {
    const claims = Array.from({ length: 20 }, (_, i) => store.claim("k", `print ${i}`, `t${i}`, LONG));
    const known = await Promise.all(claims);
    equal(known.filter((record) => record === undefined).length, 1);
  },
  "the answer is given back as it was, with the fingerprint of its request": async ({ store }) => {
    await store.claim("k", "print", "t1", LONG);
    await store.complete("k", completion("t1", LONG));
    deepEqual(await store.claim("k", "print", "t2", LONG), { state: "done", fingerprint: "print", answer: ANSWER });
  },
  "an answer of a megabyte is kept whole": async ({ store }) => {
    const answer = { ...ANSWER, body: "ä".repeat(500_000) };
    await store.claim("k", "print", "t1", LONG);
    await store.complete("k", completion("t1", LONG, answer));
    deepEqual(await store.claim("k", "print", "t2", LONG), { state: "done", fingerprint: "print", answer });
  },
  "a released key can be claimed again": async ({ store }) => {
    await store.claim("k", "print", "t1", LONG);
    await store.release("k", "t1");
    equal(await store.claim("k", "print", "t2", LONG), undefined);
  },
  "keys do not know each other": async ({ store }) => {
    await store.claim("a", "print", "t1", LONG);
    await store.release("a:b", "t1");
    equal(await store.claim("b", "print", "t2", LONG), undefined);
    ok(await store.claim("a", "print", "t3", LONG));
  },
  "a claim ends by itself when its time is over": async ({ store, pass }) => {
    await store.claim("k", "print", "t1", SHORT);
    await pass(SHORT * 3);
    equal(await store.claim("k", "print", "t2", LONG), undefined);
  },
  "an answer is forgotten when its time is over, which counts from its completion": async ({ store, pass }) => {
    await store.claim("k", "print", "t1", LONG);
    await store.complete("k", completion("t1", SHORT));
    await pass(SHORT * 3);
    equal(await store.claim("k", "print", "t2", LONG), undefined);
  },
  "a holder that has lost its claim can neither complete nor release it": async ({ store, pass }) => {
    await store.claim("k", "print", "late", SHORT);
    await pass(SHORT * 3);
    await store.claim("k", "print", "t2", LONG);
    await store.complete("k", completion("late", LONG));
    await store.release("k", "late");
    deepEqual(await store.claim("k", "print", "t3", LONG), { state: "in-flight", fingerprint: "print" });
  },
  "a claim that is renewed lasts from then on, and only its holder can renew it": async ({ store, pass }) => {
    await store.claim("k", "print", "t1", SHORT * 4);
    equal(await store.renew("k", "other", LONG), false);
    equal(await store.renew("k", "t1", LONG), true);
    await pass(SHORT * 6);
    deepEqual(await store.claim("k", "print", "t2", LONG), { state: "in-flight", fingerprint: "print" });
  },
  "neither an answer nor a key that is free can be renewed": async ({ store }) => {
    equal(await store.renew("k", "t1", LONG), false);
    await store.claim("k", "print", "t1", LONG);
    await store.complete("k", completion("t1", LONG));
    equal(await store.renew("k", "t1", LONG), false);
    deepEqual(await store.claim("k", "print", "t2", LONG), { state: "done", fingerprint: "print", answer: ANSWER });
  },
  "an answer completed after the time of its claim is kept if no other claim has come": async ({ store, pass }) => {
    await store.claim("k", "print", "late", SHORT);
    await pass(SHORT * 3);
    await store.complete("k", completion("late", LONG));
    equal((await store.claim("k", "print", "t2", LONG))?.state, "done");
  },
  "times that are fractions of milliseconds are taken": async ({ store }) => {
    equal(await store.claim("k", "print", "t1", 1000.5), undefined);
    await store.complete("k", completion("t1", 1000.5));
    equal((await store.claim("k", "print", "t2", 1000.5))?.state, "done");
  },
};

/**
 * The suite that every idempotency store passes, for any test runner.
 *
 * @param createPlace - makes a new, empty store for each case
 * @example
 * ```ts
 * import { manualClock } from "@seaworthy/core/testing";
 * import { memoryIdempotencyStore } from "@seaworthy/http";
 * import { idempotencyStoreConformance } from "@seaworthy/http/conformance";
 * const suite = idempotencyStoreConformance(async () => {
 *   const clock = manualClock();
 *   return { store: memoryIdempotencyStore({ clock }), pass: (ms) => clock.advance(ms) };
 * });
 * for (const { run } of suite) await run(); // in a test file: test(title, run)
 * ```
 */
export function idempotencyStoreConformance(
  createPlace: () => Promise<IdempotencyStorePlace>,
): readonly ConformanceCase[] {
  return conformanceCases(CASES, createPlace);
}
