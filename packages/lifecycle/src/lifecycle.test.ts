import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { afterEach, describe, expect, test } from "vitest";
import { createLifecycle } from "./create-lifecycle.ts";
import { nextTurn } from "./internal/next-turn.ts";
import type { LifecycleOptions, Notice, StopReport } from "./options.ts";

const telemetry = captureTelemetry();
afterEach(() => telemetry.clear());
const hang = (): Promise<never> => new Promise(() => undefined);
// A signal that nothing else in the test runner listens to; it is emitted, never sent.
const SIGNAL = "SIGUSR2";

function create(options: LifecycleOptions = {}) {
  const clock = manualClock();
  const exits: [number, StopReport][] = [];
  const notices: Notice[] = [];
  const states: string[] = [];
  const life = createLifecycle({
    clock,
    signals: [SIGNAL],
    fatalErrors: false,
    exit: (code, report) => exits.push([code, report]),
    report: (notice) => notices.push(notice),
    ...options,
  });
  life.onChange(({ state }) => states.push(state));
  return { life, clock, exits, notices, states, signal: () => process.emit(SIGNAL, SIGNAL) };
}

describe("a lifecycle", () => {
  test("is starting, ready, draining and stopped, and ready() is true only while it is ready", async () => {
    const { life, states } = create();
    expect([life.state, life.ready()]).toEqual(["starting", false]);
    life.resource("database", {
      start: () => expect(life.ready()).toBe(false),
      stop: () => expect(life.ready()).toBe(false),
    });
    await life.start();
    expect([life.state, life.ready()]).toEqual(["ready", true]);
    const stopped = life.stop("deploy");
    expect([life.state, life.ready()]).toEqual(["draining", false]);
    expect(await stopped).toEqual({ reason: "deploy", code: 0, duration: 0, cut: [], handles: [] });
    expect([life.state, life.ready()]).toEqual(["stopped", false]);
    expect(states).toEqual(["ready", "draining", "stopped"]);
    expect(telemetry.of("lifecycle.state").map(({ labels, details }) => [labels.state, details])).toEqual([
      ["ready", { previous: "starting", reason: "started" }],
      ["draining", { previous: "ready", reason: "deploy" }],
      ["stopped", { previous: "draining", reason: "deploy" }],
    ]);
  });

  test("starts in dependency order and stops in reverse", async () => {
    const { life } = create();
    const log: string[] = [];
    const define = (name: string, after: string[]): void =>
      life.resource(name, { after, start: () => log.push(`+${name}`), stop: () => log.push(`-${name}`) });
    define("orders", ["database", "broker"]);
    define("database", ["config"]);
    define("config", []);
    define("broker", []);
    await life.start();
    await life.stop();
    for (const [first, then] of [
      ["+config", "+database"],
      ["+database", "+orders"],
      ["+broker", "+orders"],
      ["-orders", "-database"],
      ["-orders", "-broker"],
      ["-database", "-config"],
    ] as const)
      expect(log.indexOf(first)).toBeLessThan(log.indexOf(then));
    expect(log).toHaveLength(8);
  });

  test("holds no timer and no listener while it is idle, nor once it is over", async () => {
    const before = process.listenerCount(SIGNAL);
    const { life, clock } = create();
    expect(process.listenerCount(SIGNAL)).toBe(before);
    await life.start();
    expect([process.listenerCount(SIGNAL), clock.pending]).toEqual([before + 1, 0]);
    await life.stop();
    expect([process.listenerCount(SIGNAL), clock.pending]).toEqual([before, 0]);
  });

  test("refuses definitions after the start, with a code", async () => {
    const { life } = create();
    await life.start();
    for (const define of [() => life.resource("late", {}), () => life.serve({} as never)])
      expect(define).toThrow(expect.objectContaining({ code: "LIFECYCLE_ALREADY_STARTED" }));
    await life.stop();
    expect(await life.start()).toBeUndefined();
  });

  test("can be stopped before it was started, and not be started then", async () => {
    const { life } = create();
    expect((await life.stop()).code).toBe(0);
    await expect(life.start()).rejects.toMatchObject({ code: "LIFECYCLE_ALREADY_STARTED" });
  });

  test("starts and stops once, however often it is called", async () => {
    const { life, exits } = create();
    let starts = 0;
    let stops = 0;
    life.resource("once", { start: () => starts++, stop: () => stops++ });
    expect(life.start()).toBe(life.start());
    await life.start();
    const [first, second] = await Promise.all([life.stop("one"), life.stop("two")]);
    expect([starts, stops, exits.length]).toEqual([1, 1, 1]);
    expect(second).toBe(first);
  });

  test("refuses an unknown name before anything is started, and can be started once that is mended", async () => {
    const { life, exits } = create();
    const log: string[] = [];
    life.resource("a", { start: () => log.push("a") });
    life.resource("b", { after: ["c"] });
    await expect(life.start()).rejects.toThrow(TypeError);
    expect([log, exits]).toEqual([[], []]);
    life.resource("c", {});
    await life.start();
    expect(log).toEqual(["a"]);
    await life.stop();
  });

  test("is stopped by `await using`", async () => {
    const { life } = create();
    {
      await using running = life;
      await running.start();
    }
    expect(life.state).toBe("stopped");
  });

  test("hands out functions that work on their own", async () => {
    const { life } = create();
    const { start, stop, ready, track } = life;
    await start();
    expect(ready()).toBe(true);
    const promise = Promise.resolve(7);
    expect(track(promise)).toBe(promise);
    await stop();
  });

  test("a listener that throws is reported, and the others are called", async () => {
    const { life, notices, states } = create();
    const end = life.onChange(() => {
      throw new Error("broken listener");
    });
    life.onChange(({ state }) => states.push(`again ${state}`));
    await life.start();
    expect(states).toEqual(["ready", "again ready"]);
    expect(notices[0]).toMatchObject({ level: "warn", message: expect.stringContaining("broken listener") });
    end();
    await life.stop();
    expect(notices).toHaveLength(1);
  });

  test("an async listener that rejects is reported and neither ends the service nor changes its exit code", async () => {
    const { life, notices } = create();
    life.onChange(async ({ state }) => {
      if (state !== "stopped") throw new Error(`broken at ${state}`);
    });
    await life.start();
    await nextTurn();
    expect(life.state).toBe("ready");
    expect(await life.stop()).toMatchObject({ code: 0 });
    await nextTurn();
    expect(notices.map(({ level }) => level)).toEqual(["warn", "warn"]);
    expect(notices[1]?.message).toContain("broken at draining");
  });

  test.each([
    ["stop", (life: ReturnType<typeof createLifecycle>) => life.stop(7 as never)],
    ["onChange", (life: ReturnType<typeof createLifecycle>) => life.onChange(null as never)],
    ["onChange", (life: ReturnType<typeof createLifecycle>) => life.onChange(undefined as never)],
  ])("%s refuses an argument of another type", (name, act) => {
    expect(() => act(create().life)).toThrow(TypeError);
    expect(() => act(create().life)).toThrow(name);
  });
});

describe("a failed start", () => {
  test("closes what had started, in reverse, tells once which, why and how long, and exits with 1", async () => {
    const { life, clock, exits, notices, states } = create();
    const log: string[] = [];
    life.resource("config", { stop: () => log.push("config") });
    life.resource("database", { after: ["config"], stop: () => log.push("database") });
    life.resource("broker", {
      start: async () => {
        await new Promise<void>((resolve) => clock.schedule(resolve, 1500));
        throw Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" });
      },
      stop: () => log.push("broker"),
    });
    life.resource("never", { after: ["broker"], start: () => log.push("never") });
    const started = life.start();
    started.catch(() => undefined);
    await clock.advance("2s");
    await expect(started).rejects.toMatchObject({ code: "LIFECYCLE_START_FAILED" });
    expect(log).toEqual(["database", "config"]);
    expect(notices.map(({ level, message }) => [level, message])).toEqual([
      [
        "error",
        'the service could not start: resource "broker" did not start (1.5 s): Error [ECONNREFUSED]: connect refused; closing database, config; exit code 1',
      ],
    ]);
    expect(exits.map(([code]) => code)).toEqual([1]);
    expect([life.state, states]).toEqual(["failed", ["failed"]]);
  });

  test("that hangs is ended by its limit", async () => {
    const { life, clock, exits } = create({ startTimeout: "10s" });
    life.resource("broker", { start: hang });
    const started = life.start();
    started.catch(() => undefined);
    await clock.advance("10s");
    await expect(started).rejects.toMatchObject({ cause: { code: "LIFECYCLE_START_TIMEOUT" } });
    expect(exits.map(([code]) => code)).toEqual([1]);
    expect(clock.pending).toBe(0);
  });
});

describe("a signal", () => {
  test("takes readiness away in the same turn and ends with code 0", async () => {
    const { life, signal, exits, clock } = create();
    await life.start();
    signal();
    expect([life.ready(), life.state]).toEqual([false, "draining"]);
    await clock.advance("1s");
    expect(exits).toMatchObject([[0, { reason: SIGNAL, code: 0 }]]);
    expect(telemetry.of("lifecycle.signal").map(({ labels }) => labels)).toEqual([{ signal: SIGNAL, effect: "drain" }]);
  });

  test("that comes a second time exits at once with 1, says so, and says what is left", async () => {
    const { life, signal, exits, notices, clock } = create();
    life.resource("database", { stop: hang });
    await life.start();
    void life.track(hang(), "mail");
    signal();
    await clock.advance("1s");
    expect(exits).toEqual([]);
    signal();
    expect(exits.map(([code]) => code)).toEqual([1]);
    expect(notices[0]).toMatchObject({ level: "warn" });
    expect(notices[0]?.message).toMatch(
      /^second signal \(SIGUSR2\): exiting at once with code 1; not finished: background work: 1, open: database, handles: /,
    );
    await clock.advance("1m");
    expect(exits).toHaveLength(1);
  });

  test("during the start interrupts it, closes what is open and exits with 0", async () => {
    const { life, signal, exits, clock } = create();
    const log: string[] = [];
    life.resource("database", { stop: () => log.push("database closed") });
    life.resource("broker", {
      start: (aborted) => new Promise((_, reject) => aborted.addEventListener("abort", () => reject(aborted.reason))),
    });
    const started = life.start();
    started.catch(() => undefined);
    await clock.advance(10);
    signal();
    await clock.advance(10);
    await expect(started).rejects.toMatchObject({ code: "LIFECYCLE_START_INTERRUPTED" });
    expect([log, exits.map(([code]) => code), life.state]).toEqual([["database closed"], [0], "stopped"]);
  });

  test("during a start that heeds nothing waits for the time of a close, and says what was cut", async () => {
    const { life, signal, exits, clock } = create();
    const log: string[] = [];
    life.resource("database", { stop: () => log.push("database closed") });
    life.resource("broker", { start: hang });
    life.start().catch(() => undefined);
    await clock.advance(10);
    signal();
    await clock.advance(4990);
    expect(exits).toEqual([]);
    for (let turn = 0; turn < 5; turn++) await clock.advance(10);
    expect(log).toEqual(["database closed"]);
    expect(exits).toMatchObject([[1, { cut: [{ kind: "resource", name: "broker" }] }]]);
  });

  test("during a start that heeds nothing still ends by the deadline, and what was open gets its time to close", async () => {
    const { life, signal, exits, clock } = create({ deadline: "4s", closeTimeout: "10s" });
    life.resource("database", { stop: () => new Promise<void>((resolve) => clock.schedule(resolve, 1000)) });
    life.resource("broker", { start: hang });
    const started = life.start();
    started.catch(() => undefined);
    await clock.advance(10);
    signal();
    for (let turn = 0; turn < 40; turn++) await clock.advance(100);
    await expect(started).rejects.toMatchObject({ code: "LIFECYCLE_START_INTERRUPTED" });
    expect(clock.pending).toBe(0); // the start's own limit of a minute holds nothing open
    expect(exits).toMatchObject([[1, { cut: [{ kind: "resource", name: "broker", after: 2000 }], duration: 3000 }]]);
  });

  test("during a stop() that the service itself called does not end it by force", async () => {
    const { life, signal, exits, clock } = create();
    life.resource("database", { stop: () => new Promise<void>((resolve) => clock.schedule(resolve, 1000)) });
    await life.start();
    const stopped = life.stop("own");
    await clock.advance(10);
    signal();
    expect(exits).toEqual([]);
    await clock.advance("1s");
    expect(await stopped).toMatchObject({ code: 0, reason: "own" });
  });
});

describe("the shutdown's limits", () => {
  test("background work is waited for until the drain timeout, then cut and named", async () => {
    const { life, clock, exits, notices } = create({ drainTimeout: "3s" });
    await life.start();
    void life.track(new Promise((resolve) => clock.schedule(() => resolve(1), 2000)), "mail");
    void life.track(hang(), "report");
    void life.stop("deploy");
    await clock.advance(2999);
    expect(exits).toEqual([]);
    await clock.advance(1);
    expect(exits).toMatchObject([[1, { cut: [{ kind: "work", name: "report", after: 3000 }], duration: 3000 }]]);
    expect(notices[0]?.message).toMatch(
      /^stopped \(deploy\) after 3.0 s with exit code 1: background work "report" cut off after 3.0 s/,
    );
    expect(telemetry.of("lifecycle.drain")).toMatchObject([
      { labels: { outcome: "cut" }, value: 3, details: { requests: 0, streams: 0, work: 2 } },
    ]);
    expect(telemetry.of("lifecycle.cut")).toMatchObject([{ labels: { kind: "work" }, details: { name: "report" } }]);
  });

  test("a resource that throws and one that hangs keep no other from closing, and both are in the report", async () => {
    const { life, clock, exits } = create();
    const closed: string[] = [];
    life.resource("first", { stop: () => closed.push("first") });
    life.resource("throws", { stop: () => Promise.reject(new Error("no")) });
    life.resource("hangs", { stop: hang, closeTimeout: "1s" });
    life.resource("last", { stop: () => closed.push("last") });
    await life.start();
    void life.stop();
    await clock.advance("1s");
    expect(closed).toEqual(["first", "last"]);
    expect(exits[0]?.[1].cut.map(({ name }) => name)).toEqual(["throws", "hangs"]);
    expect(exits[0]?.[0]).toBe(1);
  });

  test("with everything hanging all of it still ends before the 30 seconds that Kubernetes gives", async () => {
    const { life, clock, exits } = create();
    let begun = 0;
    for (let i = 0; i < 20; i++)
      life.resource(`r${i}`, {
        stop: () => {
          begun++;
          return hang();
        },
      });
    await life.start();
    void life.track(hang());
    void life.stop();
    await clock.advance("28s");
    expect(begun).toBe(20);
    expect(exits).toMatchObject([[1, { code: 1 }]]);
    expect(exits[0]?.[1].duration).toBeLessThanOrEqual(28_001);
  });

  test("a drain timeout beyond the deadline is cut short by it, and the resources still get their time", async () => {
    const { life, clock, exits } = create({ drainTimeout: "10m", deadline: "10s", closeTimeout: "4s" });
    let began = Number.NaN;
    life.resource("database", {
      stop: () => {
        began = clock.monotonic();
      },
    });
    await life.start();
    void life.track(hang());
    void life.stop();
    await clock.advance("10s");
    expect(began).toBe(6000);
    expect(exits[0]?.[1].duration).toBe(6000);
  });

  test("a jump of the wall clock moves none of them", async () => {
    const { life, clock, exits } = create({ drainTimeout: "3s" });
    await life.start();
    void life.track(hang());
    void life.stop();
    clock.jumpTo(0);
    await clock.advance(2999);
    expect(exits).toEqual([]);
    clock.jumpTo(9e12);
    await clock.advance(1);
    expect(exits).toHaveLength(1);
  });

  test("without a server there is no drain delay to wait out", async () => {
    const { life, clock, exits } = create();
    await life.start();
    void life.stop();
    await clock.advance(0);
    expect(exits).toMatchObject([[0, { duration: 0 }]]);
  });
});

describe("the way out", () => {
  test("waits for flush, but not longer than a second, and not at all for one that fails", async () => {
    for (const [flush, time] of [
      [hang, 1000],
      [() => Promise.reject(new Error("disk full")), 0],
      [
        () => {
          throw new Error("disk full");
        },
        0,
      ],
    ] as const) {
      const { life, clock, exits } = create({ flush });
      await life.start();
      void life.stop();
      await clock.advance(time);
      expect(exits.map(([code]) => code)).toEqual([0]);
    }
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
  ])("a report function that %s falls back to standard error", async (_, report) => {
    const written: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((text: string) => written.push(text) > 0) as never;
    try {
      const { life } = create({ report });
      life.resource("bad", { start: () => Promise.reject(new Error("broken")) });
      await life.start().catch(() => undefined);
    } finally {
      process.stderr.write = write;
    }
    expect(written.join("")).toMatch(/^lifecycle error: the service could not start: resource "bad"/);
  });

  test("exit: false leaves the process alone", async () => {
    const { life, signal, clock } = create({ exit: false });
    await life.start();
    signal();
    await clock.advance("1s");
    expect(life.state).toBe("stopped");
    expect(process.exitCode).toBeUndefined();
  });
});
