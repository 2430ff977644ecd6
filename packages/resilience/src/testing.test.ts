import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { compose, createBreaker, createBulkhead, policy } from "./index.ts";
import { chaos, scriptedOperation } from "./testing.ts";

describe("chaos", () => {
  test("with one seed happens to the same calls, about as many as its rate says", async () => {
    const pattern = async (): Promise<string> => {
      const storm = chaos({ rate: 0.3, fault: new Error("injected"), seed: 42 });
      const marks: string[] = [];
      for (let i = 0; i < 1000; i++) marks.push(await storm.run(() => ".").catch(() => "x"));
      expect(storm.injected).toBe(marks.filter((mark) => mark === "x").length);
      return marks.join("");
    };
    const [first, second] = [await pattern(), await pattern()];
    expect(first).toBe(second);
    const share = first.split("x").length - 1;
    expect(share).toBeGreaterThan(250);
    expect(share).toBeLessThan(350);
  });

  test("injects faults, outcomes and latency, made anew when they are functions", async () => {
    let made = 0;
    const faults = chaos({ fault: () => new Error(`fault ${++made}`) });
    await expect(faults.run(() => 1)).rejects.toThrow("fault 1");
    await expect(faults.run(() => 1)).rejects.toThrow("fault 2");
    await expect(chaos({ outcome: 503 }).run(() => 200)).resolves.toBe(503);
    const clock = manualClock();
    const late = chaos({ latency: 100, clock }).run(() => clock.monotonic());
    await clock.advance(100);
    await expect(late).resolves.toBe(100);
  });

  test("does nothing when off", async () => {
    const storm = chaos({ fault: new Error("injected") });
    storm.enabled = false;
    await expect(storm.wrap((n: number) => n + 1)(1)).resolves.toBe(2);
    storm.enabled = true;
    await expect(storm.wrap((n: number) => n + 1)(1)).rejects.toThrow("injected");
  });

  test("is an upstream's failure to the guards around it: retried, counted, and no slot is lost", async () => {
    const storm = chaos({ fault: new Error("injected") });
    const bulkhead = createBulkhead({ concurrency: 1 });
    const breaker = createBreaker({ name: "b", minimumCalls: 3, clock: manualClock() });
    const guarded = compose(policy("p", { retry: { attempts: 3, initialDelay: 0 } }), breaker, bulkhead, storm);
    await expect(guarded.run(() => 1)).rejects.toThrow("injected");
    expect(storm.injected).toBe(3);
    expect([breaker.state, breaker.stats().opened, bulkhead.active]).toEqual(["open", 1, 0]);
    breaker.reset();
    storm.enabled = false;
    await expect(guarded.run(() => 1)).resolves.toBe(1);
    expect([breaker.stats().calls, bulkhead.active]).toEqual([1, 0]);
    breaker.dispose();
  });

  test("innermost in a composition meets the guards around it, latency the timeout too", async () => {
    const clock = manualClock();
    const storm = chaos({ latency: "1h", clock });
    const guarded = compose(policy("p", { timeout: 100, clock }), storm);
    const late = guarded.execute(() => 1);
    await clock.advance(100);
    await expect(late).resolves.toMatchObject({ ok: false, attempts: 0, error: { code: "RESILIENCE_TIMEOUT" } });
    expect(clock.pending).toBe(0);
  });

  test.each([
    {},
    { rate: 2, fault: 1 },
    { rate: Number.NaN, fault: 1 },
    { latency: -1 },
    { fault: 1, seed: -1 },
    { fault: 1, rnd: 1 },
  ])("refuses %j", (options) => {
    expect(() => chaos(options as never)).toThrow(TypeError);
  });
});

describe("a scripted operation", () => {
  test("does what its steps say, and repeats the last", async () => {
    const clock = manualClock();
    const operation = scriptedOperation<string>([{ error: "first" }, { value: "second", after: 50 }], { clock });
    await expect(operation()).rejects.toBe("first");
    const second = operation();
    await clock.advance(50);
    await expect(second).resolves.toBe("second");
    const third = operation();
    await clock.advance(50);
    await expect(third).resolves.toBe("second");
    expect(operation.calls.map(({ at }) => at - (operation.calls[0]?.at ?? 0))).toEqual([0, 0, 50]);
  });

  test("records attempt and signal of the call it was given", async () => {
    const operation = scriptedOperation([{ error: new Error("busy") }, { value: 1 }]);
    await policy("p", { retry: { initialDelay: 0 } }).run(operation);
    expect(operation.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(operation.calls[0]?.signal?.aborted).toBe(false);
  });

  test.each([[[]], [[{}]], [[{ value: 1, error: 2 }]], [[{ value: 1, later: 2 }]], [[{ value: 1, after: -1 }]]])(
    "refuses %j",
    (steps) => {
      expect(() => scriptedOperation(steps as never)).toThrow(TypeError);
    },
  );
});
