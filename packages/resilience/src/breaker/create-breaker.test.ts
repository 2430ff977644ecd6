import { sleep } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test, vi } from "vitest";
import { type BreakerOptions, createBreaker, policy } from "../index.ts";
import { scriptedOperation } from "../testing.ts";

const down = (): Promise<never> => Promise.reject(new Error("down"));
const quiet = (): undefined => undefined;
const open = async (options: Partial<BreakerOptions> = {}) => {
  const clock = manualClock();
  const breaker = createBreaker({
    name: "upstream",
    clock,
    minimumCalls: 1,
    openJitter: 0,
    openFor: "10s",
    ...options,
  });
  await breaker.run(down).catch(quiet);
  return { clock, breaker };
};

describe("a refusal", () => {
  test("carries when to try again, no stack, and is not the operation's call", async () => {
    const { breaker, clock } = await open();
    await clock.advance(2500);
    const operation = vi.fn();
    const error = await breaker.run(operation).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN", status: 503, retryable: true, retryAfter: 7500 });
    expect((error as Error).stack?.split("\n")).toHaveLength(1);
    expect(operation).not.toHaveBeenCalled();
    expect(breaker.stats().rejected).toBe(1);
  });

  test("in half-open, while all probes are out, says when the last one is due", async () => {
    const { breaker, clock } = await open({ probeTimeout: 400 });
    await clock.advance("10s");
    void breaker.run(() => new Promise(quiet)).catch(quiet);
    await clock.advance(100);
    await expect(breaker.run(() => 1)).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN", retryAfter: 300 });
  });

  test("costs no more than making the error: no timer, no listener, no stack", async () => {
    const { breaker, clock } = await open();
    const before = clock.pending;
    for (let i = 0; i < 1000; i++) await breaker.run(quiet).catch(quiet);
    expect(clock.pending).toBe(before);
  });
});

describe("half-open", () => {
  test("lets exactly N probes through, and closes when all of them have succeeded", async () => {
    const { breaker, clock } = await open({ probes: 3 });
    await clock.advance("10s");
    expect(breaker.state).toBe("half-open");
    const settle = Promise.withResolvers<void>();
    const runs = Array.from({ length: 5 }, () => breaker.run(() => settle.promise));
    const refused = await Promise.allSettled(runs.slice(3));
    expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    settle.resolve();
    await Promise.all(runs.slice(0, 3));
    expect(breaker.state).toBe("closed");
  });

  test("one failed probe opens it again", async () => {
    const { breaker, clock } = await open({ probes: 3 });
    await clock.advance("10s");
    await breaker.run(() => 1);
    await breaker.run(down).catch(quiet);
    expect(breaker.state).toBe("open");
    expect(breaker.stats().opened).toBe(2);
  });

  test("a probe that its caller took back says nothing; the next call may probe", async () => {
    const { breaker, clock } = await open();
    await clock.advance("10s");
    const controller = new AbortController();
    const probe = breaker.run(() => new Promise(quiet), { signal: controller.signal });
    controller.abort(new Error("gone"));
    await expect(probe).rejects.toThrow("gone");
    expect(breaker.state).toBe("half-open");
    await breaker.run(() => 1);
    expect(breaker.state).toBe("closed");
  });

  test("is entered by a call too when the timer is late", async () => {
    let now = 0;
    const clock = { now: () => now, monotonic: () => now, schedule: () => () => undefined };
    const breaker = createBreaker({ name: "b", clock, minimumCalls: 1, openJitter: 0, openFor: 1000 });
    await breaker.run(down).catch(quiet);
    now = 1000;
    await expect(breaker.run(() => "through")).resolves.toBe("through");
    expect(breaker.state).toBe("closed");
  });
});

describe("the open time", () => {
  test("grows while probes fail, up to the longest open time, and starts again after recovery", async () => {
    const { breaker, clock } = await open({ openJitter: 0, openFor: { initial: "1s", factor: 3, max: "5s" } });
    for (const length of [1000, 3000, 5000, 5000]) {
      expect(breaker.stats().openRemaining).toBe(length);
      await clock.advance(length);
      await breaker.run(down).catch(quiet);
    }
    await clock.advance("5s");
    await breaker.run(() => "back");
    await breaker.run(down).catch(quiet);
    expect(breaker.stats().openRemaining).toBe(1000);
  });

  test("may be a function of the openings; one that fails leaves 30 s", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(quiet);
    const { breaker, clock } = await open({
      openJitter: 0,
      openFor: (openings) => (openings === 1 ? "2s" : Number.NaN),
    });
    expect(breaker.stats().openRemaining).toBe(2000);
    await clock.advance("2s");
    await breaker.run(down).catch(quiet);
    expect(breaker.stats().openRemaining).toBe(30_000);
    warned.mockRestore();
  });

  test("is measured on the monotonic clock: a jump of the wall clock changes nothing", async () => {
    const { breaker, clock } = await open();
    clock.jumpTo(clock.now() + 86_400_000);
    expect(breaker.state).toBe("open");
    clock.jumpTo(0);
    await clock.advance("10s");
    expect(breaker.state).toBe("half-open");
  });
});

describe("what counts", () => {
  test("errors that isFailure declines count neither way", async () => {
    const { breaker } = await open({ minimumCalls: 2, isFailure: (error) => (error as Error).message === "down" });
    for (let i = 0; i < 20; i++) await breaker.run(() => Promise.reject(new Error("404"))).catch(quiet);
    expect(breaker.stats()).toMatchObject({ calls: 1, failures: 1, state: "closed" });
  });

  test("results that isFailedResult names count as failures and are returned all the same", async () => {
    const clock = manualClock();
    const isFailedResult = (value: unknown): boolean => value === 503;
    const breaker = createBreaker({ name: "b", clock, minimumCalls: 2, isFailedResult });
    for (let i = 0; i < 2; i++) await expect(breaker.run(() => 503)).resolves.toBe(503);
    expect(breaker.state).toBe("open");
  });

  test("a mistake in isFailedResult is reported, and leaves successes what they are", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(quiet);
    const mistakes = [
      () => Promise.resolve(true) as unknown as boolean,
      () => (undefined as never as string[])[0] === "x",
    ];
    for (const isFailedResult of mistakes) {
      const breaker = createBreaker({ name: "b", clock: manualClock(), minimumCalls: 1, isFailedResult });
      await expect(breaker.run(() => "fine")).resolves.toBe("fine");
      expect(breaker.stats()).toMatchObject({ state: "closed", calls: 1, failures: 0 });
      breaker.dispose();
    }
    expect(warned).toHaveBeenCalledTimes(2);
    warned.mockRestore();
  });

  test("a call that its caller took back counts neither way, one that ran out of time is a failure", async () => {
    const clock = manualClock();
    const guarded = policy("p", { timeout: 100, breaker: { minimumCalls: 2 }, clock });
    const controller = new AbortController();
    const takenBack = guarded.run(() => new Promise(quiet), { signal: controller.signal }).catch(quiet);
    controller.abort();
    await takenBack;
    expect(guarded.breaker?.stats().calls).toBe(0);
    const late = guarded.run(() => new Promise(quiet)).catch(quiet);
    await clock.advance(100);
    await late;
    expect(guarded.breaker?.stats()).toMatchObject({ calls: 1, failures: 1 });
  });

  test("a caller's AbortSignal.timeout counts as the upstream's failure", async () => {
    const { breaker } = await open({ minimumCalls: 5 });
    const controller = new AbortController();
    const late = breaker.run(() => new Promise(quiet), { signal: controller.signal }).catch(quiet);
    controller.abort(new DOMException("time", "TimeoutError"));
    await late;
    expect(breaker.stats().failures).toBe(2);
  });

  test("a refusal of the bulkhead beneath, and a timeout in its queue, count neither way", async () => {
    const clock = manualClock();
    const guarded = policy("p", {
      timeout: 100,
      breaker: { minimumCalls: 1 },
      bulkhead: { concurrency: 1, queue: 1 },
      clock,
    });
    const hold = Promise.withResolvers<void>();
    const controller = new AbortController();
    void guarded.run(() => hold.promise, { signal: controller.signal }).catch(quiet);
    controller.abort();
    const queued = guarded.execute(() => 1);
    await expect(guarded.run(() => 2)).rejects.toMatchObject({ code: "RESILIENCE_BULKHEAD_FULL" });
    await clock.advance(100);
    await expect(queued).resolves.toMatchObject({ ok: false, error: { code: "RESILIENCE_TIMEOUT" }, attempts: 0 });
    expect(guarded.breaker?.stats()).toMatchObject({ calls: 0, state: "closed" });
    hold.resolve();
  });
});

describe("slow calls", () => {
  const slowBreaker = (rate: number) => {
    const clock = manualClock();
    const breaker = createBreaker({
      name: "b",
      clock,
      minimumCalls: 4,
      openJitter: 0,
      openFor: "10s",
      slowCall: { duration: 100, rate },
    });
    const call = async (after: number): Promise<void> => {
      const result = breaker.run(scriptedOperation([{ value: 1, after }], { clock }));
      await clock.advance(after);
      await result;
    };
    return { breaker, clock, call };
  };

  test("open the breaker at their rate, though all of them succeed", async () => {
    const { breaker, call } = slowBreaker(0.5);
    for (const after of [99, 100, 50]) await call(after);
    expect(breaker.stats()).toMatchObject({ state: "closed", slow: 1, failures: 0 });
    await call(200);
    expect(breaker.state).toBe("open");
  });

  test("do not count the time that a call waited for a slot", async () => {
    const clock = manualClock();
    const breaker = createBreaker({ name: "b", clock, minimumCalls: 2, slowCall: { duration: 100 } });
    const guarded = policy("p", { breaker, bulkhead: { concurrency: 1, queue: 5 }, clock });
    const operation = scriptedOperation([{ value: 1, after: 90 }], { clock });
    const runs = [1, 2, 3].map(() => guarded.run(operation));
    await clock.advance(270);
    await Promise.all(runs);
    expect(breaker.stats()).toMatchObject({ calls: 3, slow: 0 });
  });

  test("that are probes do not close it", async () => {
    const { breaker, clock, call } = slowBreaker(1);
    for (let i = 0; i < 4; i++) await call(100);
    await clock.advance("10s");
    await call(100);
    expect(breaker.state).toBe("open");
    await clock.advance("10s");
    await call(1);
    expect(breaker.state).toBe("closed");
  });
});

describe("isolation", () => {
  test("refuses all calls until everybody has let go, whatever happens beneath", async () => {
    const clock = manualClock();
    const breaker = createBreaker({ name: "b", clock });
    const [first, second] = [breaker.isolate(), breaker.isolate()];
    await expect(breaker.run(() => 1)).rejects.toMatchObject({ code: "RESILIENCE_ISOLATED", retryable: false });
    first();
    first();
    expect(breaker.state).toBe("isolated");
    breaker.reset();
    expect(breaker.state).toBe("isolated");
    second();
    expect(breaker.state).toBe("closed");
    await expect(breaker.run(() => 1)).resolves.toBe(1);
  });

  test("lifted from an open breaker leaves it open", async () => {
    const { breaker } = await open();
    breaker.isolate()();
    expect(breaker.state).toBe("open");
  });
});

test("every listener is called with the changes in their order, until it is removed", async () => {
  const { breaker, clock } = await open({ openJitter: 0, openFor: 1000 });
  const seen: string[] = [];
  const stop = breaker.onChange(({ name, from, to, at }) => seen.push(`${name} ${from} ${to} ${at === clock.now()}`));
  await clock.advance(1000);
  await breaker.run(() => 1);
  const release = breaker.isolate();
  release();
  stop();
  breaker.isolate();
  expect(seen).toEqual([
    "upstream open half-open true",
    "upstream half-open closed true",
    "upstream closed isolated true",
    "upstream isolated closed true",
  ]);
});

test("a listener may reset the breaker that tells it", async () => {
  const { breaker, clock } = await open({ openJitter: 0, openFor: 1000 });
  breaker.onChange(({ to }) => to === "half-open" && breaker.reset());
  await clock.advance(1000);
  expect(breaker.state).toBe("closed");
  await expect(breaker.run(() => 1)).resolves.toBe(1);
});

test("a rejecting listener is reported, not left unhandled", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(quiet);
  const breaker = createBreaker({ name: "b", clock: manualClock() });
  breaker.onChange(async () => {
    throw new Error("later");
  });
  breaker.isolate();
  await new Promise(setImmediate);
  expect(warned).toHaveBeenCalledOnce();
  warned.mockRestore();
});

test("reset closes and forgets", async () => {
  const { breaker, clock } = await open();
  breaker.reset();
  expect(breaker.stats()).toMatchObject({ state: "closed", calls: 0, openRemaining: 0 });
  expect(clock.pending).toBe(0);
});

describe("snapshot and restore", () => {
  test("keep the window of a closed breaker while it is young enough", () => {
    const clock = manualClock();
    const { window: _window, ...taken } = createBreaker({ name: "b", clock }).snapshot();
    const restore = { ...taken, calls: 9, failures: 5 };
    const breaker = createBreaker({ name: "b", clock, restore, window: "10s" });
    expect(breaker.stats()).toMatchObject({ calls: 9, failures: 5 });
    clock.jumpTo(clock.now() + 10_000);
    expect(createBreaker({ name: "b", clock, restore, window: "10s" }).stats().calls).toBe(0);
  });

  test("keep how often it opened, so a growing open time goes on growing", async () => {
    const openFor = { initial: 1000, factor: 2 };
    const { breaker, clock } = await open({ openFor });
    const restored = createBreaker({
      name: "b",
      clock,
      minimumCalls: 1,
      openJitter: 0,
      openFor,
      restore: breaker.snapshot(),
    });
    await clock.advance(1000);
    await restored.run(down).catch(quiet);
    expect(restored.stats().openRemaining).toBe(2000);
  });

  test("bring an open time that has passed, and half-open, back as half-open with all its probes", async () => {
    const { breaker, clock } = await open();
    const restore = breaker.snapshot();
    clock.jumpTo(clock.now() + 60_000);
    const restored = createBreaker({ name: "b", clock, restore });
    expect(restored.state).toBe("half-open");
    await restored.run(() => 1);
    expect(restored.state).toBe("closed");
    expect(createBreaker({ name: "b", clock, restore: { ...restore, state: "half-open" } }).state).toBe("half-open");
  });

  test.each([
    {},
    null,
    7,
    { state: "ajar" },
    { state: "open", at: Number.NaN },
    { state: "open", at: 1, openRemaining: -1 },
  ])("refuse the snapshot %j", (restore) => {
    expect(() => createBreaker({ name: "b", restore: restore as never })).toThrow(TypeError);
  });
});

test("a breaker ends with its scope, and isolation outlives it", async () => {
  const clock = manualClock();
  let kept: ReturnType<typeof createBreaker>;
  {
    await using breaker = createBreaker({ name: "b", clock, minimumCalls: 1 });
    await breaker.run(down).catch(quiet);
    breaker.isolate();
    kept = breaker;
  }
  expect(clock.pending).toBe(0);
  kept.reset();
  expect(kept.state).toBe("isolated");
});

test("an idle breaker owns no timer, and ten thousand of them none either", async () => {
  const clock = manualClock();
  const breakers = Array.from({ length: 10_000 }, (_, i) => createBreaker({ name: `b${i}`, clock }));
  expect(clock.pending).toBe(0);
  for (const breaker of breakers.slice(0, 100)) await breaker.run(() => 1);
  expect(clock.pending).toBe(1);
  await clock.advance("11s");
  expect(clock.pending).toBe(0);
});

test.each([
  [{}, "name"],
  [{ name: "" }, "name"],
  [{ failureRate: 0 }, "failureRate"],
  [{ failureRate: 1.1 }, "failureRate"],
  [{ failureRate: Number.NaN }, "failureRate"],
  [{ minimumCalls: 0 }, "minimumCalls"],
  [{ minimumCalls: Number.POSITIVE_INFINITY }, "minimumCalls"],
  [{ window: 5 }, "window"],
  [{ window: "never" }, "window"],
  [{ openJitter: 0, openFor: 0 }, "openFor"],
  [{ openJitter: 0, openFor: null }, "openFor"],
  [{ openJitter: 0, openFor: { initial: 1, factor: 0.5 } }, "openFor.factor"],
  [{ openJitter: 0, openFor: { start: 1 } }, "start"],
  [{ probes: 0 }, "probes"],
  [{ probeTimeout: 0 }, "probeTimeout"],
  [{ slowCall: {} }, "slowCall.duration"],
  [{ slowCall: { duration: 1, rate: 2 } }, "slowCall.rate"],
  [{ isFailure: "no" }, "isFailure"],
  [{ isFailedResult: 1 }, "isFailedResult"],
  [{ clock: { now: () => 1 } }, "clock"],
  [{ failureRatio: 0.5 }, "failureRatio"],
])("createBreaker refuses %j with a TypeError that names %s", (options, named) => {
  const given = named === "name" ? options : { name: "b", ...options };
  expect(() => createBreaker(given as never)).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
  );
});

test("a success that makes up the minimum of calls opens it, if the share of failures is at the threshold", async () => {
  const breaker = createBreaker({ name: "b", failureRate: 0.5, minimumCalls: 10, clock: manualClock() });
  for (let i = 0; i < 10; i++) {
    expect(breaker.state).toBe("closed");
    await breaker.run(() => (i % 2 === 0 ? down() : "up")).catch(quiet);
  }
  expect(breaker.state).toBe("open");
  breaker.dispose();
});

test("a quick call that makes up the minimum opens it, if the share of slow calls is at the threshold", async () => {
  const clock = manualClock();
  const breaker = createBreaker({ name: "b", minimumCalls: 2, slowCall: { duration: 100, rate: 0.5 }, clock });
  const slow = breaker.run(() => sleep(100, { clock }));
  await clock.advance(100);
  await slow;
  expect(breaker.state).toBe("closed");
  await breaker.run(() => "quick");
  expect(breaker.state).toBe("open");
  breaker.dispose();
});

test("successes alone, and failures that have expired, open nothing", async () => {
  const clock = manualClock();
  const breaker = createBreaker({ name: "b", minimumCalls: 2, window: "10s", clock });
  await breaker.run(down).catch(quiet);
  await clock.advance("11s");
  for (let i = 0; i < 5; i++) await breaker.run(() => "up");
  expect(breaker.stats()).toMatchObject({ state: "closed", calls: 5, failures: 0 });
  breaker.dispose();
});

test("with a clock that is two functions and moved by hand, no state and no sample is shown that is out of date", async () => {
  let time = 0;
  const clock = { now: () => time, monotonic: () => time };
  const breaker = createBreaker({ name: "b", minimumCalls: 2, window: "10s", openJitter: 0, openFor: "30s", clock });
  const seen: string[] = [];
  breaker.onChange(({ to }) => seen.push(to));
  await breaker.run(() => "old");
  time = 60_000;
  for (let i = 0; i < 3; i++) await breaker.run(() => "new");
  expect(breaker.stats().calls).toBe(3);
  time = 120_000;
  for (let i = 0; i < 2; i++) await breaker.run(down).catch(quiet);
  time += 29_999;
  expect([breaker.state, breaker.stats().openRemaining, breaker.snapshot().state]).toEqual(["open", 1, "open"]);
  time += 1;
  expect([breaker.snapshot().state, breaker.stats().state, breaker.state]).toEqual(Array(3).fill("half-open"));
  expect(seen).toEqual(["open", "half-open"]);
  expect(await breaker.run(() => "back")).toBe("back");
  expect(breaker.state).toBe("closed");
  breaker.dispose();
});
