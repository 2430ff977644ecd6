import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { policy, retryBudget } from "./index.ts";
import { simulate } from "./testing.ts";

const drain = (budget: ReturnType<typeof retryBudget>): number => {
  let taken = 0;
  while (budget.tryTake()) taken += 1;
  return taken;
};

test("five first calls earn one repeated call, and a tenth ten times is one too", () => {
  const clock = manualClock();
  const budget = retryBudget({ minimumPerSecond: 0, clock });
  for (let i = 0; i < 4; i++) budget.deposit();
  expect(budget.tryTake()).toBe(false);
  budget.deposit();
  expect(budget.tryTake()).toBe(true);
  const tenth = retryBudget({ ratio: 0.1, minimumPerSecond: 0, clock });
  for (let i = 0; i < 10; i++) tenth.deposit();
  expect(tenth.tryTake()).toBe(true);
});

test("the floor lets a quiet service retry, so many times a second", async () => {
  const clock = manualClock();
  const budget = retryBudget({ minimumPerSecond: 3, clock });
  expect(drain(budget)).toBe(3);
  await clock.advance("1s");
  expect(drain(budget)).toBe(3);
  await clock.advance("1h");
  expect(drain(budget)).toBe(4);
});

test("take throws when nothing is left", () => {
  const budget = retryBudget({ minimumPerSecond: 1, clock: manualClock() });
  budget.take();
  expect(() => budget.take()).toThrow(expect.objectContaining({ code: "RESILIENCE_BUDGET_SPENT", retryable: true }));
});

test("over any sequence no more is granted than the ratio, the floor and the start allow", async () => {
  const step = fc.oneof(fc.constant("call" as const), fc.constant("retry" as const), fc.integer({ min: 1, max: 3000 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.constantFrom(0, 0.1, 0.2, 1),
      fc.constantFrom(0, 1, 10),
      async (steps, ratio, minimumPerSecond) => {
        const clock = manualClock();
        const budget = retryBudget({ ratio, minimumPerSecond, clock });
        let calls = 0;
        let granted = 0;
        for (const what of steps) {
          if (what === "call") {
            calls += 1;
            budget.deposit();
          } else if (what === "retry") granted += Number(budget.tryTake());
          else await clock.advance(what);
          const seconds = clock.monotonic() / 1000;
          expect(granted).toBeLessThanOrEqual(calls * ratio + (seconds + 1) * minimumPerSecond + 1e-6);
          expect(budget.balance).toBeGreaterThanOrEqual(-1e-6);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a clock that goes back earns nothing", () => {
  let now = 1000;
  const budget = retryBudget({ minimumPerSecond: 1, clock: { now: () => now, monotonic: () => now } });
  expect(drain(budget)).toBe(1);
  now = 0;
  expect(drain(budget)).toBe(0);
});

test("a dead upstream is hit with 1.2 × the offered load and the floor at most, though each caller would try five times", async () => {
  const clock = manualClock();
  const guarded = policy("dead", { retry: { attempts: 5, initialDelay: 50, maxDelay: 200 }, clock });
  let hits = 0;
  const runs: Promise<unknown>[] = [];
  for (let second = 0; second < 20; second++) {
    for (let i = 0; i < 100; i++) {
      runs.push(
        guarded.execute(() => {
          hits += 1;
          throw new Error("dead");
        }),
      );
    }
    await clock.advance("1s");
  }
  await Promise.all(runs);
  expect(hits).toBeGreaterThan(2000);
  expect(hits).toBeLessThanOrEqual(1.2 * 2000 + 10 * 21);
});

test("a budget that was full before the upstream died allows no more than what it had saved besides", async () => {
  const clock = manualClock();
  const guarded = policy("dying", { retry: { attempts: 4, initialDelay: 0 }, budget: { minimumPerSecond: 0 }, clock });
  for (let i = 0; i < 1000; i++) await guarded.run(() => "fine");
  let hits = 0;
  for (let i = 0; i < 100; i++) {
    await guarded.execute(() => {
      hits += 1;
      throw new Error("dead");
    });
  }
  expect(hits).toBeLessThanOrEqual(1.2 * 100 + 10);
});

test("one budget serves many policies", async () => {
  const budget = retryBudget({ ratio: 0, minimumPerSecond: 1, clock: manualClock() });
  const fail = (): never => {
    throw new Error("down");
  };
  const outcomes = [];
  for (const name of ["a", "b"])
    outcomes.push(await policy(name, { retry: { attempts: 2, initialDelay: 0 }, budget }).execute(fail));
  expect(outcomes.map(({ attempts }) => attempts)).toEqual([2, 1]);
});

test("budget: false leaves retries unbounded", async () => {
  const guarded = policy("free", { retry: { attempts: 3, initialDelay: 0 }, budget: false });
  let hits = 0;
  const runs = Array.from({ length: 50 }, () =>
    guarded.execute(() => {
      hits += 1;
      throw new Error("down");
    }),
  );
  await Promise.all(runs);
  expect(hits).toBe(150);
});

test.each([200, 1000])(
  "of %i calls a dead upstream gets 1.2 × in all, the floor being part of that",
  async (offered) => {
    for (const parallel of [1, 20, offered]) {
      const guarded = policy("dead", { retry: { attempts: 5, initialDelay: 0 }, clock: manualClock() });
      let hits = 0;
      const fail = (): never => {
        hits += 1;
        throw new Error("dead");
      };
      for (let i = 0; i < offered; i += parallel) {
        await Promise.all(Array.from({ length: parallel }, () => guarded.execute(fail)));
      }
      expect(hits).toBeLessThanOrEqual(1.2 * offered);
    }
  },
);

test("what the floor has granted is earned before the ratio grants more", () => {
  const budget = retryBudget({ minimumPerSecond: 2, clock: manualClock() });
  expect(drain(budget)).toBe(2);
  for (let i = 0; i < 14; i++) budget.deposit();
  expect(drain(budget)).toBe(0);
  budget.deposit();
  expect(drain(budget)).toBe(1);
});

test("the floor shrinks with the load", async () => {
  const taken = async (callsPerSecond: number): Promise<number> => {
    const clock = manualClock();
    const budget = retryBudget({ ratio: 0, minimumPerSecond: 1, clock });
    for (let second = 0; second < 60; second++) {
      for (let call = 0; call < callsPerSecond; call++) budget.deposit();
      await clock.advance("1s");
      void budget.balance;
    }
    drain(budget);
    let granted = 0;
    for (let second = 0; second < 60; second++) {
      for (let call = 0; call < callsPerSecond; call++) budget.deposit();
      await clock.advance("1s");
      granted += drain(budget);
    }
    return granted;
  };
  expect(await taken(0)).toBe(60);
  expect(await taken(3)).toBeLessThanOrEqual(16);
  expect(await taken(100)).toBeLessThanOrEqual(1);
});

test("a fleet of quiet processes gives an upstream that is down at most 1.5 times the load", async () => {
  const { during } = await simulate({
    policy: ({ clock, random }) => policy("p", { retry: { attempts: 3, attemptTimeout: "1s" }, clock, random }),
    upstream: { workers: 5, service: "50ms" },
    processes: 50,
    fault: { kind: "outage", from: "30s", until: "90s" },
    duration: "95s",
  });
  expect(during.amplification).toBeLessThan(1.5);
});

test("what the budget refused is seen in the outcome", async () => {
  const budget = retryBudget({ ratio: 0, minimumPerSecond: 1, clock: manualClock() });
  const guarded = policy("p", { retry: { attempts: 50, initialDelay: 0 }, budget });
  const outcome = await guarded.execute(() => Promise.reject(new Error("down")));
  expect(outcome).toMatchObject({ ok: false, attempts: 2, refused: 1 });
  expect(budget.refused).toBe(1);
  expect(await guarded.execute(() => 1)).toEqual({ ok: true, value: 1, attempts: 1 });
});
