import { describe, expect, test } from "vitest";
import type { Runner } from "../call.ts";
import { policy } from "../index.ts";
import { simulate } from "./simulate.ts";

const bare = (): Runner => ({
  run: (operation) => Promise.resolve(operation({ signal: new AbortController().signal } as never)),
});

describe("simulate", () => {
  test("the same seed gives the same result, and another seed gives another", async () => {
    const run = (seed: number) =>
      simulate({
        policy: ({ clock, random }) =>
          policy("p", { timeout: "1s", retry: { attempts: 3 }, breaker: {}, clock, random }),
        fault: { kind: "errors", from: "2s", until: "4s" },
        duration: "6s",
        seed,
      });
    const [one, same, other] = [await run(1), await run(1), await run(2)];
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  test("a healthy upstream without a guard has the throughput and the latency of queueing theory", async () => {
    // M/M/1 at a load of 0.5: the mean time in the system is twice the service time.
    const { before } = await simulate({
      policy: bare,
      upstream: { workers: 1, service: "10ms" },
      load: 50,
      duration: "200s",
    });
    expect(before.offered / 200).toBeGreaterThan(48);
    expect(before.offered / 200).toBeLessThan(52);
    expect(before.goodput).toBe(1);
    expect(before.amplification).toBe(1);
    expect(before.latency).toBeGreaterThan(17);
    expect(before.latency).toBeLessThan(23);
  });

  test.each([
    ["outage", (share: number) => expect(share).toBe(0)],
    ["hang", (share: number) => expect(share).toBe(0)],
    ["errors", (share: number) => expect(share).toBeCloseTo(0.6, 1)],
    ["brownout", (share: number) => expect(share).toBeLessThan(0.5)],
    ["spike", (share: number) => expect(share).toBeLessThan(0.8)],
  ] as const)("a fault of kind %s does what it says, between its times", async (kind, check) => {
    const { before, during } = await simulate({
      policy: ({ clock }) => policy("p", { timeout: "500ms", clock }),
      fault: { kind, from: "5s", until: "15s" },
      duration: "16s",
    });
    expect(before.goodput).toBeGreaterThan(0.99);
    check(during.goodput);
  });

  test("a load that never comes back below the capacity has no recovery", async () => {
    const { recovery } = await simulate({
      policy: bare,
      fault: { kind: "hang", from: "1s", until: "2s" },
      load: 4000,
      duration: "10s",
    });
    expect(recovery).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    ["15s", 0],
    ["14s", Number.POSITIVE_INFINITY],
  ])(
    "a recovery takes five seconds that count: of a fault until 10 s, %s show one after %d ms",
    async (duration, after) => {
      const fault = { kind: "outage", from: "5s", until: "10s" } as const;
      const { recovery } = await simulate({ policy: bare, fault, duration: duration as "15s" });
      expect(recovery).toBe(after);
    },
  );

  test("the timers of guards without a clock run in virtual time, and the platform's are back afterwards", async () => {
    const { setTimeout: before } = globalThis;
    const startedAt = performance.now();
    const waits: number[] = [];
    const slow: Runner = {
      run: async () => {
        const since = Date.now();
        await new Promise((resolve) => setTimeout(resolve, 60_000));
        waits.push(Date.now() - since);
      },
    };
    await simulate({ policy: () => slow, load: 5, duration: "2m", globals: true });
    expect(new Set(waits)).toEqual(new Set([60_000]));
    expect(globalThis.setTimeout).toBe(before);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
  });

  test("the platform's timers are back if the policy cannot be made", async () => {
    const { setTimeout: before } = globalThis;
    const failing = () => {
      throw new Error("no policy");
    };
    await expect(simulate({ policy: failing, globals: true })).rejects.toThrow("no policy");
    expect(globalThis.setTimeout).toBe(before);
  });

  test.each([
    [{ policy: 1 }, "policy"],
    [{ policy: bare, load: 0 }, "load"],
    [{ policy: bare, processes: 0 }, "processes"],
    [{ policy: bare, upstream: { workers: 0 } }, "upstream.workers"],
    [{ policy: bare, upstream: { distribution: "normal" } }, "upstream.distribution"],
    [{ policy: bare, fault: { kind: "fire" } }, "fault.kind"],
    [{ policy: bare, fault: { kind: "outage", from: "2s", until: "1s" } }, "fault.until"],
    [{ policy: bare, fault: { kind: "spike", amount: -1 } }, "fault.amount"],
    [{ policy: bare, fault: { kind: "spike", amount: Number.NaN } }, "fault.amount"],
    [{ policy: bare, fault: { kind: "outage", from: "2s", until: "2s" } }, "fault.until"],
    [{ policy: bare, seed: -1 }, "seed"],
    [{ policy: bare, time: 1 }, "time"],
  ])("refuses %j with a TypeError that names %s", async (options, named) => {
    await expect(simulate(options as never)).rejects.toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
    );
  });
});
