import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { afterEach, describe, expect, test } from "vitest";
import { type Startable, startAll } from "./start.ts";

const telemetry = captureTelemetry();
afterEach(() => telemetry.clear());

function begin(items: Startable[], signal: AbortSignal = new AbortController().signal) {
  const clock = manualClock();
  const started: string[] = [];
  const done = startAll(items, {
    clock,
    startTimeout: 1000,
    settleTimeout: 500,
    signal,
    onStarted: ({ name }) => started.push(name),
  });
  let over = false;
  done.catch(() => {
    over = true;
  });
  return { clock, started, done, ended: () => over };
}
const hang = (): Promise<never> => new Promise(() => undefined);

describe("startAll", () => {
  test("starts each as soon as those that it comes after are open, and tells how long it took", async () => {
    const clock = manualClock();
    const log: string[] = [];
    const item = (name: string, after: string[] = []): Startable => ({
      name,
      after,
      start: async () => {
        log.push(`${name} begins`);
        await new Promise<void>((resolve) => clock.schedule(resolve, 200));
        log.push(`${name} is open`);
      },
    });
    const done = startAll([item("a"), item("b"), item("c", ["a", "b"])], {
      clock,
      startTimeout: 1000,
      settleTimeout: 500,
      signal: new AbortController().signal,
      onStarted: () => undefined,
    });
    await clock.advance(400);
    await done;
    expect(log).toEqual(["a begins", "b begins", "a is open", "b is open", "c begins", "c is open"]);
    expect(telemetry.of("lifecycle.resource_start").map(({ labels, value }) => [labels, value])).toEqual([
      [{ resource: "a", outcome: "ok" }, 0.2],
      [{ resource: "b", outcome: "ok" }, 0.2],
      [{ resource: "c", outcome: "ok" }, 0.2],
    ]);
    expect(clock.pending).toBe(0);
  });

  test("the first that throws ends it, and the error says which, why and after how long", async () => {
    const cause = Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" });
    const run = begin([
      { name: "config" },
      { name: "database", start: () => Promise.reject(cause) },
      { name: "cache", after: ["database"], start: () => expect.unreachable() },
    ]);
    await expect(run.done).rejects.toMatchObject({
      code: "LIFECYCLE_START_FAILED",
      message: 'resource "database" did not start (0 ms): Error [ECONNREFUSED]: connect refused',
      context: { resource: "database", elapsed: 0 },
      cause,
    });
    expect(run.started).toEqual(["config"]);
  });

  test("when one fails, the others under way learn it, and one that opens all the same counts as started", async () => {
    const heard: string[] = [];
    const run = begin([
      { name: "fails", start: () => Promise.reject(new Error("no")) },
      {
        name: "heeds",
        start: (signal) =>
          new Promise((_, reject) =>
            signal.addEventListener("abort", () => {
              heard.push("heeds");
              reject(signal.reason);
            }),
          ),
      },
      {
        name: "opens",
        start: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined))),
      },
    ]);
    await expect(run.done).rejects.toMatchObject({ context: { resource: "fails" } });
    expect(heard).toEqual(["heeds"]);
    expect(run.started).toEqual(["opens"]);
  });

  test("when one fails, another that heeds nothing is waited for no longer than its limit", async () => {
    const run = begin([
      { name: "fails", start: () => Promise.reject(new Error("no")) },
      { name: "hangs", start: hang },
    ]);
    await run.clock.advance(499);
    expect(run.ended()).toBe(false);
    await run.clock.advance(1);
    await expect(run.done).rejects.toMatchObject({ context: { resource: "fails" } });
  });

  test.each([undefined, null, "text", 0, new AggregateError([new Error("inner")])])(
    "a start that rejects with %s fails like any other",
    async (reason) => {
      const run = begin([{ name: "odd", start: () => Promise.reject(reason) }]);
      await expect(run.done).rejects.toMatchObject({ code: "LIFECYCLE_START_FAILED", context: { resource: "odd" } });
    },
  );

  test("a start that hangs fails at its limit and has its signal aborted", async () => {
    let seen: AbortSignal | undefined;
    const start = (signal: AbortSignal): Promise<never> => {
      seen = signal;
      return hang();
    };
    const run = begin([{ name: "broker", start, startTimeout: 300 }]);
    await run.clock.advance(299);
    expect(seen?.aborted).toBe(false);
    await run.clock.advance(1);
    await expect(run.done).rejects.toThrow('resource "broker" did not start (300 ms): it took too long');
    expect(seen?.aborted).toBe(true);
    expect(telemetry.of("lifecycle.resource_start")[0]?.labels).toEqual({ resource: "broker", outcome: "timeout" });
    expect(run.clock.pending).toBe(0);
  });

  test("if the service has to stop, the signal of the start under way aborts and no other one begins", async () => {
    const stopping = new AbortController();
    const run = begin(
      [
        {
          name: "slow",
          start: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined))),
        },
        { name: "next", after: ["slow"], start: () => expect.unreachable() },
      ],
      stopping.signal,
    );
    await run.clock.advance(10);
    stopping.abort();
    await expect(run.done).rejects.toMatchObject({ code: "LIFECYCLE_START_INTERRUPTED" });
    expect(run.started).toEqual(["slow"]);
  });

  test("a start that rejects because its signal has aborted is interrupted, and has not failed", async () => {
    const stopping = new AbortController();
    const start = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const run = begin([{ name: "slow", start }], stopping.signal);
    await run.clock.advance(1);
    stopping.abort(new Error("stop"));
    await expect(run.done).rejects.toMatchObject({ code: "LIFECYCLE_START_INTERRUPTED" });
  });
});
