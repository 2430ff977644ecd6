import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test, vi } from "vitest";
import {
  type BreakerOptions,
  type Call,
  createBreaker,
  createBulkhead,
  guardedFetch,
  policy,
  retry,
  withTimeout,
} from "./index.ts";

const down = (): Promise<never> => Promise.reject(new Error("down"));
const quiet = (): undefined => undefined;
const deferred = <T>(): PromiseWithResolvers<T> => Promise.withResolvers<T>();
const breakerOn = (options: Partial<BreakerOptions> = {}) => {
  const clock = manualClock();
  return { clock, breaker: createBreaker({ name: "upstream", clock, ...options }) };
};
const trip = async (breaker: ReturnType<typeof createBreaker>, times = 10): Promise<void> => {
  for (let i = 0; i < times; i++) await breaker.run(down).catch(quiet);
};

/** What opossum, p-retry and cockatiel do and we must not. */
describe("traps of opossum", () => {
  test("a breaker with default options does not open on its very first failure", async () => {
    const { breaker } = breakerOn();
    await trip(breaker, 9);
    expect(breaker.state).toBe("closed");
    await trip(breaker, 1);
    expect(breaker.state).toBe("open");
  });

  test("a breaker opens at its failure rate, not only above it", async () => {
    const { breaker } = breakerOn({ failureRate: 0.5, minimumCalls: 4 });
    for (const ok of [true, true, false]) await breaker.run(() => (ok ? 1 : down())).catch(quiet);
    expect(breaker.state).toBe("closed");
    await trip(breaker, 1);
    expect(breaker.stats()).toMatchObject({ state: "open", opened: 1 });
  });

  test("a predicate that throws does not hang the call: the caller gets the operation's own error and it counts", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(quiet);
    const { breaker } = breakerOn({
      minimumCalls: 1,
      isFailure: () => {
        throw new Error("mistake in the predicate");
      },
    });
    const own = new Error("own");
    await expect(breaker.run(() => Promise.reject(own))).rejects.toBe(own);
    expect(breaker.state).toBe("open");
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });

  test("a listener that throws turns no success into a failure", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(quiet);
    const { breaker, clock } = breakerOn({ minimumCalls: 1, openJitter: 0, openFor: "1s" });
    breaker.onChange(() => {
      throw new Error("mistake in the listener");
    });
    await trip(breaker, 1);
    await clock.advance("1s");
    await expect(breaker.run(() => "back")).resolves.toBe("back");
    expect(breaker.state).toBe("closed");
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });

  test("a probe that never settles does not block the breaker for ever", async () => {
    const { breaker, clock } = breakerOn({ minimumCalls: 1, openJitter: 0, openFor: "10s", probeTimeout: "2s" });
    await trip(breaker, 1);
    await clock.advance("10s");
    void breaker.run(() => new Promise(quiet)).catch(quiet);
    expect(breaker.state).toBe("half-open");
    await clock.advance("2s");
    expect(breaker.state).toBe("open");
    await clock.advance("10s");
    await expect(breaker.run(() => "back")).resolves.toBe("back");
    expect(breaker.state).toBe("closed");
  });

  test.each(["resolve", "reject"] as const)(
    "the result of a call that began before the trip (%s) neither closes nor reopens a half-open breaker",
    async (how) => {
      const { breaker, clock } = breakerOn({ minimumCalls: 2, openJitter: 0, openFor: "1s", probes: 2 });
      const late = deferred<string>();
      const pending = breaker.run(() => late.promise).catch(quiet);
      await trip(breaker, 2);
      await clock.advance("1s");
      await breaker.run(() => "first probe");
      late[how](new Error("late") as never);
      await pending;
      expect(breaker.state).toBe("half-open");
      await breaker.run(() => "second probe");
      expect(breaker.state).toBe("closed");
      expect(breaker.stats().failures).toBe(0);
    },
  );

  test("a just-opened breaker that is restored is open, for the time that was left", async () => {
    const { breaker, clock } = breakerOn({ minimumCalls: 1, openJitter: 0, openFor: "30s" });
    await trip(breaker, 1);
    await clock.advance("10s");
    const restore = JSON.parse(JSON.stringify(breaker.snapshot()));
    expect(restore).toMatchObject({ state: "open", openRemaining: 20_000 });
    clock.jumpTo(clock.now() + 5000);
    const restored = createBreaker({ name: "upstream", clock, openJitter: 0, openFor: "30s", restore });
    expect(restored.state).toBe("open");
    await clock.advance(14_999);
    expect(restored.state).toBe("open");
    await clock.advance(1);
    expect(restored.state).toBe("half-open");
  });

  test("a wall clock that went back does not lengthen a restored open time", () => {
    const { breaker, clock } = breakerOn();
    const restore = { ...breaker.snapshot(), state: "open" as const, openRemaining: 1000, openings: 1 };
    clock.jumpTo(clock.now() - 3_600_000);
    expect(createBreaker({ name: "upstream", clock, restore }).stats().openRemaining).toBe(1000);
  });

  test("every call has a signal of its own", async () => {
    const clock = manualClock();
    const guarded = policy("upstream", { timeout: 100, clock });
    const signals: AbortSignal[] = [];
    const slow = guarded.run(({ signal }) => {
      signals.push(signal);
      return new Promise(quiet);
    });
    slow.catch(quiet);
    await clock.advance(50);
    const second = deferred<string>();
    const fine = guarded.run(({ signal }) => {
      signals.push(signal);
      return second.promise;
    });
    await clock.advance(50);
    await expect(slow).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    second.resolve("fine");
    await expect(fine).resolves.toBe("fine");
  });

  test("after dispose no timer is left, and a late failure does not open the breaker", async () => {
    const { breaker, clock } = breakerOn({ minimumCalls: 1 });
    const late = deferred<never>();
    const pending = breaker.run(() => late.promise).catch(quiet);
    await trip(breaker, 1);
    expect(clock.pending).toBeGreaterThan(0);
    breaker.dispose();
    expect(clock.pending).toBe(0);
    late.reject(new Error("late"));
    await pending;
    await trip(breaker, 5);
    expect(breaker.state).toBe("closed");
    expect(clock.pending).toBe(0);
  });

  test("a timeout does not free the bulkhead's slot while the work still runs", async () => {
    const clock = manualClock();
    const guarded = policy("upstream", { timeout: 100, bulkhead: { concurrency: 1 }, clock });
    const work = deferred<void>();
    const timedOut = guarded.run(() => work.promise);
    timedOut.catch(quiet);
    await clock.advance(100);
    await expect(timedOut).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT" });
    expect(guarded.bulkhead?.active).toBe(1);
    await expect(guarded.run(() => "too early")).rejects.toMatchObject({ code: "RESILIENCE_BULKHEAD_FULL" });
    work.resolve();
    await turn();
    expect(guarded.bulkhead?.active).toBe(0);
    await expect(guarded.run(() => "now")).resolves.toBe("now");
  });

  test("calls in flight do not dilute the failure rate", async () => {
    const { breaker } = breakerOn({ minimumCalls: 10 });
    for (let i = 0; i < 1000; i++) void breaker.run(() => new Promise(quiet));
    await trip(breaker, 9);
    expect(breaker.state).toBe("closed");
    await trip(breaker, 1);
    expect(breaker.state).toBe("open");
  });

  test("a window of 100 000 calls counts them, and a failure costs no more for it", async () => {
    const { breaker } = breakerOn({ failureRate: 1 });
    for (let i = 0; i < 100_000; i++) await breaker.run(() => (i % 100 === 99 ? down() : i)).catch(quiet);
    expect(breaker.stats()).toMatchObject({ calls: 100_000, failures: 1000, state: "closed" });
    // Ten slices, however many calls there were.
    expect(breaker.snapshot().window?.samples.length).toBeLessThanOrEqual(10);
  });

  test("options objects are not written to", async () => {
    const clock = manualClock();
    const options = Object.freeze({ name: "upstream", clock, slowCall: Object.freeze({ duration: 10 }) });
    const breaker = createBreaker(options);
    await trip(breaker);
    expect(breaker.state).toBe("open");
    const whole = Object.freeze({ breaker: Object.freeze({ minimumCalls: 3 }), retry: Object.freeze({ attempts: 2 }) });
    policy("frozen", whole).dispose();
    expect(Object.keys(whole)).toEqual(["breaker", "retry"]);
  });
});

describe("traps of p-retry", () => {
  test("jitter is not lost at the longest delay", async () => {
    const clock = manualClock();
    const waits: number[] = [];
    const failing = retry(
      () => {
        waits.push(clock.monotonic());
        return down();
      },
      { attempts: 5, initialDelay: 1000, maxDelay: 1000, jitter: "full", random: () => 0.25, clock },
    );
    failing.catch(quiet);
    await clock.advance("10s");
    await expect(failing).rejects.toThrow("down");
    expect(waits).toEqual([0, 250, 500, 750, 1000]);
  });

  test("an abort does not wait for the running attempt", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const hung = retry(() => new Promise(quiet), { signal: controller.signal });
    controller.abort(reason);
    await expect(hung).rejects.toBe(reason);
  });

  test("each attempt is handed a signal, and the abort's reason arrives on it", async () => {
    const controller = new AbortController();
    const seen: Call[] = [];
    const hung = retry(
      (call) => {
        seen.push(call);
        void call.signal;
        return new Promise(quiet);
      },
      { signal: controller.signal },
    );
    controller.abort("enough");
    await expect(hung).rejects.toBe("enough");
    expect(seen[0]?.signal.reason).toBe("enough");
  });

  test("a hung attempt does not hang for ever", async () => {
    const clock = manualClock();
    let calls = 0;
    const result = retry(() => (++calls === 1 ? new Promise<string>(quiet) : "second"), {
      attemptTimeout: 100,
      initialDelay: 10,
      jitter: "none",
      clock,
    });
    await clock.advance(110);
    await expect(result).resolves.toBe("second");
  });

  test("a delay of zero does not starve the event loop", async () => {
    const controller = new AbortController();
    let calls = 0;
    const busy = retry(
      () => {
        calls += 1;
        return down();
      },
      { attempts: Number.POSITIVE_INFINITY, initialDelay: 0, signal: controller.signal },
    );
    busy.catch(quiet);
    for (let i = 0; i < 5; i++) await turn();
    controller.abort(new Error("seen enough"));
    await expect(busy).rejects.toThrow("seen enough");
    expect(calls).toBeGreaterThan(2);
    expect(calls).toBeLessThan(20);
  });

  test("a TypeError is retried like any other error", async () => {
    let calls = 0;
    const operation = (): string => {
      calls += 1;
      if (calls === 1) throw new TypeError("Cannot read properties of undefined");
      return "second";
    };
    await expect(retry(operation, { initialDelay: 0 })).resolves.toBe("second");
  });

  test.each([undefined, null, "text", 7, Symbol("thrown")])(
    "a thrown %s is retried, and thrown as it is",
    async (thrown) => {
      let calls = 0;
      const failing = retry(
        () => {
          calls += 1;
          throw thrown;
        },
        { attempts: 2, initialDelay: 0 },
      );
      await expect(failing.catch((error: unknown) => [error])).resolves.toEqual([thrown]);
      expect(calls).toBe(2);
    },
  );

  test("an error named AbortError of the operation's own does not stop the retries", async () => {
    let calls = 0;
    const error = Object.assign(new Error("socket"), { name: "AbortError" });
    await expect(retry(() => (++calls < 3 ? Promise.reject(error) : calls), { initialDelay: 0 })).resolves.toBe(3);
  });
});

describe("traps of cockatiel", () => {
  test("an abort during a backoff rejects at once, leaves no timer and never calls again", async () => {
    const clock = manualClock();
    const controller = new AbortController();
    let calls = 0;
    const failing = retry(
      () => {
        calls += 1;
        return down();
      },
      { attempts: 5, initialDelay: "1h", jitter: "none", signal: controller.signal, clock },
    );
    failing.catch(quiet);
    await turn();
    expect(clock.pending).toBe(1);
    controller.abort(new Error("enough"));
    await expect(failing).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
    await clock.advance("10h");
    expect(calls).toBe(1);
  });

  test("a queued call is never rejected once accepted", async () => {
    const bulkhead = createBulkhead({ concurrency: 1, queue: 1 });
    const first = deferred<string>();
    const running = bulkhead.run(() => first.promise);
    const queued = bulkhead.run(() => "queued");
    first.resolve("first");
    // The slot falls free in the same turn in which others arrive; none may take it from the queue.
    const results = [running, queued];
    await running;
    await bulkhead.run(() => "newcomer").catch(quiet);
    await expect(Promise.all(results)).resolves.toEqual(["first", "queued"]);
  });

  test("a timeout that did not strike leaves the signal alone after success, so a response's body can be read", async () => {
    const clock = manualClock();
    let signal: AbortSignal | undefined;
    await withTimeout(
      (call) => {
        signal = call.signal;
        return "headers";
      },
      100,
      { clock },
    );
    await clock.advance("1h");
    expect(signal?.aborted).toBe(false);
    const fetched = guardedFetch(policy("fetch", { timeout: 100, clock }), async (_url, init) => {
      signal = init?.signal as AbortSignal;
      return new Response("body");
    });
    const response = await fetched("http://upstream.example/");
    await clock.advance("1h");
    expect(signal?.aborted).toBe(false);
    await expect(response.text()).resolves.toBe("body");
  });

  test("old samples expire without further calls", async () => {
    const { breaker, clock } = breakerOn({ minimumCalls: 10, window: "10s" });
    await trip(breaker, 9);
    expect(breaker.stats()).toMatchObject({ calls: 9, failures: 9 });
    await clock.advance("11s");
    expect(breaker.stats()).toMatchObject({ calls: 0, failures: 0, failureRate: 0 });
    await trip(breaker, 1);
    expect(breaker.state).toBe("closed");
  });

  test("attempts: 3 means three calls in all", async () => {
    let calls = 0;
    const failing = retry(
      () => {
        calls += 1;
        return down();
      },
      { attempts: 3, initialDelay: 0 },
    );
    await expect(failing).rejects.toThrow("down");
    expect(calls).toBe(3);
  });

  test("a shared parent signal carries one listener during 1000 calls and none after", async () => {
    const { signal } = new AbortController();
    const work = deferred<void>();
    const guarded = policy("upstream", {
      timeout: "1m",
      retry: { attempts: 2 },
      breaker: {},
      bulkhead: { concurrency: 2000 },
    });
    const runs = Array.from({ length: 1000 }, () => guarded.run(() => work.promise, { signal }));
    expect(getEventListeners(signal, "abort").length).toBe(1);
    work.resolve();
    await Promise.all(runs);
    expect(getEventListeners(signal, "abort").length).toBe(0);
    guarded.dispose();
  });
});
