import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { expect, test, vi } from "vitest";
import { type Call, hedge, policy, retryBudget } from "./index.ts";
import { LatencyWindow } from "./internal/latency-window.ts";

const quiet = (): undefined => undefined;

/** Calls that end when told to. */
function manual() {
  const calls: { call: Call; settle: PromiseWithResolvers<string> }[] = [];
  const operation = (call: Call): Promise<string> => {
    void call.signal;
    const settle = Promise.withResolvers<string>();
    calls.push({ call, settle });
    return settle.promise;
  };
  return { calls, operation };
}

test("a fast call is called once and leaves no timer", async () => {
  const clock = manualClock();
  await expect(hedge(() => "fast", { after: 50, clock })).resolves.toBe("fast");
  expect(clock.pending).toBe(0);
});

test("a slow call is called again after the delay; the first success wins and the loser is aborted, the winner is not", async () => {
  const clock = manualClock();
  const { calls, operation } = manual();
  const result = hedge(operation, { after: 50, max: 1, clock });
  await clock.advance(49);
  expect(calls.length).toBe(1);
  await clock.advance(1);
  expect(calls.length).toBe(2);
  await clock.advance("1h");
  expect(calls.length).toBe(2);
  calls[1]?.settle.resolve("second");
  await expect(result).resolves.toBe("second");
  expect(calls.map(({ call }) => call.signal.aborted)).toEqual([true, false]);
  expect(calls[0]?.call.signal.reason).toMatchObject({ code: "RESILIENCE_HEDGE_LOST" });
});

test("max says how many are called beside the first, each a delay later", async () => {
  const clock = manualClock();
  const { calls, operation } = manual();
  const result = hedge(operation, { after: 10, max: 3, clock });
  await clock.advance(1000);
  expect(calls.length).toBe(4);
  calls[2]?.settle.resolve("third");
  await expect(result).resolves.toBe("third");
});

test("a failure waits for the calls that still run, and is final when none does", async () => {
  const clock = manualClock();
  const { calls, operation } = manual();
  const result = hedge(operation, { after: 10, clock });
  await clock.advance(10);
  calls[0]?.settle.reject(new Error("first"));
  await clock.advance(1);
  calls[1]?.settle.resolve("second");
  await expect(result).resolves.toBe("second");
  const error = new Error("at once");
  await expect(hedge(() => Promise.reject(error), { after: 10, clock })).rejects.toBe(error);
  expect(clock.pending).toBe(0);
});

test("an abort ends all calls and leaves no timer", async () => {
  const clock = manualClock();
  const { calls, operation } = manual();
  const controller = new AbortController();
  const result = hedge(operation, { after: 10, max: 5, clock, signal: controller.signal });
  result.catch(quiet);
  await clock.advance(25);
  controller.abort("gone");
  await expect(result).rejects.toBe("gone");
  expect(calls.every(({ call }) => call.signal.aborted)).toBe(true);
  expect(clock.pending).toBe(0);
});

test("a quantile holds from the twentieth call of the same function on, and follows its latencies", async () => {
  const clock = manualClock();
  let latency = 10;
  let calls = 0;
  const operation = async (): Promise<number> => {
    const n = ++calls;
    const work = Promise.withResolvers<void>();
    clock.schedule(work.resolve, latency);
    await work.promise;
    return n;
  };
  const run = async (): Promise<number> => {
    const before = calls;
    const result = hedge(operation, { after: "p95", max: 1, clock });
    await clock.advance(500);
    await result;
    return calls - before;
  };
  latency = 100;
  for (let i = 0; i < 5; i++) expect(await run()).toBe(1);
  latency = 10;
  for (let i = 0; i < 15; i++) expect(await run()).toBe(1);
  latency = 101;
  expect(await run()).toBe(2);
  latency = 99;
  expect(await run()).toBe(1);
});

test("the quantile is the nearest rank of the last 256", () => {
  const window = new LatencyWindow();
  for (let i = 1; i <= 19; i++) window.record(i);
  expect(window.quantile(0.95)).toBeUndefined();
  for (let i = 20; i <= 100; i++) window.record(i);
  expect(window.quantile(0.5)).toBe(50);
  expect(window.quantile(0.95)).toBe(95);
  expect(window.quantile(0.999)).toBe(100);
  for (let i = 0; i < 256; i++) window.record(7);
  expect(window.quantile(0.99)).toBe(7);
});

test("hedges spend the budget, and without one left none is launched", async () => {
  const clock = manualClock();
  using telemetry = captureTelemetry();
  const budget = retryBudget({ ratio: 0, minimumPerSecond: 1, clock });
  const { calls, operation } = manual();
  const runs = [1, 2].map(() => hedge(operation, { after: 10, budget, clock }));
  await clock.advance(10);
  expect(calls.length).toBe(3);
  for (const { settle } of calls) settle.resolve("done");
  await Promise.all(runs);
  const outcomes = telemetry.of("resilience.hedge").map(({ labels }) => labels.outcome);
  expect(outcomes.sort()).toEqual(["launched", "refused"]);
});

test("a policy hedges what may be repeated, and nothing that its caller says may not", async () => {
  const clock = manualClock();
  const guarded = policy("p", { hedge: { after: 10 }, clock });
  const { calls, operation } = manual();
  const once = guarded.run(operation, { idempotent: false });
  await clock.advance(100);
  expect(calls.length).toBe(1);
  const twice = guarded.run(operation);
  await clock.advance(100);
  expect(calls.length).toBe(3);
  for (const { settle } of calls) settle.resolve("done");
  await Promise.all([once, twice]);
});

test("a loser counts neither way in the breaker, and its slot is held until it ends", async () => {
  const clock = manualClock();
  const guarded = policy("p", { hedge: { after: 10 }, breaker: {}, bulkhead: { concurrency: 2 }, clock });
  const { calls, operation } = manual();
  const result = guarded.run(operation);
  await clock.advance(10);
  calls[1]?.settle.resolve("second");
  await result;
  expect(guarded.breaker?.stats()).toMatchObject({ calls: 1, failures: 0 });
  expect(guarded.bulkhead?.active).toBe(1);
  calls[0]?.settle.resolve("first");
  await new Promise(setImmediate);
  expect(guarded.bulkhead?.active).toBe(0);
});

test.each([
  [{}, "after"],
  [{ after: "p0" }, "after"],
  [{ after: "p100" }, "after"],
  [{ after: "often" }, "after"],
  [{ after: -1 }, "after"],
  [{ after: 1, max: 0 }, "max"],
  [{ after: 1, max: 11 }, "max"],
  [{ after: 1, budget: {} }, "budget"],
  [{ after: 1, count: 1 }, "count"],
])("hedge refuses %j with a TypeError that names %s", async (options, named) => {
  await expect(hedge(quiet, options as never)).rejects.toMatchObject({
    name: "TypeError",
    message: expect.stringContaining(named),
  });
});

test("the quantile learns from the winner and from the first call, and not from other losers", async () => {
  const record = vi.spyOn(LatencyWindow.prototype, "record");
  const clock = manualClock();
  const { calls, operation } = manual();
  const result = hedge(operation, { after: 50, max: 2, clock });
  await clock.advance(100);
  expect(calls).toHaveLength(3);
  await clock.advance(10);
  calls[1]?.settle.resolve("second");
  await expect(result).resolves.toBe("second");
  expect(record.mock.calls).toEqual([[110], [60]]);
  record.mockRestore();
});

test("a first call earns budget once, also if a retry and a hedge share it", async () => {
  const budget = { deposit: vi.fn(), tryTake: () => true, take: () => undefined, balance: 1 };
  await hedge(() => "fast", { after: 50, budget, clock: manualClock() });
  expect(budget.deposit).toHaveBeenCalledTimes(1);
  const both = policy("p", { retry: { budget }, hedge: { after: 50, budget }, clock: manualClock() });
  await both.run(async () => "fast");
  expect(budget.deposit).toHaveBeenCalledTimes(2);
  const alone = policy("q", { hedge: { after: 50, budget }, clock: manualClock() });
  await alone.run(async () => "fast");
  expect(budget.deposit).toHaveBeenCalledTimes(3);
});
