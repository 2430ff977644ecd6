import { currentContext, readGauges, runWithContext, secret } from "@seaworthy/core";
import { captureTelemetry, type ManualClock, manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  type Check,
  type CheckOutcome,
  type CheckReport,
  createHealth,
  type Health,
  type HealthChange,
  type HealthOptions,
  type HealthReport,
  postgresCheck,
  statusCode,
} from "./index.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const takes =
  (clock: ManualClock, milliseconds: number, outcome?: { status: "healthy" | "degraded" | "unhealthy" }) =>
  (): Promise<typeof outcome> =>
    new Promise((resolve) => void clock.schedule(() => resolve(outcome), milliseconds));

/** Asks for a report and moves the clock until it is there; also says how long that took. */
async function reported(
  health: Health,
  clock: ManualClock,
  group?: string,
): Promise<{ report: HealthReport; took: number }> {
  const start = clock.monotonic();
  let report: HealthReport | undefined;
  const asked = health.report(group).then((answer) => {
    report = answer;
  });
  for (let waited = 0; report === undefined && waited <= 2000; waited += 5) {
    await clock.advance(0);
    if (report === undefined) await clock.advance(5);
  }
  const took = clock.monotonic() - start;
  await asked;
  return { report: report as unknown as HealthReport, took };
}

describe("what a check may answer", () => {
  test.each<[string, Check, string]>([
    ["nothing", () => undefined, "healthy"],
    ["nothing, later", async () => undefined, "healthy"],
    ["healthy", () => ({ status: "healthy" }), "healthy"],
    ["degraded, later", async () => ({ status: "degraded" }), "degraded"],
    ["unhealthy", () => ({ status: "unhealthy" }), "unhealthy"],
  ])("%s", async (_, check, status) => {
    const health = createHealth();
    health.add("it", check);
    const report = await health.report();
    expect(report.status).toBe(status);
    expect(report.checks.it).toMatchObject({ status, latency: expect.any(Number), observedAt: expect.any(Number) });
  });

  test("a status with data is reported with its data", async () => {
    const health = createHealth();
    health.add("it", async () => ({ status: "degraded", data: { queued: 12, oldest: { age: 3.5 } } }));
    expect((await health.report()).checks.it?.data).toEqual({ queued: 12, oldest: { age: 3.5 } });
  });

  test("throwing anything at all, at once or later, is unhealthy and never leaves the report", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withBigInt: true, withNullPrototype: true }),
        fc.boolean(),
        async (thrown, later) => {
          const health = createHealth();
          health.add("it", () => {
            if (later) return Promise.reject(thrown);
            throw thrown;
          });
          const report = await health.report();
          expect(report.status).toBe("unhealthy");
          expect(report.checks.it?.error).toMatch(/^[A-Z0-9_]+$/);
        },
      ),
    );
  });

  test.each<[string, unknown]>([
    ["the answer to a ping", "PONG"],
    ["true", true],
    ["a number", 0],
    ["the rows of a query", { rows: [{ "?column?": 1 }], rowCount: 1 }],
    ["the answer of MongoDB", { ok: 1 }],
    ["an array", [1]],
    ["the response of a fetch that is ok", new Response("")],
    ["a function", () => undefined],
  ])("%s is healthy, at once or later", async (_, value) => {
    const health = createHealth();
    health.add("now", () => value);
    health.add("later", async () => value);
    expect(await health.report()).toMatchObject({
      checks: { now: { status: "healthy" }, later: { status: "healthy" } },
    });
  });

  test.each<[string, unknown, string]>([
    ["false", false, "HEALTH_CHECK_FAILED"],
    ["the Response of a fetch that failed with 503", new Response("", { status: 503 }), "HEALTH_HTTP_STATUS"],
    ["a status that is misspelt", { status: "heathly" }, "HEALTH_CHECK_INVALID"],
    ["a status of another system", { status: "red" }, "HEALTH_CHECK_INVALID"],
  ])("%s is unhealthy, with a code that says so", async (_, value, error) => {
    const health = createHealth();
    health.add("it", () => value);
    expect((await health.report()).checks.it).toMatchObject({ status: "unhealthy", error });
  });

  test("returning anything at all is healthy or a failure with a code, never an exception", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything().filter((value) => typeof (value as { then?: unknown } | null)?.then !== "function"),
        async (value) => {
          const health = createHealth();
          health.add("it", () => value);
          const { status, error } = (await health.report()).checks.it as CheckReport;
          if (status === "unhealthy" && (value as { status?: unknown })?.status !== "unhealthy")
            expect(error).toMatch(/^[A-Z_]+$/);
          JSON.stringify(await health.report());
        },
      ),
    );
  });

  test("a thenable, throwing getters and hostile proxies are contained", async () => {
    const health = createHealth();
    const throwing = {
      get status(): string {
        throw new Error("status");
      },
    };
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("trap");
        },
      },
    );
    const throwingData = {
      status: "healthy",
      get data(): unknown {
        throw new Error("data");
      },
    };
    const throwingThen = {
      // biome-ignore lint/suspicious/noThenProperty: the point of the test
      get then(): unknown {
        throw new Error("then");
      },
    };
    health.add("thenable", (() => ({
      // biome-ignore lint/suspicious/noThenProperty: the point of the test
      then: (done: (v: unknown) => void) => done({ status: "degraded" }),
    })) as unknown as Check);
    health.add("getter", (() => throwing) as unknown as Check);
    health.add("proxy", (() => hostile) as unknown as Check);
    health.add("data", (async () => throwingData) as unknown as Check);
    health.add("then", (() => throwingThen) as unknown as Check);
    health.add("thrown proxy", () => {
      throw hostile;
    });
    const { checks } = await health.report();
    expect(Object.values(checks).map((check) => check.status)).toEqual(["degraded", ...Array(5).fill("unhealthy")]);
  });
});

describe("critical and other checks", () => {
  test.each([
    { critical: true, status: "unhealthy", overall: "unhealthy", code: 503 },
    { critical: false, status: "unhealthy", overall: "degraded", code: 200 },
    { critical: true, status: "degraded", overall: "degraded", code: 200 },
    { critical: false, status: "degraded", overall: "degraded", code: 200 },
    { critical: true, status: "healthy", overall: "healthy", code: 200 },
  ] as const)(
    "a check with critical $critical that is $status makes the whole $overall, answered $code",
    async ({ critical, status, overall, code }) => {
      const health = createHealth();
      health.add("good", () => undefined);
      health.add("it", () => ({ status }), { critical });
      const report = await health.report();
      expect(report.status).toBe(overall);
      expect(report.checks.it?.status).toBe(status);
      expect(statusCode(report)).toBe(code);
    },
  );

  test("a check is critical unless told otherwise", async () => {
    const health = createHealth();
    health.add("it", () => {
      throw new Error("no");
    });
    expect((await health.report("ready")).status).toBe("unhealthy");
  });

  test("a service without checks is healthy, and its report carries its name and version", async () => {
    const report = await createHealth({ name: "harbor", version: "1.4.2" }).report();
    expect(report).toEqual({ status: "healthy", name: "harbor", version: "1.4.2", checks: {} });
    expect(await createHealth().report()).toEqual({ status: "healthy", checks: {} });
  });

  test("anything but healthy and degraded answers 503", () => {
    expect(statusCode({ status: "weird" } as never)).toBe(503);
  });
});

describe("time", () => {
  test("fifty checks of 40 ms each are reported in 40 ms, since they run together", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    for (let i = 0; i < 50; i++) health.add(`check ${i}`, takes(clock, 40));
    const { report, took } = await reported(health, clock);
    expect(report.status).toBe("healthy");
    expect(Object.keys(report.checks)).toHaveLength(50);
    expect(took).toBe(40);
    expect(clock.pending).toBe(0);
  });

  test("a check that never answers costs its timeout and delays no other", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    health.add("hung", never, { timeout: 100, critical: false });
    health.add("good", takes(clock, 30, { status: "healthy" }));
    const { report, took } = await reported(health, clock);
    expect(took).toBe(100);
    expect(report.status).toBe("degraded");
    expect(report.checks.hung).toMatchObject({
      status: "unhealthy",
      error: "HEALTH_CHECK_TIMEOUT",
      latency: 100,
      hangingFor: 100,
    });
    expect(report.checks.good).toMatchObject({ status: "healthy", latency: 30 });
  });

  test("the timeout is enforced whether or not the check listens to its signal, which aborts", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    let heard: AbortSignal | undefined;
    health.add(
      "it",
      (signal) => {
        heard = signal;
        return never();
      },
      { timeout: "50ms" },
    );
    const asked = health.report();
    await clock.advance(49);
    expect(heard?.aborted).toBe(false);
    await clock.advance(1);
    expect(heard?.aborted).toBe(true);
    expect(heard?.reason).toMatchObject({ code: "HEALTH_CHECK_TIMEOUT" });
    expect((await asked).status).toBe("unhealthy");
  });

  test("a run that hangs is superseded by a fresh one, and the report contains both", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const answers: (() => void)[] = [];
    const check = vi.fn(() => (check.mock.calls.length === 1 ? new Promise<void>((end) => answers.push(end)) : "PONG"));
    health.add("it", check, { timeout: 100 });
    expect((await reported(health, clock)).report.checks.it).toMatchObject({
      error: "HEALTH_CHECK_TIMEOUT",
      hungRuns: 1,
    });
    await clock.advance("10s");
    const { report, took } = await reported(health, clock);
    expect(took).toBe(0);
    expect(report.checks.it).toMatchObject({ status: "healthy", hangingFor: 10_100, hungRuns: 1 });
    answers[0]?.();
    await clock.advance(1);
    const { checks } = await health.report();
    expect(checks.it).toMatchObject({ status: "healthy" });
    expect(checks.it).not.toHaveProperty("hangingFor");
    expect(checks.it).not.toHaveProperty("hungRuns");
  });

  test("a superseded run that has been hanging for a minute is not told any more", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const check = vi.fn(() => (check.mock.calls.length === 1 ? never() : "PONG"));
    health.add("it", check, { timeout: 100 });
    await reported(health, clock);
    expect((await health.report()).checks.it).toMatchObject({ status: "healthy", hungRuns: 1 });
    await clock.advance("1m");
    expect((await health.report()).checks.it).not.toHaveProperty("hungRuns");
  });

  test("a run that hangs is not superseded before its result has been reused for as long as was asked", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const check = vi.fn(never);
    health.add("dear", check, { timeout: 100, cacheFor: "1h" });
    await reported(health, clock);
    await clock.advance("59m");
    expect((await reported(health, clock)).report.checks.dear).toMatchObject({ error: "HEALTH_CHECK_TIMEOUT" });
    expect(check).toHaveBeenCalledTimes(1);
    await clock.advance("1m");
    await reported(health, clock);
    expect(check).toHaveBeenCalledTimes(2);
  });

  test("at most three runs that hang are outstanding; then a report answers at once, and after a minute tries anew", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    let hang = true;
    const check = vi.fn(() => (hang ? never() : "PONG"));
    health.add("it", check, { timeout: 100 });
    for (let run = 1; run <= 3; run++) {
      expect((await reported(health, clock)).report.checks.it).toMatchObject({
        status: "unhealthy",
        error: "HEALTH_CHECK_TIMEOUT",
        hungRuns: run,
      });
    }
    for (let probe = 0; probe < 50; probe++) {
      const { report, took } = await reported(health, clock);
      expect(took).toBe(0);
      expect(report.checks.it).toMatchObject({ error: "HEALTH_CHECK_HUNG", hangingFor: 300 + probe * 10, hungRuns: 3 });
      await clock.advance(10);
    }
    expect(check).toHaveBeenCalledTimes(3);
    hang = false;
    await clock.advance("1m");
    expect((await reported(health, clock)).report.checks.it).toMatchObject({ status: "healthy" });
    expect(check).toHaveBeenCalledTimes(4);
    expect(clock.pending).toBe(0);
  });

  test("a check that answers after its timeout is not believed, but may be started again", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const answers: (() => void)[] = [];
    const check = vi.fn(() => new Promise<void>((resolve) => answers.push(resolve)));
    health.add("late", check, { timeout: 100 });
    await reported(health, clock);
    answers[0]?.();
    await clock.advance(1);
    const asked = health.report();
    await clock.advance(1);
    expect(check).toHaveBeenCalledTimes(2);
    answers[1]?.();
    expect((await asked).status).toBe("healthy");
  });

  test("a check that rejects after its timeout causes no unhandled rejection", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    let fail: (error: Error) => void = () => undefined;
    health.add(
      "late",
      () =>
        new Promise<void>((_, reject) => {
          fail = reject;
        }),
      { timeout: 100 },
    );
    await reported(health, clock);
    fail(new Error("late"));
    await clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("the whole report is out within its budget however long the checks' own timeouts are", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    health.add("slow", never, { timeout: "30s" });
    const { report, took } = await reported(health, clock);
    expect(took).toBeLessThan(800);
    expect(report.checks.slow).toMatchObject({ status: "unhealthy", error: "HEALTH_CHECK_PENDING" });
  });

  test("the budget is the host's to choose, and the default timeout of a check fits in it", async () => {
    const clock = manualClock();
    const health = createHealth({ clock, timeout: "200ms" });
    health.add("slow", never);
    const { report, took } = await reported(health, clock);
    expect(took).toBeLessThan(200);
    expect(report.checks.slow?.error).toBe("HEALTH_CHECK_TIMEOUT");
  });

  test("any mix of hanging, slow, failing and good checks answers within the budget with the right statuses", async () => {
    const kinds = fc.constantFrom("hang", "slow", "throw", "good", "degraded");
    await fc.assert(
      fc.asyncProperty(fc.array(kinds, { maxLength: 12 }), fc.integer({ min: 20, max: 5000 }), async (mix, timeout) => {
        const clock = manualClock();
        const health = createHealth({ clock });
        mix.forEach((kind, i) => {
          const check: Check = {
            hang: never,
            slow: takes(clock, 10),
            throw: () => Promise.reject(i),
            good: () => undefined,
            degraded: takes(clock, 5, { status: "degraded" }),
          }[kind];
          health.add(`${i}`, check, { timeout });
        });
        const { report, took } = await reported(health, clock);
        expect(took).toBeLessThan(800);
        const expected = {
          hang: "unhealthy",
          slow: "healthy",
          throw: "unhealthy",
          good: "healthy",
          degraded: "degraded",
        };
        expect(Object.values(report.checks).map((check) => check.status)).toEqual(mix.map((kind) => expected[kind]));
      }),
      { numRuns: 30 },
    );
  });

  test("a jump of the wall clock moves no timeout and no cache", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const check = vi.fn(takes(clock, 40));
    health.add("it", check, { cacheFor: "1m" });
    const asked = health.report();
    await clock.advance(20);
    clock.jumpTo(clock.now() + 86_400_000);
    await clock.advance(20);
    expect((await asked).checks.it).toMatchObject({ status: "healthy", latency: 40 });
    clock.jumpTo(0);
    await health.report();
    expect(check).toHaveBeenCalledTimes(1);
  });

  test("no timer is left once a report is out", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    health.add("quick", takes(clock, 10));
    health.add("instant", () => undefined);
    health.add("failing", () => Promise.reject(new Error("no")));
    health.add("hung", never, { timeout: 50 });
    await reported(health, clock);
    expect(clock.pending).toBe(0);
  });

  test("a check sees the context it was added in, never the deadline of the probe that came first", async () => {
    const health = createHealth();
    const seen: unknown[] = [];
    health.add("it", () => void seen.push(currentContext().correlationId));
    await runWithContext({ correlationId: "probe-1" }, () => health.report());
    runWithContext({ correlationId: "start" }, () =>
      health.add("other", () => void seen.push(currentContext().correlationId)),
    );
    await health.report();
    expect(seen).toEqual([undefined, undefined, "start"]);
  });
});

describe("single flight and caching", () => {
  test("fifty concurrent probes make one check", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const check = vi.fn(takes(clock, 20));
    health.add("it", check);
    const probes = Array.from({ length: 50 }, (_, i) => health.report(i % 2 ? "ready" : undefined));
    await clock.advance(20);
    const reports = await Promise.all(probes);
    expect(check).toHaveBeenCalledTimes(1);
    expect(reports.every((report) => report.status === "healthy")).toBe(true);
  });

  test("fifty concurrent probes make one check of one that answers at once, and count as one failure", async () => {
    const health = createHealth();
    const failures = [false, true, true, true];
    const check = vi.fn((): { status: "healthy" | "unhealthy" } => ({
      status: failures.shift() === true ? "unhealthy" : "healthy",
    }));
    health.add("it", check, { failureThreshold: 3 });
    for (const [runs, status] of [
      [1, "healthy"],
      [2, "healthy"],
      [3, "healthy"],
      [4, "unhealthy"],
    ] as const) {
      const reports = await Promise.all(Array.from({ length: 50 }, () => health.report()));
      expect(check).toHaveBeenCalledTimes(runs);
      expect(new Set(reports.map((report) => report.status))).toEqual(new Set([status]));
    }
  });

  test("a check that asks for the report it is part of is pending there, and ends", async () => {
    const health = createHealth();
    const inner: Promise<HealthReport>[] = [];
    health.add("it", () => void inner.push(health.report()));
    expect((await health.report()).status).toBe("healthy");
    expect((await inner[0])?.checks.it).toMatchObject({ status: "unhealthy", error: "HEALTH_CHECK_PENDING" });
    expect(inner).toHaveLength(1);
  });

  test("what one caller does to its report reaches no other one's", async () => {
    const health = createHealth();
    health.add("it", () => ({ status: "healthy", data: { count: 1, nested: { list: [1] } } }), { cacheFor: "1m" });
    const first = await health.report();
    const data = first.checks.it?.data as { count: number; nested: { list: number[] } };
    expect(() => (data.count = 2)).toThrow(TypeError);
    expect(() => data.nested.list.push(2)).toThrow(TypeError);
    first.status = "unhealthy";
    Object.assign(first.checks.it as object, { status: "unhealthy" });
    const second = await health.report();
    expect(second).toMatchObject({ status: "healthy", checks: { it: { status: "healthy" } } });
    expect(second.checks.it?.data).toEqual({ count: 1, nested: { list: [1] } });
  });

  test("a result is reused for cacheFor, good or bad, and then asked for again", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const good = vi.fn();
    const bad = vi.fn(() => Promise.reject(new Error("no")));
    health.add("good", good, { cacheFor: "5s" });
    health.add("bad", bad, { cacheFor: "5s" });
    const first = await health.report();
    await clock.advance(4999);
    const second = await health.report();
    expect(second.checks.good?.observedAt).toBe(first.checks.good?.observedAt);
    expect([good.mock.calls.length, bad.mock.calls.length]).toEqual([1, 1]);
    await clock.advance(1);
    await health.report();
    expect([good.mock.calls.length, bad.mock.calls.length]).toEqual([2, 2]);
  });

  test("without cacheFor every probe asks again", async () => {
    const health = createHealth();
    const check = vi.fn();
    health.add("it", check);
    await health.report();
    await health.report();
    expect(check).toHaveBeenCalledTimes(2);
  });

  test("when the budget is spent before a slow check's timeout, its last known result is shown, marked stale", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    let duration = 10;
    health.add(
      "it",
      async () => {
        await takes(clock, duration)();
        return { status: "healthy", data: { duration } };
      },
      { timeout: "5s" },
    );
    const first = (await reported(health, clock)).report;
    duration = 3000;
    await clock.advance("1m");
    const { report, took } = await reported(health, clock);
    expect(took).toBeLessThan(800);
    expect(report.status).toBe("healthy");
    expect(report.checks.it).toMatchObject({
      stale: true,
      data: { duration: 10 },
      observedAt: first.checks.it?.observedAt,
    });
    await clock.advance("3s");
    duration = 10;
    expect((await reported(health, clock)).report.checks.it?.stale).toBeUndefined();
  });

  test("a check that hangs after it was good shows the last good data, marked stale, and is unhealthy", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    let hang = false;
    health.add("it", () => (hang ? never() : { status: "healthy", data: { rows: 7 } }), { timeout: 100 });
    const first = (await reported(health, clock)).report;
    hang = true;
    await clock.advance("1s");
    const { report } = await reported(health, clock);
    expect(report.checks.it).toMatchObject({ status: "unhealthy", stale: true, data: { rows: 7 }, hangingFor: 100 });
    expect(report.checks.it?.observedAt).toBe(first.checks.it?.observedAt);
  });
});

describe("thresholds", () => {
  const switched = (options: Parameters<Health["add"]>[2], clock = manualClock()) => {
    const health = createHealth({ clock });
    const state = { ok: true };
    health.add(
      "it",
      () => (state.ok ? { status: "healthy", data: { n: 1 } } : Promise.reject(new Error("no"))),
      options,
    );
    return { health, state };
  };
  const statuses = async (health: Health, times: number): Promise<string[]> => {
    const seen: string[] = [];
    for (let i = 0; i < times; i++) seen.push((await health.report()).status);
    return seen;
  };

  test("a good check fails only after failureThreshold failures in a row", async () => {
    const { health, state } = switched({ failureThreshold: 3 });
    await health.report();
    state.ok = false;
    expect(await statuses(health, 4)).toEqual(["healthy", "healthy", "unhealthy", "unhealthy"]);
  });

  test("a pass in between starts the count anew", async () => {
    const { health, state } = switched({ failureThreshold: 2 });
    await health.report();
    for (let i = 0; i < 4; i++) {
      state.ok = i % 2 === 1;
      expect((await health.report()).status).toBe("healthy");
    }
  });

  test("below the threshold the last good result is shown, marked stale, with the code of the failure", async () => {
    const { health, state } = switched({ failureThreshold: 2 });
    await health.report();
    state.ok = false;
    expect((await health.report()).checks.it).toMatchObject({
      status: "healthy",
      stale: true,
      data: { n: 1 },
      error: "HEALTH_CHECK_FAILED",
    });
  });

  test("a check that was never good fails at its first failure, whatever the threshold", async () => {
    const { health, state } = switched({ failureThreshold: 3 });
    state.ok = false;
    expect(await statuses(health, 1)).toEqual(["unhealthy"]);
  });

  test("a failed check is good again only after successThreshold passes in a row", async () => {
    const { health, state } = switched({ successThreshold: 3 });
    state.ok = false;
    await health.report();
    state.ok = true;
    expect((await health.report()).checks.it).toMatchObject({ status: "unhealthy", error: "HEALTH_CHECK_RECOVERING" });
    expect(await statuses(health, 3)).toEqual(["unhealthy", "healthy", "healthy"]);
  });

  test("a first pass is good at once, whatever successThreshold says", async () => {
    const { health } = switched({ successThreshold: 3 });
    expect(await statuses(health, 1)).toEqual(["healthy"]);
  });

  test("no threshold keeps a hanging check good: each run that hangs, and each further timeout, is a failure", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    let hang = false;
    health.add("it", () => (hang ? never() : undefined), { failureThreshold: 5, timeout: 100 });
    await health.report();
    hang = true;
    const good = { status: "healthy", stale: true };
    for (let run = 1; run <= 3; run++)
      expect((await reported(health, clock)).report.checks.it).toMatchObject({ ...good, hungRuns: run });
    expect((await health.report()).checks.it).toMatchObject({ ...good, error: "HEALTH_CHECK_HUNG" });
    await clock.advance(200);
    expect((await health.report()).checks.it).toMatchObject({ status: "unhealthy", error: "HEALTH_CHECK_HUNG" });
  });

  test("the counts follow the model for any sequence of passes and failures", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean()),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        async (sequence, failureThreshold, successThreshold) => {
          const { health, state } = switched({ failureThreshold, successThreshold });
          let down: boolean | undefined;
          let streak = 0;
          let before: boolean | undefined;
          for (const ok of sequence) {
            streak = ok === before ? streak + 1 : 1;
            before = ok;
            if (down === undefined) down = !ok;
            else if (down && ok && streak >= successThreshold) down = false;
            else if (!down && !ok && streak >= failureThreshold) down = true;
            state.ok = ok;
            expect((await health.report()).status).toBe(down ? "unhealthy" : "healthy");
          }
        },
      ),
    );
  });
});

describe("groups", () => {
  const grouped = (): Health => {
    const health = createHealth();
    health.add("loop", () => undefined, { groups: ["live", "ready"] });
    health.add("warm", () => Promise.reject(new Error("cold")), { groups: ["startup"] });
    health.add("database", () => undefined);
    health.add("nightly", () => undefined, { groups: ["batch"] });
    return health;
  };

  test.each([
    ["live", ["loop"]],
    ["ready", ["loop", "database"]],
    ["startup", ["warm"]],
    ["batch", ["nightly"]],
    [undefined, ["loop", "warm", "database", "nightly"]],
  ])("a report of %s holds its checks alone", async (group, names) => {
    expect(Object.keys((await grouped().report(group)).checks)).toEqual(names);
  });

  test("a failure in one group leaves the others healthy", async () => {
    const health = grouped();
    expect((await health.report("startup")).status).toBe("unhealthy");
    expect((await health.report("ready")).status).toBe("healthy");
  });

  test("an empty standard group is healthy; a mistyped group is refused rather than healthy for ever", async () => {
    const health = createHealth();
    expect((await health.report("live")).status).toBe("healthy");
    await expect(health.report("raedy")).rejects.toThrow(TypeError);
  });

  test("a check on a remote system is refused in group live when it is added", () => {
    const health = createHealth();
    const remote: Check = Object.assign(() => undefined, { remote: true as const });
    expect(() => health.add("database", remote, { groups: ["live"] })).toThrow(TypeError);
    expect(() => health.add("database", remote, { groups: ["ready", "live"] })).toThrow(/remote system/);
    health.add("database", remote, { groups: ["ready"] });
  });

  test("a check that was taken out is in no report, and its name is free again", async () => {
    const health = createHealth();
    const remove = health.add("it", () => Promise.reject(new Error("no")));
    remove();
    remove();
    expect(await health.report()).toEqual({ status: "healthy", checks: {} });
    health.add("it", () => undefined);
    remove();
    expect(Object.keys((await health.report()).checks)).toEqual(["it"]);
  });
});

describe("details", () => {
  const withDetails = (details?: HealthOptions["details"]) => {
    const health = createHealth(details === undefined ? {} : { details });
    health.add("it", () => ({ status: "unhealthy", data: { queued: 12 }, error: "QUEUE_DEEP" }));
    return health;
  };
  const shows = (report: HealthReport): boolean => {
    expect(report.checks.it?.status).toBe("unhealthy");
    return report.checks.it?.data !== undefined && report.checks.it?.error !== undefined;
  };

  test("the host's own code sees them, and a request does not, unless the host says otherwise", async () => {
    const health = withDetails();
    expect(shows(await health.report())).toBe(true);
    expect(shows(await health.report("ready", { request: { url: "/readyz" } }))).toBe(false);
  });

  test("always shows and never hides, with and without a request", async () => {
    for (const request of [undefined, {}]) {
      expect(shows(await withDetails("always").report("ready", { request }))).toBe(true);
      expect(shows(await withDetails("never").report("ready", { request }))).toBe(false);
    }
  });

  test("a function decides by the request, at once or later, and only true is a yes", async () => {
    const health = withDetails((request: { token?: string }) => request.token === "t");
    expect(shows(await health.report("ready", { request: { token: "t" } }))).toBe(true);
    expect(shows(await health.report("ready", { request: {} }))).toBe(false);
    expect(shows(await withDetails(async () => true).report("ready", { request: {} }))).toBe(true);
    expect(shows(await withDetails(async () => false).report("ready", { request: {} }))).toBe(false);
    expect(shows(await withDetails((() => "yes") as never).report("ready", { request: {} }))).toBe(false);
  });

  test("a decision that throws, rejects or hangs is a no, within the budget", async () => {
    expect(
      shows(
        await withDetails(() => {
          throw new Error("no");
        }).report("ready", { request: {} }),
      ),
    ).toBe(false);
    expect(shows(await withDetails(() => Promise.reject(new Error("no"))).report("ready", { request: {} }))).toBe(
      false,
    );
    const clock = manualClock();
    const health = createHealth({ clock, details: never });
    health.add("it", () => ({ status: "unhealthy", data: { a: 1 }, error: "X" }));
    const asked = health.report("ready", { request: {} });
    await clock.advance(800);
    expect(shows(await asked)).toBe(false);
  });

  test("no host name, credential or stack is in a report, wherever a check puts it", async () => {
    const password = secret("hunter2-hunter2");
    const telling =
      "connect ECONNREFUSED db-7.internal:5432 at postgres://admin:s3cr3tpw@db-7.internal/orders (10.1.2.3, fe80::1%eth0)";
    const health = createHealth({ details: "always" });
    health.add("thrown", () => {
      throw Object.assign(new Error(telling), { code: "db-7.internal", hostname: "db-7.internal" });
    });
    health.add("thrown text", () => Promise.reject(telling));
    health.add("cause", () => {
      throw new Error(telling, { cause: Object.assign(new Error(telling), { code: "ECONNREFUSED" }) });
    });
    health.add("returned", () => ({
      status: "unhealthy",
      error: telling,
      data: {
        note: telling,
        password: "s3cr3tpw",
        host: "db-7",
        nested: [{ error: new Error(telling) }],
        [telling]: 1,
        again: `pw ${password.reveal()}`,
        stack: new Error(telling).stack,
        url: new URL("https://admin:s3cr3tpw@db-7.internal/"),
        kept: "3 of 4 partitions",
      },
    }));
    const report = await health.report();
    const text = JSON.stringify(report);
    for (const leak of ["db-7", "internal", "s3cr3tpw", "admin", "10.1.2.3", "fe80", "hunter2", "    at ", ".ts"])
      expect(text).not.toContain(leak);
    expect(report.checks.cause?.error).toBe("ECONNREFUSED");
    expect(report.checks.returned?.data?.kept).toBe("3 of 4 partitions");
  });

  test("data that a host adds to the outcome of a built-in check is cleaned like any other", async () => {
    const health = createHealth({ details: "always" });
    const check = postgresCheck({ query: async () => ({ rows: [] }) });
    const place = { host: "db-7.internal", note: "admin@db-7.internal" };
    health.add("replaced", async (signal) => {
      const outcome = (await check(signal)) as CheckOutcome;
      outcome.data = { ...outcome.data, ...place };
      return outcome;
    });
    health.add("changed", async (signal) => {
      const outcome = (await check(signal)) as CheckOutcome;
      Object.assign(outcome.data as object, place);
      return outcome;
    });
    const report = await health.report();
    expect(JSON.stringify(report)).not.toContain("db-7");
    expect(report.checks.replaced).toMatchObject({ status: "healthy", data: { latency: expect.any(Number) } });
  });
});

describe("changes", () => {
  test("a listener learns of each change of a check once, with the overall status", async () => {
    const health = createHealth({ clock: manualClock(1000) });
    const state = { ok: true };
    const seen: HealthChange[] = [];
    const end = health.onChange((change) => void seen.push(change));
    health.add(
      "it",
      () => {
        if (!state.ok) throw new Error("no");
      },
      { critical: false },
    );
    health.add("other", () => undefined);
    await health.report();
    await health.report();
    expect(seen).toEqual([]);
    state.ok = false;
    await health.report();
    await health.report();
    state.ok = true;
    await health.report();
    expect(seen).toEqual([
      {
        check: "it",
        status: "unhealthy",
        previous: "healthy",
        overall: "degraded",
        error: "HEALTH_CHECK_FAILED",
        at: 1000,
      },
      { check: "it", status: "healthy", previous: "unhealthy", overall: "healthy", at: 1000 },
    ]);
    end();
    state.ok = false;
    await health.report();
    expect(seen).toHaveLength(2);
  });

  test("a check whose first run fails is a change from nothing", async () => {
    const health = createHealth();
    const seen: HealthChange[] = [];
    health.onChange((change) => void seen.push(change));
    health.add("it", () => ({ status: "degraded" }));
    await health.report();
    expect(seen).toMatchObject([{ check: "it", status: "degraded", previous: undefined }]);
  });

  test("a listener that throws or rejects reaches neither the report nor the other listeners, and is warned of once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const health = createHealth();
    const heard = vi.fn();
    health.onChange(() => {
      throw new Error("db-7.internal");
    });
    health.onChange((async () => {
      throw new Error("later");
    }) as never);
    health.onChange(heard);
    let n = 0;
    health.add("it", () => {
      if (n++ % 2 === 0) throw new Error("no");
    });
    for (let i = 0; i < 4; i++) await health.report();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toHaveBeenCalledTimes(4);
    expect(warn).toHaveBeenCalledTimes(2);
    expect(String(warn.mock.calls)).not.toContain("db-7");
    warn.mockRestore();
  });

  test("telemetry reports every run in seconds and every change, and carries what was thrown for logs", async () => {
    using telemetry = captureTelemetry();
    const clock = manualClock();
    const health = createHealth({ clock });
    const failure = new Error("refused");
    let fail = false;
    health.add("it", async () => {
      await takes(clock, 250)();
      if (fail) throw failure;
    });
    await reported(health, clock);
    fail = true;
    await reported(health, clock);
    expect(telemetry.of("health.check")).toMatchObject([
      { labels: { check: "it", status: "healthy" }, value: 0.25 },
      {
        labels: { check: "it", status: "unhealthy" },
        value: 0.25,
        details: { error: failure, code: "HEALTH_CHECK_FAILED" },
      },
    ]);
    expect(telemetry.of("health.status")).toMatchObject([
      { labels: { check: "it", status: "unhealthy" }, details: { previous: "healthy" } },
    ]);
    const [run] = telemetry.of("health.check");
    expect(run?.definition.unit).toBe("seconds");
  });
});

describe("refusals", () => {
  test.each([
    ["an unknown option", { tiemout: 1 }],
    ["a budget of nothing", { timeout: 0 }],
    ["a budget of null", { timeout: null }],
    ["a budget that is not a number", { timeout: Number.NaN }],
    ["an endless budget", { timeout: Number.POSITIVE_INFINITY }],
    ["a negative budget", { timeout: -1 }],
    ["an unknown word for details", { details: "sometimes" }],
    ["a name that is not text", { name: 7 }],
    ["an empty version", { version: "" }],
    ["a clock that tells no time", { clock: { now: () => 0 } }],
    ["null", null],
  ])("createHealth refuses %s", (_, options) => {
    expect(() => createHealth(options as never)).toThrow(TypeError);
  });

  test.each<[string, unknown, unknown, unknown?]>([
    ["an empty name", "", () => undefined],
    ["a name that would be a prototype", "__proto__", () => undefined],
    ["a name with a line break", "a\nb", () => undefined],
    ["a name that is not text", 7, () => undefined],
    ["a check that is not a function", "a", {}],
    ["an unknown option", "a", () => undefined, { critcal: false }],
    ["critical that is not a boolean", "a", () => undefined, { critical: "no" }],
    ["no group", "a", () => undefined, { groups: [] }],
    ["a group that is not text", "a", () => undefined, { groups: [1] }],
    ["groups that are not an array", "a", () => undefined, { groups: "live" }],
    ["groups of null", "a", () => undefined, { groups: null }],
    ["critical of null", "a", () => undefined, { critical: null }],
    ["a failureThreshold of null", "a", () => undefined, { failureThreshold: null }],
    ["a timeout of nothing", "a", () => undefined, { timeout: 0 }],
    ["a timeout that is NaN", "a", () => undefined, { timeout: Number.NaN }],
    ["a negative cacheFor", "a", () => undefined, { cacheFor: -1 }],
    ["a failureThreshold of nothing", "a", () => undefined, { failureThreshold: 0 }],
    ["a broken successThreshold", "a", () => undefined, { successThreshold: 1.5 }],
  ])("add refuses %s", (_, name, check, options) => {
    expect(() => createHealth().add(name as string, check as Check, options as never)).toThrow(TypeError);
  });

  test("a name may be taken once", () => {
    const health = createHealth();
    health.add("it", () => undefined);
    expect(() => health.add("it", () => undefined)).toThrow(/already a check "it"/);
  });

  test("names that objects have already are ordinary names", async () => {
    const health = createHealth();
    for (const name of ["constructor", "toString", "hasOwnProperty"]) health.add(name, () => undefined);
    expect(Object.keys((await health.report()).checks)).toEqual(["constructor", "toString", "hasOwnProperty"]);
  });

  test("a listener must be a function, and report takes no unknown option", async () => {
    expect(() => createHealth().onChange(7 as never)).toThrow(TypeError);
    await expect(createHealth().report("ready", { req: {} } as never)).rejects.toThrow(TypeError);
  });
});

describe("what was", () => {
  test("the time of the last healthy run is reported while a check is not healthy", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    let status: CheckOutcome["status"] = "healthy";
    health.add("it", () => ({ status }));
    const first = (await health.report()).checks.it as CheckReport;
    expect(first).not.toHaveProperty("lastHealthyAt");
    await clock.advance("5s");
    for (status of ["degraded", "unhealthy"] as const) {
      expect((await health.report()).checks.it).toMatchObject({ status, lastHealthyAt: first.observedAt });
      await clock.advance("5s");
    }
  });

  test("the last 100 changes are kept, oldest first, and cannot be altered", async () => {
    const health = createHealth();
    let good = false;
    health.add("it", () => {
      if (!good) throw new Error("no");
    });
    for (let change = 0; change < 130; change++) {
      good = change % 2 === 0;
      await health.report();
    }
    const history = health.history();
    expect(history).toHaveLength(100);
    expect(history.at(-1)).toMatchObject({
      check: "it",
      status: "unhealthy",
      previous: "healthy",
      error: "HEALTH_CHECK_FAILED",
    });
    (history as HealthChange[]).length = 0;
    expect(health.history()).toHaveLength(100);
    expect(Object.isFrozen(health.history()[0])).toBe(true);
  });
});

describe("the gauge of a check's state", () => {
  test("is 0, 1 or 2 once the check has run, and ends with the check", async () => {
    const health = createHealth();
    let status: CheckOutcome["status"] = "healthy";
    const remove = health.add("gauged", () => ({ status }));
    const read = (): number[] =>
      readGauges()
        .filter(({ definition, labels }) => definition.name === "health.state" && labels.check === "gauged")
        .map(({ value }) => value);
    expect(read()).toEqual([]);
    for (const [next, value] of [
      ["degraded", 1],
      ["unhealthy", 2],
      ["healthy", 0],
    ] as const) {
      status = next;
      await health.report();
      expect(read()).toEqual([value]);
    }
    remove();
    expect(read()).toEqual([]);
  });
});

describe("polling", () => {
  test("runs the checks between probes with jitter, until it is ended", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    const at: number[] = [];
    const begin = clock.monotonic();
    health.add("it", () => void at.push(clock.monotonic() - begin), { cacheFor: "12s" });
    const parts = [0.5, 0, 0.999, 0.5];
    const stop = health.poll({ every: "10s", jitter: 0.2, random: () => parts.shift() ?? 0.5 });
    await clock.advance("45s");
    expect(at.map(Math.round)).toEqual([1000, 20_996, 40_996]); // every other round has it cached
    stop();
    stop();
    await clock.advance("1m");
    expect(at).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  test("tells a change that no probe would have seen", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    let good = true;
    health.add("it", () => good);
    health.poll({ every: "1s", jitter: 0 });
    await clock.advance("1s");
    good = false;
    await clock.advance("1s");
    good = true;
    await clock.advance("1s");
    expect(health.history().map(({ status }) => status)).toEqual(["unhealthy", "healthy"]);
  });

  test.each<[object, RegExp]>([
    [{}, /every/],
    [{ every: 0 }, /poll: every must be more than 0; got 0/],
    [{ every: "1s", jitter: 2 }, /poll: jitter must be a number from 0 to 1; got 2/],
    [{ every: "1s", random: 1 }, /poll: random must be a function; got 1/],
    [{ interval: "1s" }, /poll has no option "interval"/],
  ])("refuses %j", (options, message) => {
    expect(() => createHealth().poll(options as never)).toThrow(message);
  });
});
