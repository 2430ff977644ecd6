import { type EventEmitter, once } from "node:events";
import { manualClock } from "@seaworthy/core/testing";
import CircuitBreaker from "opossum";
import { afterEach, describe, expect, test, vi } from "vitest";
import { compose, createBreaker, policy } from "./index.ts";
import { fromOpossum, toOpossum } from "./opossum.ts";

const down = (): Promise<never> => Promise.reject(new Error("down"));
const quiet = (): undefined => undefined;
const opened: { shutdown(): void }[] = [];

/** A real breaker of opossum that is shut down after the test. */
function real(options: CircuitBreaker.Options = {}, action = async (amount: number) => `charged ${amount}`) {
  const breaker = new CircuitBreaker(action, { name: "legacy", timeout: false, resetTimeout: 3_600_000, ...options });
  opened.push(breaker);
  return breaker;
}

afterEach(() => {
  for (const breaker of opened.splice(0)) breaker.shutdown();
  vi.useRealTimers();
});

describe("fromOpossum", () => {
  test("operations of a policy and calls of fire share the state, the statistics and the events of the breaker", async () => {
    const breaker = real();
    const events: string[] = [];
    for (const event of ["success", "failure", "reject", "open"]) breaker.on(event as "open", () => events.push(event));
    const payments = policy("payments", { breaker: fromOpossum(breaker) });
    expect(await payments.run(async () => "refunded 5")).toBe("refunded 5");
    expect(await breaker.fire(12)).toBe("charged 12");
    expect(breaker.stats).toMatchObject({ fires: 2, successes: 2 });
    for (let failure = 0; failure < 3; failure++) await payments.run(down).catch(quiet);
    expect(breaker.opened).toBe(true);
    await expect(breaker.fire(12)).rejects.toMatchObject({ code: "EOPENBREAKER" });
    await expect(payments.run(() => 1)).rejects.toMatchObject({
      code: "RESILIENCE_CIRCUIT_OPEN",
      cause: { message: "down" },
      context: { breaker: "legacy", reason: "failures", calls: 5, failures: 3 },
    });
    expect(events).toEqual(["success", "success", "failure", "failure", "failure", "open", "reject", "reject"]);
  });

  test("an operation is given its signal and its attempt, and its error is the very same object", async () => {
    const guarded = policy("p", {
      retry: { attempts: 2, initialDelay: 0 },
      breaker: fromOpossum(real({ volumeThreshold: 9 })),
    });
    const error = Object.assign(new Error("net"), { code: "ETIMEDOUT" });
    const attempts: number[] = [];
    const run = guarded.run(({ attempt, signal }) => {
      attempts.push(attempt);
      expect(signal.aborted).toBe(false);
      throw error;
    });
    await expect(run).rejects.toBe(error);
    expect(attempts).toEqual([1, 2]);
  });

  test("a refusal is not repeated, and a fallback of the policy answers it", async () => {
    const breaker = real();
    breaker.open();
    const retry = { attempts: 5, initialDelay: 0 };
    const guarded = policy("p", { retry, breaker: fromOpossum(breaker), fallback: () => "later" });
    expect(await guarded.run(() => "now")).toBe("later");
    expect(breaker.stats.rejects).toBe(1);
  });

  test("opossum's timeout aborts the operation and is a timeout of this package", async () => {
    vi.useFakeTimers();
    const guard = fromOpossum(real({ timeout: 50 }));
    let signal: AbortSignal | undefined;
    const run = guard
      .run((call) => {
        signal = call.signal;
        return new Promise(() => undefined);
      })
      .catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(50);
    expect(await run).toMatchObject({
      code: "RESILIENCE_TIMEOUT",
      message: "legacy: the operation did not end within 50 ms",
    });
    expect(signal?.reason).toMatchObject({ code: "RESILIENCE_TIMEOUT" });
  });

  test("opossum's capacity is a full bulkhead, its fallback answers, and after shutdown all calls are refused", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const full = fromOpossum(real({ capacity: 1 }));
    const first = full.run(() => promise);
    await expect(full.run(() => 2)).rejects.toMatchObject({ code: "RESILIENCE_BULKHEAD_FULL" });
    resolve("first");
    expect(await first).toBe("first");
    const answering = real();
    answering.fallback(() => "from opossum");
    expect(await fromOpossum(answering).run(down)).toBe("from opossum");
    const ended = real();
    const guard = fromOpossum(ended);
    ended.shutdown();
    expect(guard.state).toBe("isolated");
    await expect(guard.run(() => 1)).rejects.toMatchObject({ code: "RESILIENCE_ISOLATED" });
  });

  test("it works within compose, beside guards of this package", async () => {
    const composed = compose(policy("outer", { timeout: "5s" }), fromOpossum(real()), policy("inner"));
    expect(composed.explain().guards.join("\n")).toContain("the rule of opossum");
    expect(await composed.run(() => "through")).toBe("through");
  });

  test("states, changes, figures and switches are those of the breaker", async () => {
    vi.useFakeTimers();
    const breaker = real({ resetTimeout: 1000 });
    const guard = fromOpossum(breaker);
    const changes: string[] = [];
    guard.onChange(({ from, to, opening }) => changes.push(`${from} ${to} ${opening?.reason ?? ""}`.trim()));
    await guard.run(down).catch(quiet);
    expect(guard.stats()).toMatchObject({
      state: "open",
      calls: 1,
      failures: 1,
      failureRate: 1,
      opened: 1,
      lastError: "Error",
    });
    await guard.run(() => 1).catch(quiet);
    expect(guard.stats().rejected).toBe(1);
    expect(guard.snapshot()).toMatchObject({ name: "legacy", state: "open", calls: 1, failures: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(guard.state).toBe("half-open");
    expect(await guard.run(() => "back")).toBe("back");
    guard.trip();
    guard.reset();
    const release = guard.isolate();
    await expect(guard.run(() => 1)).rejects.toMatchObject({ code: "RESILIENCE_ISOLATED" });
    release();
    release();
    expect(changes).toEqual([
      "closed open failures",
      "open half-open",
      "half-open closed",
      "closed open failures",
      "open closed",
      "closed isolated",
      "isolated closed",
    ]);
    guard.setMode("disabled");
    expect([breaker.enabled, guard.mode]).toEqual([false, "disabled"]);
    guard.setMode("enforcing");
    expect(breaker.enabled).toBe(true);
    expect(() => guard.setMode("metrics-only")).toThrow(/mode must be one of enforcing, disabled/);
    expect(guard.opening).toBeUndefined();
  });

  test("dispose separates the two: the breaker goes on, and operations run without it", async () => {
    const breaker = real();
    const listeners = breaker.listenerCount("failure");
    const guard = fromOpossum(breaker);
    expect(() => fromOpossum(breaker)).toThrow(/used by another guard/);
    guard.dispose();
    await guard[Symbol.asyncDispose]();
    expect(breaker.listenerCount("failure")).toBe(listeners);
    expect(await guard.run(() => "unguarded")).toBe("unguarded");
    expect(breaker.stats.fires).toBe(0);
    expect(await breaker.fire(3)).toBe("charged 3");
    fromOpossum(breaker).dispose();
  });

  test.each([[undefined], [null], [{}], [{ fire: () => 1 }], [createBreaker({ name: "own" })]])(
    "what is not a breaker of opossum is refused: %s",
    (value) => {
      expect(() => fromOpossum(value as never)).toThrow(/fromOpossum takes a breaker of opossum; got/);
    },
  );

  test("a breaker with a cache or one that coalesces is refused, because all operations would share one answer", () => {
    expect(() => fromOpossum(real({ cache: true }))).toThrow(/cache or coalesce/);
    expect(() => fromOpossum(real({ coalesce: true } as object))).toThrow(/cache or coalesce/);
  });
});

describe("toOpossum", () => {
  /** What a program for opossum sees of a breaker: its events with their arguments. */
  function record(breaker: EventEmitter) {
    const seen: unknown[][] = [];
    for (const event of ["fire", "success", "failure", "timeout", "reject", "fallback", "open", "close", "halfOpen"])
      breaker.on(event, (...args: unknown[]) => {
        seen.push([
          event,
          ...args.map((value) =>
            typeof value === "number"
              ? "ms"
              : value instanceof Error
                ? ((value as Error & { code?: string }).code ?? value.message)
                : value,
          ),
        ]);
      });
    return seen;
  }

  test("a call that succeeds, one that fails, and one that is refused look like those of a real breaker", async () => {
    const action = async (fails: boolean) => (fails ? down() : "value");
    const own = createBreaker({ name: "legacy", minimumCalls: 2, openFor: "1h", clock: manualClock() });
    const view = toOpossum(own, action);
    opened.push(view);
    const other = real({ volumeThreshold: 2, errorThresholdPercentage: 49 }, action as never) as unknown as typeof view;
    const runs = [];
    for (const breaker of [other, view]) {
      const seen = record(breaker);
      const outcomes = [];
      for (const fails of [false, true, false])
        outcomes.push(
          await breaker.fire(fails).catch((error: Error & { code?: string }) => error.code ?? error.message),
        );
      const { successes, failures, rejects, fires, timeouts, fallbacks } = breaker.stats;
      const { opened: open, closed, halfOpen, enabled, name, warmUp, isShutdown } = breaker;
      runs.push({
        seen: seen.toSorted(),
        outcomes,
        counts: { successes, failures, rejects, fires, timeouts, fallbacks },
        open,
        closed,
        halfOpen,
        enabled,
        name,
        warmUp,
        isShutdown,
      });
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[1]).toMatchObject({ outcomes: ["value", "down", "EOPENBREAKER"], open: true });
  });

  test("calls of the policy that do not come through fire are seen as well", async () => {
    const guarded = policy("payments", { breaker: { minimumCalls: 10 } });
    const view = toOpossum(guarded, async () => "fired");
    opened.push(view);
    const seen = record(view);
    await guarded.run(() => "direct");
    await view.fire();
    expect(seen).toEqual([
      ["fire", []],
      ["success", "direct", "ms"],
      ["fire", []],
      ["success", "fired", "ms"],
    ]);
    expect(view.stats).toMatchObject({ fires: 2, successes: 2 });
    expect(view.status.window.length).toBe(10);
    guarded.dispose();
  });

  test("a timeout of the policy is one of opossum's, and a full bulkhead a locked semaphore", async () => {
    const clock = manualClock();
    const guarded = policy("p", { breaker: true, timeout: 100, bulkhead: { concurrency: 1 }, clock });
    const view = toOpossum(guarded, () => new Promise<never>(() => undefined));
    opened.push(view);
    const seen = record(view);
    const locked = vi.fn();
    view.on("semaphoreLocked", locked);
    const first = view.fire().catch((error: unknown) => error);
    await expect(view.fire()).rejects.toMatchObject({
      code: "ESEMLOCKED",
      cause: { code: "RESILIENCE_BULKHEAD_FULL" },
    });
    await clock.advance(100);
    expect(await first).toMatchObject({ code: "ETIMEDOUT", cause: { code: "RESILIENCE_TIMEOUT" } });
    expect(seen.map(([event]) => event)).toEqual(["fire", "fire", "timeout", "failure"]);
    expect(locked).toHaveBeenCalledOnce();
    expect(view.stats).toMatchObject({ timeouts: 1, failures: 1, semaphoreRejections: 1 });
  });

  test("fallback answers with the arguments and the error, and its event says so", async () => {
    const breaker = createBreaker({ name: "b" });
    const view = toOpossum(breaker, async (_amount: number): Promise<string> => down());
    opened.push(view);
    const seen = record(view);
    expect(view.fallback((amount, error) => `${amount} later: ${(error as Error).message}`)).toBe(view);
    expect(await view.fire(7)).toBe("7 later: down");
    expect(seen.at(-1)).toEqual(["fallback", "7 later: down", "down"]);
    expect(view.stats.fallbacks).toBe(1);
    expect(() => view.fallback(1 as never)).toThrow(/fallback takes a function/);
    breaker.dispose();
  });

  test("open, close, enable and disable act on the breaker, and its changes are opossum's events", async () => {
    const clock = manualClock();
    const breaker = createBreaker({ name: "b", openFor: 1000, openJitter: 0, clock });
    const view = toOpossum(breaker, () => "called");
    opened.push(view);
    const events: string[] = [];
    for (const event of ["open", "halfOpen", "close"]) view.on(event, () => events.push(event));
    view.open();
    view.open();
    await expect(view.fire()).rejects.toMatchObject({ code: "EOPENBREAKER" });
    await clock.advance(1000);
    expect([view.halfOpen, view.pendingClose, view.opened]).toEqual([true, true, false]);
    expect(await view.call({ self: true })).toBe("called");
    const release = breaker.isolate();
    expect(view.opened).toBe(true);
    release();
    view.open();
    view.close();
    view.close();
    expect(events).toEqual(["open", "halfOpen", "close", "open", "close", "open", "close"]);
    view.disable();
    expect([breaker.mode, view.enabled]).toEqual(["disabled", false]);
    view.enable();
    expect(breaker.mode).toBe("enforcing");
    expect(view.toJSON()).toMatchObject({ state: { name: "b", closed: true, open: false, enabled: true } });
    breaker.dispose();
  });

  test("the status emits snapshots, and shutdown ends it, its events and later calls, but not the breaker", async () => {
    const breaker = createBreaker({ name: "b" });
    const view = toOpossum(breaker, () => 1, { rollingCountTimeout: 100, rollingCountBuckets: 10 });
    await view.fire();
    const [stats] = (await once(view.status, "snapshot")) as [typeof view.stats];
    expect(stats).toHaveProperty("latencyMean");
    const ended = vi.fn();
    view.on("shutdown", ended);
    view.shutdown();
    view.shutdown();
    expect(ended).toHaveBeenCalledOnce();
    await expect(view.fire()).rejects.toMatchObject({ code: "ESHUTDOWN" });
    expect(await breaker.run(() => "goes on")).toBe("goes on");
    expect(view.listenerCount("success")).toBe(0);
    breaker.dispose();
  });

  test("a listener that throws does not fail the call", async () => {
    const warned = once(process, "warning");
    const breaker = createBreaker({ name: "b" });
    const view = toOpossum(breaker, () => "value", { enableSnapshots: false });
    opened.push(view);
    view.on("success", () => {
      throw new Error("dashboard");
    });
    expect(await view.fire()).toBe("value");
    expect(await warned).toMatchObject([{ code: "RESILIENCE_CALLBACK" }]);
    expect(breaker.stats()).toMatchObject({ calls: 1, failures: 0 });
    breaker.dispose();
  });

  test("wrong arguments are refused with their name", () => {
    const breaker = createBreaker({ name: "b" });
    for (const guard of [{}, null, undefined, 7, () => undefined, { run: 7 }])
      expect(() => toOpossum(guard as never, quiet)).toThrow(/toOpossum takes a breaker of createBreaker/);
    expect(() => toOpossum(policy("none"), quiet)).toThrow(/toOpossum takes a breaker of createBreaker/);
    expect(() => toOpossum(fromOpossum(real()), quiet)).toThrow(/toOpossum takes a breaker of createBreaker/);
    expect(() => toOpossum(breaker, 7 as never)).toThrow(/action must be a function; got 7/);
    expect(() => toOpossum(breaker, quiet, { rollingCountBuckets: 0 })).toThrow(/rollingCountBuckets/);
    expect(() => toOpossum(breaker, quiet, { buckets: 3 } as never)).toThrow(/has no option "buckets"/);
    breaker.dispose();
  });
});
