import { getEventListeners } from "node:events";
import { runWithContext } from "@seaworthy/core";
import { expect, test } from "vitest";
import {
  type Breaker,
  compose,
  createBreaker,
  createBulkhead,
  guardedFetch,
  hedge,
  type Policy,
  policy,
  retry,
  tiers,
  withTimeout,
} from "../index.ts";
import { chaos } from "../testing.ts";

type Run = (operation: () => Promise<unknown>, signal: AbortSignal) => Promise<unknown>;

const through =
  (guard: Policy<unknown> | Policy | Breaker): Run =>
  (operation, signal) =>
    guard.run(operation, { signal });
const foreign = { run: async (operation: (call?: never) => unknown) => operation() };
const attempts = { attempts: 2, initialDelay: 0 };
const ways: Record<string, Run> = {
  retry: (operation, signal) => retry(operation, { ...attempts, signal }),
  withTimeout: (operation, signal) => withTimeout(operation, "1m", { signal }),
  hedge: (operation, signal) => hedge(operation, { after: "1m", signal }),
  tiers: (operation, signal) => tiers("t", [{ name: "only", run: operation }]).run(undefined, { signal }),
  guardedFetch: (operation, signal) =>
    guardedFetch(policy("p", { retry: attempts }), operation as () => Promise<Response>)("http://x.test/", { signal }),
  "a breaker": through(createBreaker({ name: "b", clock: { now: () => 0, monotonic: () => 0 } })),
  "a policy that propagates": through(policy("p", { timeout: "1m", retry: attempts, propagate: true })),
  "a policy with a fallback": through(policy<unknown>("p", { timeout: "1m", fallback: () => "stand-in" })),
  "a guard of the host's": through(compose(foreign as never, policy("p", { bulkhead: { concurrency: 9 } }))),
  chaos: through(compose(policy("p", { retry: attempts }), chaos({ rate: 0, fault: 1 }))),
  "a signal of the context": (operation, signal) =>
    runWithContext({ signal }, () => compose(createBulkhead({ concurrency: 1 }), policy("p")).run(operation)),
};

test.each(Object.entries(ways))("%s lets go of its caller's signal, however the run ends", async (_name, run) => {
  const { signal } = new AbortController();
  const ends = [async () => ({ status: 200 }), () => Promise.reject(new Error("down"))];
  for (const operation of ends) {
    const seen: number[] = [];
    const noting = (): Promise<unknown> => {
      seen.push(getEventListeners(signal, "abort").length);
      return operation();
    };
    await run(noting, signal).catch(() => undefined);
    expect(seen[0]).toBeGreaterThan(0);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  }
});
