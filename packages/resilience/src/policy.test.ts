import { currentContext, onTelemetry, remainingTime, runWithContext } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { adaptiveBulkhead, compose, createBreaker, createBulkhead, policy, type Runner, retryBudget } from "./index.ts";
import { scriptedOperation } from "./testing.ts";

const quiet = (): undefined => undefined;
const down = (): Promise<never> => Promise.reject(new Error("down"));
const everything = (clock = manualClock()) => ({
  clock,
  guarded: policy("all", {
    timeout: "1s",
    retry: { attempts: 3, initialDelay: 10, jitter: "none", attemptTimeout: 200 },
    breaker: { minimumCalls: 4, openJitter: 0, openFor: "5s" },
    bulkhead: { concurrency: 2, queue: 10 },
    hedge: { after: 50 },
    budget: { minimumPerSecond: 1000 },
    clock,
  }),
});

describe("a policy", () => {
  test("with nothing in it just runs", async () => {
    await expect(policy("bare").run(() => 1)).resolves.toBe(1);
  });

  test("hands the operation a signal, the attempt and the deadline", async () => {
    const { clock, guarded } = everything();
    const seen = await guarded.run(({ signal, attempt, deadline }) => ({ aborted: signal.aborted, attempt, deadline }));
    expect(seen).toEqual({ aborted: false, attempt: 1, deadline: clock.now() + 200 });
  });

  test("bounds waits and attempts together by its timeout", async () => {
    const clock = manualClock();
    const guarded = policy("p", {
      timeout: 1000,
      retry: { attempts: 50, backoff: "constant", initialDelay: 300, jitter: "none" },
      clock,
    });
    const operation = scriptedOperation([{ error: new Error("busy"), after: 100 }], { clock });
    const result = guarded.execute(operation);
    await clock.advance(2000);
    // At 0, 400 and 800; the wait that would end at 1200 is not begun.
    await expect(result).resolves.toMatchObject({ ok: false, attempts: 3, error: { message: "busy" } });
    expect(operation.calls.map(({ at }) => at - (operation.calls[0]?.at ?? 0))).toEqual([0, 400, 800]);
  });

  test("takes a slot per attempt, not through the waits between them", async () => {
    const clock = manualClock();
    const guarded = policy("p", {
      retry: { attempts: 2, initialDelay: 100, jitter: "none" },
      bulkhead: { concurrency: 1 },
      clock,
    });
    const failing = guarded.execute(scriptedOperation([{ error: new Error("busy") }, { value: 2 }]));
    await clock.advance(1);
    expect(guarded.bulkhead?.active).toBe(0);
    await expect(guarded.run(() => "meanwhile")).resolves.toBe("meanwhile");
    await clock.advance(100);
    await expect(failing).resolves.toEqual({ ok: true, value: 2, attempts: 2 });
  });

  test("counts every attempt in its breaker, and does not retry what the breaker refuses", async () => {
    const { clock, guarded } = everything();
    const first = guarded.execute(down);
    await clock.advance(1000);
    await expect(first).resolves.toMatchObject({ ok: false, attempts: 3 });
    const second = guarded.execute(down);
    await clock.advance(1000);
    await expect(second).resolves.toMatchObject({ attempts: 1, error: { message: "down" } });
    expect(guarded.breaker?.state).toBe("open");
    await expect(guarded.execute(down)).resolves.toMatchObject({
      attempts: 0,
      error: { code: "RESILIENCE_CIRCUIT_OPEN" },
    });
  });

  test("throws the operation's own last error when a breaker or a bulkhead refuses the next attempt", async () => {
    const clock = manualClock();
    const guarded = policy("p", { retry: { attempts: 5, initialDelay: 0 }, breaker: { minimumCalls: 2 }, clock });
    const errors = [new Error("first"), new Error("second")];
    const operation = scriptedOperation(errors.map((error) => ({ error })));
    await expect(guarded.execute(operation)).resolves.toEqual({ ok: false, error: errors[1], attempts: 2 });
    expect(guarded.breaker?.state).toBe("open");
    await expect(guarded.run(operation)).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
    guarded.dispose();
  });

  test("serves any number of concurrent calls without mixing them up", async () => {
    const guarded = policy("p", {
      timeout: "10s",
      retry: { attempts: 3, initialDelay: 0 },
      breaker: { failureRate: 1 },
      bulkhead: { concurrency: 7, queue: 1000 },
      budget: false,
    });
    const runs = Array.from({ length: 300 }, (_, i) =>
      guarded.run(async ({ attempt }) => {
        await new Promise(setImmediate);
        if (i % 3 >= attempt) throw new Error(`call ${i}`);
        return `${i}:${attempt}`;
      }),
    );
    const expected = Array.from({ length: 300 }, (_, i) => `${i}:${(i % 3) + 1}`);
    await expect(Promise.all(runs)).resolves.toEqual(expected);
    guarded.dispose();
  });

  test("leaves nothing behind: no timer, no listener, no slot", async () => {
    const { clock, guarded } = everything();
    const { signal } = new AbortController();
    const runs = Array.from({ length: 10 }, (_, i) =>
      guarded.execute(i % 2 === 0 ? () => i : () => new Promise(quiet), { signal }),
    );
    await clock.advance("20s");
    await Promise.all(runs);
    expect(clock.pending).toBe(0);
  });

  test("shares a breaker, a bulkhead and a budget that it is given, and does not dispose of them", async () => {
    const clock = manualClock();
    const breaker = createBreaker({ name: "shared", minimumCalls: 2, clock });
    const bulkhead = adaptiveBulkhead({ clock });
    const [a, b] = [policy("a", { breaker, bulkhead, clock }), policy("b", { breaker, bulkhead, clock })];
    await a.execute(down);
    await b.execute(down);
    expect(a.breaker).toBe(breaker);
    expect(breaker.state).toBe("open");
    a.dispose();
    await expect(b.run(() => 1)).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
  });

  test("closes the breaker of its own, with its scope too", async () => {
    const clock = manualClock();
    {
      await using guarded = policy("p", { breaker: { minimumCalls: 1 }, clock });
      await guarded.execute(down);
      expect(clock.pending).toBe(1);
    }
    expect(clock.pending).toBe(0);
  });
});

describe("wrap", () => {
  test("keeps signature and this", async () => {
    const client = {
      fee: 3,
      async charge(amount: number, currency = "EUR"): Promise<string> {
        return `${amount + this.fee} ${currency}`;
      },
    };
    const charge = policy("payments").wrap(client.charge);
    expectTypeOf(charge).toEqualTypeOf<(amount: number, currency?: string) => Promise<string>>();
    await expect(charge.call(client, 4)).resolves.toBe("7 EUR");
    await expect(policy("payments").wrap(Math.max)(1, 5, 2)).resolves.toBe(5);
  });

  test("refuses what is not a function", () => {
    expect(() => policy("p").wrap(7 as never)).toThrow(TypeError);
  });
});

describe("execute", () => {
  test("tells how a run ended and never rejects", async () => {
    const guarded = policy("p", { retry: { attempts: 2, initialDelay: 0 } });
    await expect(guarded.execute(() => 1)).resolves.toEqual({ ok: true, value: 1, attempts: 1 });
    const error = new Error("own");
    await expect(guarded.execute(() => Promise.reject(error))).resolves.toEqual({ ok: false, error, attempts: 2 });
    await expect(guarded.execute(7 as never)).resolves.toMatchObject({ ok: false, attempts: 0 });
    await expect(guarded.execute(() => 1, { signal: AbortSignal.abort("gone") })).resolves.toEqual({
      ok: false,
      error: "gone",
      attempts: 0,
    });
  });
});

describe("fallback", () => {
  test("answers when all attempts have failed, and execute says so", async () => {
    const seen = vi.fn((_error: unknown) => "cached");
    const guarded = policy("p", { retry: { attempts: 2, initialDelay: 0 }, fallback: seen });
    const outcome = await guarded.execute(down);
    expect(outcome).toMatchObject({
      ok: true,
      value: "cached",
      attempts: 2,
      tier: "fallback",
      error: { message: "down" },
    });
    expect(seen).toHaveBeenCalledWith(expect.objectContaining({ message: "down" }), expect.anything());
    expectTypeOf(guarded.run(() => 1)).toEqualTypeOf<Promise<number | string>>();
  });

  test("may be several tiers, of which the first that answers does", async () => {
    const fallback = [
      { name: "stale", run: () => null },
      { name: "static", run: (error: unknown) => (error as Error).message },
    ];
    await expect(policy("p", { fallback }).execute(down)).resolves.toMatchObject({ value: "down", tier: "static" });
  });

  test.each([null, undefined, 0, ""])("that is a function may answer %j", async (value) => {
    const outcome = await policy("p", { fallback: () => value }).execute(down);
    expect(outcome).toMatchObject({ ok: true, value, tier: "fallback" });
  });

  test("whose function throws is the error of the run, with the operation's error as its cause", async () => {
    const own = new Error("own");
    const mapped = new RangeError("mapped");
    const failing = (): never => {
      throw mapped;
    };
    const run = policy("p", { fallback: failing }).run(() => Promise.reject(own));
    await expect(run).rejects.toBe(mapped);
    expect(mapped.cause).toBe(own);
    const kept = new Error("kept", { cause: "its own" });
    await policy("p", { fallback: () => Promise.reject(kept) }).execute(down);
    expect(kept.cause).toBe("its own");
    const rethrown = policy("p", { fallback: (error: unknown) => Promise.reject(error) });
    await expect(rethrown.run(() => Promise.reject(own))).rejects.toBe(own);
    await expect(policy("p", { fallback: () => Promise.reject("text") }).run(down)).rejects.toBe("text");
  });

  test("of tiers that all fail leaves the operation's own error", async () => {
    const error = new Error("own");
    const tiers = [
      { name: "a", run: () => null },
      { name: "b", run: down },
    ];
    await expect(policy("p", { fallback: tiers }).run(() => Promise.reject(error))).rejects.toBe(error);
  });

  test.each([
    ["a function", () => new Promise<never>(quiet)],
    ["tiers", [{ name: "hung", run: () => new Promise<never>(quiet) }]],
  ])("that hangs, being %s, is bounded by what is left of the timeout", async (_what, fallback) => {
    const clock = manualClock();
    const guarded = policy("p", { timeout: 5000, fallback, clock });
    let over = false;
    const run = guarded.execute(down).finally(() => {
      over = true;
    });
    await clock.advance(4999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(await run).toMatchObject({ ok: false });
    expect(clock.pending).toBe(0);
  });

  test("still has a second when the operation has used up the timeout, or what fallbackTimeout says", async () => {
    const clock = manualClock();
    const hang = () => new Promise<never>(quiet);
    const first = policy("p", { timeout: 5000, fallback: hang, clock }).execute(hang);
    await clock.advance(5999);
    const second = policy("q", { timeout: 5000, fallbackTimeout: 100, fallback: hang, clock }).execute(hang);
    await clock.advance(1);
    expect(await first).toMatchObject({
      ok: false,
      error: { code: "RESILIENCE_TIMEOUT", cause: { code: "RESILIENCE_TIMEOUT" } },
    });
    await clock.advance(5099);
    expect(await second).toMatchObject({ ok: false });
  });

  test("that hangs is bounded by the deadline of the context", async () => {
    const clock = manualClock();
    const guarded = policy("p", { fallback: () => new Promise<never>(quiet), clock });
    const run = runWithContext({ deadline: clock.now() + 3000 }, () => guarded.execute(down));
    await clock.advance(3000);
    expect(await run).toMatchObject({ ok: false, error: { code: "RESILIENCE_TIMEOUT" } });
  });

  test("answers for an open circuit, a timeout, and a deadline that has passed", async () => {
    const clock = manualClock();
    const guarded = policy("p", { timeout: 100, breaker: { minimumCalls: 1 }, fallback: () => "stale", clock });
    const late = guarded.run(() => new Promise<string>(quiet));
    await clock.advance(100);
    await expect(late).resolves.toBe("stale");
    await expect(guarded.run(() => "never")).resolves.toBe("stale");
    const unbounded = policy("q", { fallback: () => "stale", clock });
    const within = runWithContext({ deadline: clock.now() + 50 }, () =>
      unbounded.run(() => new Promise<string>(quiet)),
    );
    await clock.advance(50);
    await expect(within).resolves.toBe("stale");
  });

  test("does not answer a caller who has gone", async () => {
    const fallback = vi.fn(() => 1);
    const controller = new AbortController();
    const run = policy("p", { fallback }).run(() => new Promise(quiet), { signal: controller.signal });
    controller.abort("gone");
    await expect(run).rejects.toBe("gone");
    expect(fallback).not.toHaveBeenCalled();
  });
});

describe("deadlines", () => {
  test("of the context shorten the timeout, the attempt timeout and the backoffs of a policy", async () => {
    const clock = manualClock();
    const guarded = policy("p", {
      timeout: "1h",
      retry: { attempts: 9, backoff: "constant", initialDelay: 40, jitter: "none", attemptTimeout: "1h" },
      clock,
    });
    const operation = scriptedOperation([{ error: new Error("busy") }, { error: new Error("busy") }, { hang: true }], {
      clock,
    });
    const within = runWithContext({ deadline: clock.now() + 100 }, () => guarded.execute(operation));
    await clock.advance(100);
    await expect(within).resolves.toMatchObject({ ok: false, attempts: 3, error: { code: "RESILIENCE_TIMEOUT" } });
  });

  test("go down into the operation's context when the policy propagates", async () => {
    const clock = manualClock();
    const inside = await policy("p", { timeout: 100, propagate: true, clock }).run(() => ({
      left: remainingTime(clock),
      signal: currentContext().signal instanceof AbortSignal,
    }));
    expect(inside).toEqual({ left: 100, signal: true });
    expect(await policy("p", { timeout: 100, clock }).run(() => remainingTime(clock))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("compose", () => {
  test("lays guards in the order given: a bulkhead outside the retry holds its slot through the waits", async () => {
    const clock = manualClock();
    const bulkhead = createBulkhead({ concurrency: 1, clock });
    const retrying = policy("retrying", { retry: { attempts: 2, initialDelay: 100, jitter: "none" }, clock });
    const guarded = compose(bulkhead, retrying);
    expect(guarded.name).toBe("bulkhead+retrying");
    const operation = scriptedOperation([{ error: new Error("busy") }, { value: "second" }]);
    const result = guarded.execute(operation);
    await clock.advance(1);
    expect(bulkhead.active).toBe(1);
    await clock.advance(100);
    await expect(result).resolves.toMatchObject({ value: "second", attempts: 2 });
    expect(bulkhead.active).toBe(0);
  });

  test("a slot outside a retry is held while a timed-out attempt still runs", async () => {
    const clock = manualClock();
    const bulkhead = createBulkhead({ concurrency: 1, clock });
    const guarded = compose(
      bulkhead,
      policy("p", { retry: { attempts: 2, attemptTimeout: 100, initialDelay: 0 }, clock }),
    );
    const first = Promise.withResolvers<string>();
    let calls = 0;
    const result = guarded.run(() => (++calls === 1 ? first.promise : "second"));
    await clock.advance(100);
    await expect(result).resolves.toBe("second");
    expect(bulkhead.active).toBe(1);
    first.resolve("late");
    await new Promise(setImmediate);
    expect(bulkhead.active).toBe(0);
  });

  test("takes guards of one's own", async () => {
    const order: string[] = [];
    const own: Runner = {
      async run(operation, options) {
        order.push("before");
        const { signal } = options ?? {};
        try {
          return await operation({
            signal: signal ?? new AbortController().signal,
            attempt: 1,
            deadline: undefined,
            hedge: 0,
          });
        } finally {
          order.push("after");
        }
      },
    };
    const guarded = compose(
      policy("outer", { retry: { attempts: 2, initialDelay: 0 } }),
      own,
      policy("inner", { timeout: "1s" }),
    );
    const operation = scriptedOperation([{ error: new Error("once") }, { value: "twice" }]);
    await expect(guarded.run(operation)).resolves.toBe("twice");
    expect(order).toEqual(["before", "after", "before", "after"]);
  });

  test("an abort goes through a guard of one's own, down to the operation", async () => {
    const controller = new AbortController();
    const own: Runner = {
      run: async (operation, options) =>
        operation({ attempt: 1, deadline: undefined, hedge: 0, signal: options?.signal as AbortSignal }),
    };
    let seen: AbortSignal | undefined;
    const run = compose(own, policy("p", { timeout: "1h" })).run(
      ({ signal }) => {
        seen = signal;
        return new Promise(quiet);
      },
      { signal: controller.signal },
    );
    await new Promise(setImmediate);
    controller.abort("gone");
    await expect(run).rejects.toBe("gone");
    expect(seen?.reason).toBe("gone");
  });

  test("refuses no guards, and what is not a guard", () => {
    expect(() => (compose as (...guards: unknown[]) => unknown)()).toThrow(TypeError);
    expect(() => compose({} as never)).toThrow(/run/);
  });
});

test("events tell attempts with outcome and duration, refusals, transitions and what the budget said", async () => {
  const clock = manualClock();
  using telemetry = captureTelemetry();
  const guarded = policy("api", {
    timeout: 500,
    retry: { attempts: 2, initialDelay: 10, jitter: "none" },
    breaker: { minimumCalls: 3 },
    budget: { minimumPerSecond: 1 },
    clock,
  });
  const run = async (operation: () => unknown): Promise<void> => {
    const outcome = guarded.execute(operation);
    await clock.advance(1000);
    await outcome;
  };
  await run(scriptedOperation([{ value: 1, after: 250 }], { clock }));
  await run(down);
  await run(() => new Promise(quiet));
  await run(() => 1);
  const attempts = telemetry.of("resilience.attempt");
  expect(attempts.map(({ labels, value }) => [labels.outcome, value])).toEqual(
    [
      ["ok", 0.25],
      ["failure", 0],
      ["failure", 0],
      ["timeout", 0.5],
    ].slice(0, attempts.length),
  );
  expect(attempts[1]?.details).toMatchObject({ attempt: 1, error: { message: "down" } });
  expect(telemetry.of("resilience.budget").map(({ labels }) => labels)).toEqual([
    { policy: "api", outcome: "granted" },
  ]);
  expect(telemetry.of("resilience.transition").map(({ labels }) => labels)).toEqual([
    { breaker: "api", from: "closed", to: "open" },
  ]);
  expect(telemetry.of("resilience.rejection").map(({ labels }) => labels)).toContainEqual({
    policy: "api",
    reason: "circuit_open",
  });
});

test("an attempt that its caller aborted is reported as cancelled", async () => {
  using telemetry = captureTelemetry();
  const controller = new AbortController();
  const run = policy("p", { timeout: "1h" }).run(() => new Promise(quiet), { signal: controller.signal });
  controller.abort("gone");
  await run.catch(quiet);
  expect(telemetry.of("resilience.attempt").map(({ labels }) => labels.outcome)).toEqual(["cancelled"]);
});

test.each([
  [{ timeout: 0 }, "timeout"],
  [{ timeout: "x" }, "timeout"],
  [{ retry: 3 }, "retry"],
  [{ retry: { attempts: 0 } }, "attempts"],
  [{ retry: { signal: AbortSignal.abort() } }, "signal"],
  [{ breaker: { failureRate: 2 } }, "failureRate"],
  [{ bulkhead: {} }, "concurrency"],
  [{ hedge: {} }, "after"],
  [{ fallback: 7 }, "fallback"],
  [{ fallback: [] }, "tiers"],
  [{ budget: { ratio: 7 } }, "ratio"],
  [{ budget: 5 }, "budget"],
  [{ propagate: "yes" }, "propagate"],
  [{ clock: {} }, "clock"],
  [{ retries: 3 }, "retries"],
])("policy refuses %j with a TypeError that names %s", (options, named) => {
  expect(() => policy("p", options as never)).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
  );
});

test("a deadline that passed while others held the slots neither hangs the call nor counts in the breaker", async () => {
  const clock = manualClock();
  const guarded = policy("p", {
    timeout: "1h",
    retry: { attempts: 3, initialDelay: 0, attemptTimeout: "1h" },
    breaker: { minimumCalls: 1 },
    bulkhead: { concurrency: 1, queue: 5 },
    clock,
  });
  const hold = Promise.withResolvers<void>();
  const holding = guarded.run(() => hold.promise);
  const within = runWithContext({ deadline: clock.now() + 100 }, () => guarded.execute(() => 1));
  await clock.advance(100);
  await expect(within).resolves.toMatchObject({ ok: false, attempts: 0, error: { code: "RESILIENCE_TIMEOUT" } });
  expect(guarded.breaker?.stats()).toMatchObject({ calls: 0, state: "closed" });
  hold.resolve();
  await holding;
  expect(guarded.bulkhead?.stats()).toMatchObject({ active: 0, queued: 0 });
  guarded.dispose();
});

test("time in a queue counts neither way in a breaker outside it, however many guards lie between", async () => {
  const clock = manualClock();
  const breaker = createBreaker({ name: "b", minimumCalls: 1, clock });
  const inner = policy("inner", { timeout: 100, bulkhead: { concurrency: 1, queue: 5 }, clock });
  const guarded = compose(breaker, inner);
  const hold = Promise.withResolvers<void>();
  const holding = inner.execute(() => hold.promise);
  const queued = guarded.execute(() => 1);
  await clock.advance(100);
  await expect(queued).resolves.toMatchObject({ ok: false, error: { code: "RESILIENCE_TIMEOUT" } });
  expect(breaker.stats().calls).toBe(0);
  hold.resolve();
  await holding;
});

test("a budget that throws fails the run, by a rejection", async () => {
  const broken = () => {
    throw new Error("broken budget");
  };
  const guarded = policy("p", {
    timeout: "1s",
    retry: {},
    budget: { ...retryBudget(), deposit: broken, tryTake: broken },
  });
  await expect(guarded.run(() => 1)).rejects.toThrow("broken budget");
});

test("attempts after a shared timer, a wait or a queue run in the context of their own caller, and so do events", async () => {
  const clock = manualClock();
  const seen: unknown[] = [];
  const note = (what: string): number => seen.push(`${what} of ${currentContext().correlationId}`);
  const guarded = policy("p", {
    retry: { attempts: 2, attemptTimeout: 100, initialDelay: 10, jitter: "none" },
    bulkhead: { concurrency: 2, queue: 10 },
    fallback: () => note("fallback"),
    budget: false,
    clock,
  });
  const operation = scriptedOperation([{ error: new Error("late"), after: 150 }], { clock });
  const end = onTelemetry(({ name, labels }) => name === "resilience.attempt" && note(String(labels.outcome)));
  const runs = ["a", "b"].map((correlationId) =>
    runWithContext({ correlationId }, () =>
      guarded.run((call) => {
        note(`attempt ${call.attempt}`);
        return operation(call);
      }),
    ),
  );
  await clock.advance("1s");
  await Promise.all(runs);
  end();
  const each = (id: string): string[] =>
    ["attempt 1", "timeout", "attempt 2", "timeout", "fallback"].map((what) => `${what} of ${id}`);
  for (const id of ["a", "b"]) expect(seen.filter((line) => String(line).endsWith(`of ${id}`))).toEqual(each(id));
  expect(seen).toHaveLength(10);
});

test("a bad run is refused with a TypeError and calls nothing", async () => {
  const operation = vi.fn();
  const guarded = policy("p");
  for (const options of [{ signal: 7 }, { idempotent: "no" }, { sginal: 1 }, null])
    await expect(guarded.run(operation, options as never)).rejects.toBeInstanceOf(TypeError);
  expect(operation).not.toHaveBeenCalled();
});

test("the policy's random spreads the waits of its retries, unless the retries have their own", async () => {
  const clock = manualClock();
  const waits: number[] = [];
  for (const own of [undefined, () => 0.25]) {
    const retry = { attempts: 2, initialDelay: 100, ...(own === undefined ? undefined : { random: own }) };
    const guarded = policy("p", { retry, random: () => 0.5, clock });
    const startedAt = clock.monotonic();
    const run = guarded.execute(({ attempt }) => {
      if (attempt === 1) throw new Error("down");
      waits.push(clock.monotonic() - startedAt);
    });
    await clock.advance(100);
    await run;
  }
  expect(waits).toEqual([50, 25]);
  expect(() => policy("p", { random: 0.5 as never })).toThrow(/random must be a function; got 0\.5/);
});

test.each([{}, { timeout: 1000 }])("an operation is called without a receiver, under %j too", async (options) => {
  function operation(this: unknown): unknown {
    return this;
  }
  expect(await policy("p", options).run(operation as () => unknown)).toBeUndefined();
});

test("a result that is repeated as a failure counts as one for the breaker of the policy by default", async () => {
  const retry = { attempts: 2, initialDelay: 0, retryResult: (value: unknown) => value === "busy" };
  const guarded = policy("p", { retry, breaker: { minimumCalls: 4 } });
  for (let run = 0; run < 2; run++) await guarded.run(() => "busy");
  expect(guarded.breaker?.state).toBe("open");
  guarded.dispose();
  const lenient = policy("p", { retry, breaker: { minimumCalls: 4, isFailedResult: () => false } });
  for (let run = 0; run < 2; run++) await lenient.run(() => "busy");
  expect(lenient.breaker?.stats()).toMatchObject({ state: "closed", calls: 4, failures: 0 });
  lenient.dispose();
});
