import { describe, expect, test } from "vitest";
import { adaptiveBulkhead, compose, policy } from "../index.ts";

describe("explain", () => {
  test("shows the guards in their order, the longest time, the calls and the amplification", () => {
    const guarded = policy("stock", {
      fallback: () => 0,
      timeout: "10s",
      retry: { attempts: 3, attemptTimeout: "2s", initialDelay: "100ms" },
      hedge: { after: "500ms" },
      breaker: { openFor: "30s" },
      bulkhead: { concurrency: 5, queue: 2, queueTimeout: "1s" },
    });
    const explained = guarded.explain();
    expect(explained.guards.map((guard) => guard.split(/[ :]/)[0])).toEqual([
      "Fallback",
      "Timeout",
      "Retry",
      "Hedge",
      "Breaker",
      "Bulkhead",
    ]);
    // Three attempts of 2 s, waits of 0.1 and 0.2 s, and a second for the fallback.
    expect(explained).toMatchObject({ name: "stock", longest: 7300, calls: 6, amplification: 1.2, warnings: [] });
    expect(String(explained)).toContain("A run takes at most 7.3 s and calls the operation at most 6 times.");
    guarded.dispose();
  });

  test("adds up attempts, waits and queues where no timeout bounds them", () => {
    const retry = { attempts: 3, attemptTimeout: "2s", initialDelay: "100ms" } as const;
    expect(policy("p", { retry }).explain().longest).toBe(6300);
    expect(policy("p", { retry: { ...retry, attempts: Number.POSITIVE_INFINITY } }).explain().longest).toBe(Infinity);
    expect(policy("p", { retry, budget: false }).explain().amplification).toBe(3);
    expect(policy("p").explain()).toMatchObject({ longest: Infinity, calls: 1, amplification: 1, guards: [] });
  });

  test.each([
    [{ timeout: "10s", breaker: { openFor: "5s" } }, "openFor (5 s) is below the timeout of a call (10 s)"],
    [{ timeout: "5s", retry: { attempts: 3, attemptTimeout: "2s" } }, "3 attempts of 2 s take 6 s"],
    [{ timeout: "5s", retry: { attempts: 3 } }, "without attemptTimeout"],
    [{ timeout: "5s", retry: { attempts: 3, attemptTimeout: "1s" }, budget: false }, "without a budget"],
    [{ retry: {} }, "no timeout"],
    [{ timeout: "1s", hedge: { after: "1s" } }, "never begins"],
  ] as const)("warns about %j", (options, warning) => {
    const { warnings } = policy("p", options).explain();
    expect(warnings).toEqual(expect.arrayContaining([expect.stringContaining(warning)]));
  });

  test("knows guards that were composed, and says of a guard of the host's that it is one", () => {
    const own = { run: (operation: () => unknown) => Promise.resolve(operation()) };
    const { guards, warnings } = compose(own as never, policy("p", { bulkhead: adaptiveBulkhead() })).explain();
    expect(guards).toEqual(["A guard of the host.", "Bulkhead: an adaptive limit of 1 to 1000, no queue."]);
    expect(warnings).toEqual([]);
  });
});
