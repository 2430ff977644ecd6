import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { describe, expect, test, vi } from "vitest";
import { type BreakerOptions, createBreaker, policy } from "../index.ts";

const down = (): Promise<never> => Promise.reject(new Error("down"));
const quiet = (): undefined => undefined;
const opened = async (options: Partial<BreakerOptions> = {}) => {
  const clock = manualClock();
  const breaker = createBreaker({ name: "b", clock, minimumCalls: 1, openJitter: 0, openFor: "10s", ...options });
  await breaker.run(down).catch(quiet);
  return { clock, breaker };
};

describe("why a breaker opened", () => {
  test("is in its statistics, its change, the event and the refusal's cause while it is open and half-open", async () => {
    const clock = manualClock();
    using telemetry = captureTelemetry();
    const breaker = createBreaker({ name: "b", clock, minimumCalls: 4, openJitter: 0, openFor: "10s" });
    const changes: unknown[] = [];
    breaker.onChange((change) => changes.push(change));
    const last = Object.assign(new Error("secret text"), { code: "ECONNREFUSED" });
    for (const error of [undefined, undefined, last, last])
      await breaker.run(() => (error ? Promise.reject(error) : 1)).catch(quiet);
    const figures = { calls: 4, failures: 2, failureRate: 0.5, reason: "failures" };
    expect(breaker.stats()).toMatchObject({ ...figures, lastError: "ECONNREFUSED" });
    expect(breaker.opening).toMatchObject({ ...figures, lastError: last, at: clock.now() });
    expect(changes).toMatchObject([{ from: "closed", to: "open", opening: { ...figures, lastError: last } }]);
    expect(telemetry.of("resilience.transition")[0]?.details).toEqual({
      reason: "failures",
      calls: 4,
      failed: 2,
      error: last,
    });
    const refusal = await breaker.run(quiet).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ cause: last, context: figures });
    await clock.advance("10s");
    expect(breaker.stats()).toMatchObject({ state: "half-open", ...figures });
    await breaker.run(() => 1);
    expect(breaker.stats()).toMatchObject({ state: "closed", calls: 0, reason: undefined, lastError: undefined });
    expect(breaker.opening).toBeUndefined();
  });

  test("is that probes failed, with the figures of the first opening", async () => {
    const { breaker, clock } = await opened();
    await clock.advance("10s");
    await breaker.run(down).catch(quiet);
    expect(breaker.opening).toMatchObject({ reason: "probes", calls: 1, failures: 1 });
  });
});

describe("the open time", () => {
  test("is shortened by chance, by a tenth at most, and asked for once per opening", async () => {
    const clock = manualClock();
    const openFor = vi.fn(() => "10s" as const);
    const breaker = createBreaker({ name: "b", clock, minimumCalls: 1, openFor, random: () => 0.5 });
    await breaker.run(down).catch(quiet);
    expect(breaker.stats().openRemaining).toBe(9500);
    await clock.advance(9500);
    void breaker.run(() => new Promise(quiet)).catch(quiet);
    await breaker.run(quiet).catch(quiet);
    expect(openFor).toHaveBeenCalledTimes(1);
  });
});

describe("probes", () => {
  test("a probe that succeeds late closes the breaker, however long the calls take", async () => {
    const { breaker, clock } = await opened({ probeTimeout: "5s" });
    await clock.advance("10s");
    const slow = Promise.withResolvers<string>();
    const run = breaker.run(() => slow.promise);
    await clock.advance("5s");
    expect(breaker.state).toBe("open");
    slow.resolve("late");
    expect(await run).toBe("late");
    expect(breaker.state).toBe("closed");
    breaker.dispose();
  });

  test("a late success of one of three probes lets the others probe at once", async () => {
    const { breaker, clock } = await opened({ probeTimeout: "5s", probes: 3 });
    await clock.advance("10s");
    const slow = Promise.withResolvers<void>();
    const run = breaker.run(() => slow.promise);
    await clock.advance("5s");
    slow.resolve();
    await run;
    expect(breaker.state).toBe("half-open");
    for (let i = 0; i < 2; i++) await breaker.run(quiet);
    expect(breaker.state).toBe("closed");
  });

  test("a late failure, and a late success after a reset, change nothing", async () => {
    const { breaker, clock } = await opened({ probeTimeout: "5s" });
    await clock.advance("10s");
    const slow = Promise.withResolvers<void>();
    const run = breaker.run(() => slow.promise);
    await clock.advance("5s");
    slow.reject(new Error("still down"));
    await run.catch(quiet);
    expect(breaker.state).toBe("open");
  });

  test("of a policy may take as long as its timeout, if that is longer than the open time", async () => {
    const clock = manualClock();
    const guarded = policy("llm", {
      timeout: "20s",
      breaker: { minimumCalls: 1, openFor: "10s", openJitter: 0 },
      clock,
    });
    await guarded.run(down).catch(quiet);
    await clock.advance("10s");
    const run = guarded.run(async () => {
      await new Promise<void>((resolve) => void clock.schedule(resolve, 15_000));
      return "answer";
    });
    await clock.advance("15s");
    expect(await run).toBe("answer");
    expect(guarded.breaker?.stats()).toMatchObject({ state: "closed", opened: 1 });
    guarded.dispose();
  });

  test("may fail up to a tolerance", async () => {
    const { breaker, clock } = await opened({ probes: 10, probeFailureRate: 0.5 });
    await clock.advance("10s");
    for (let i = 0; i < 10; i++) await breaker.run(i % 3 === 0 ? down : quiet).catch(quiet);
    expect(breaker.state).toBe("closed");
    const strict = await opened({ probes: 10, probeFailureRate: 0.3 });
    await strict.clock.advance("10s");
    for (let i = 0; i < 10; i++) await strict.breaker.run(i % 3 === 0 ? down : quiet).catch(quiet);
    expect(strict.breaker.state).toBe("open");
  });
});

describe("a ramp", () => {
  const share = async (breaker: Awaited<ReturnType<typeof opened>>["breaker"]): Promise<number> => {
    let passed = 0;
    for (let i = 0; i < 100; i++) await breaker.run(() => (passed += 1)).catch(quiet);
    return passed / 100;
  };

  test("lets a growing share of calls through, from a tenth to all of them, and then closes", async () => {
    let draw = 0;
    const random = (): number => (draw++ % 100) / 100;
    const { breaker, clock } = await opened({ ramp: "10s", random });
    await clock.advance("10s");
    await breaker.run(quiet);
    expect(breaker.state).toBe("half-open");
    expect(await share(breaker)).toBeCloseTo(0.1, 1);
    await clock.advance("5s");
    expect(await share(breaker)).toBeCloseTo(0.55, 1);
    await clock.advance("5s");
    expect(breaker.state).toBe("closed");
    expect(await share(breaker)).toBe(1);
    breaker.dispose();
  });

  test("opens again by the rule of the window", async () => {
    const { breaker, clock } = await opened({ ramp: "10s", minimumCalls: 1, random: () => 0 });
    await clock.advance("10s");
    await breaker.run(quiet);
    await breaker.run(down).catch(quiet);
    expect(breaker.opening).toMatchObject({ reason: "failures" });
    expect(breaker.stats().opened).toBe(2);
  });
});

describe("a verdict", () => {
  class NotFound extends Error {}
  const missing = (): Promise<never> => Promise.reject(new NotFound());

  test('"success" counts a declined error as an answer of a healthy upstream', async () => {
    const clock = manualClock();
    const isFailure = (error: unknown) => (error instanceof NotFound ? ("success" as const) : true);
    const breaker = createBreaker({ name: "b", isFailure, minimumCalls: 10, clock });
    for (let i = 0; i < 96; i++) await breaker.run(missing).catch(quiet);
    for (let i = 0; i < 3; i++) await breaker.run(down).catch(quiet);
    expect(breaker.stats()).toMatchObject({ state: "closed", calls: 99, failures: 3 });
  });

  test('"success" of a probe closes the breaker', async () => {
    const { breaker, clock } = await opened({
      isFailure: (error) => (error instanceof NotFound ? "success" : true),
    });
    await clock.advance("10s");
    await breaker.run(missing).catch(quiet);
    expect(breaker.state).toBe("closed");
  });

  test("an AbortError of the operation's own signal is not counted", async () => {
    const breaker = createBreaker({ name: "b", minimumCalls: 1, clock: manualClock() });
    await breaker.run(() => Promise.reject(new DOMException("gone", "AbortError"))).catch(quiet);
    expect(breaker.stats()).toMatchObject({ state: "closed", calls: 0 });
  });
});

describe("by hand", () => {
  test("trip opens it, and it probes after the open time", async () => {
    const clock = manualClock();
    const breaker = createBreaker({ name: "b", openFor: "10s", openJitter: 0, clock });
    breaker.trip();
    expect(breaker.opening).toMatchObject({ reason: "tripped" });
    await expect(breaker.run(quiet)).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
    await clock.advance("10s");
    await breaker.run(quiet);
    expect(breaker.state).toBe("closed");
    breaker.dispose();
    breaker.trip();
    expect(breaker.state).toBe("closed");
  });

  test("in the mode metrics-only it changes its state and refuses nothing", async () => {
    const { breaker, clock } = await opened({ mode: "metrics-only" });
    expect(breaker.state).toBe("open");
    expect(await breaker.run(() => "through")).toBe("through");
    expect(breaker.stats()).toMatchObject({ mode: "metrics-only", rejected: 0, wouldReject: 1 });
    await clock.advance("10s");
    await breaker.run(quiet);
    expect(breaker.state).toBe("closed");
  });

  test("disabled it counts nothing, until the mode is changed", async () => {
    const breaker = createBreaker({ name: "b", minimumCalls: 1, mode: "disabled", clock: manualClock() });
    for (let i = 0; i < 20; i++) await breaker.run(down).catch(quiet);
    expect(breaker.stats()).toMatchObject({ state: "closed", calls: 0, mode: "disabled" });
    breaker.setMode("enforcing");
    await breaker.run(down).catch(quiet);
    expect(breaker.state).toBe("open");
    expect(() => breaker.setMode("off" as never)).toThrow(/mode must be/);
  });
});
