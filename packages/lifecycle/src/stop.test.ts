import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Cut } from "./cut.ts";
import type { Resource } from "./resources.ts";
import { stopAll } from "./stop.ts";

const telemetry = captureTelemetry();
afterEach(() => telemetry.clear());
const hang = (): Promise<never> => new Promise(() => undefined);
const resource = (name: string, stop: Resource["stop"], closeTimeout?: number): Resource => ({
  name,
  after: [],
  ...(stop === undefined ? undefined : { stop }),
  ...(closeTimeout === undefined ? undefined : { closeTimeout }),
});

async function stopInTime(started: Resource[], closeTimeout = 5000, budget = 20_000) {
  const clock = manualClock();
  const cut: Cut[] = [];
  const began = clock.monotonic();
  let took = Number.NaN;
  const done = stopAll(started, { clock, closeTimeout, end: began + budget, onCut: (one) => cut.push(one) });
  void done.then(() => {
    took = clock.monotonic() - began;
  });
  await clock.advance(budget);
  await done;
  return { cut, took, pending: clock.pending };
}

describe("stopAll", () => {
  test("closes in reverse order of the start, one after the other", async () => {
    const log: string[] = [];
    const stop = (name: string) => async (): Promise<void> => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} is closed`);
    };
    const { cut } = await stopInTime([resource("a", stop("a")), resource("none", undefined), resource("b", stop("b"))]);
    expect(log).toEqual(["b begins", "b is closed", "a begins", "a is closed"]);
    expect(cut).toEqual([]);
    expect(telemetry.of("lifecycle.resource_stop").map(({ labels }) => labels)).toEqual([
      { resource: "b", outcome: "ok" },
      { resource: "a", outcome: "ok" },
    ]);
  });

  test("one that throws, at once or later, does not keep the others from closing, and is told of", async () => {
    const closed: string[] = [];
    const failure = new Error("no");
    const { cut } = await stopInTime([
      resource("first", () => closed.push("first")),
      resource("throws", () => {
        throw failure;
      }),
      resource("rejects", () => Promise.reject(undefined)),
      resource("last", () => closed.push("last")),
    ]);
    expect(closed).toEqual(["last", "first"]);
    expect(cut).toMatchObject([
      { kind: "resource", name: "rejects" },
      { kind: "resource", name: "throws", error: failure },
    ]);
    expect(cut[0]?.error).toBeDefined();
  });

  test("one that hangs is given up at its own limit, its signal aborts, and the others close", async () => {
    let signal: AbortSignal | undefined;
    const closed: string[] = [];
    const { cut, took, pending } = await stopInTime([
      resource("database", () => closed.push("database")),
      resource(
        "broker",
        (given) => {
          signal = given;
          return hang();
        },
        700,
      ),
    ]);
    expect(closed).toEqual(["database"]);
    expect(cut).toEqual([{ kind: "resource", name: "broker", after: 700 }]);
    expect(took).toBe(700);
    expect(signal?.aborted).toBe(true);
    expect(pending).toBe(0);
    expect(telemetry.of("lifecycle.resource_stop")[0]).toMatchObject({
      labels: { resource: "broker", outcome: "timeout" },
      value: 0.7,
    });
  });

  test("however many hang, every one gets its turn and all of it ends in time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("hangs", "closes", "throws"), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        async (kinds, budget, closeTimeout) => {
          let begun = 0;
          const started = kinds.map((kind, i) =>
            resource(`r${i}`, () => {
              begun += 1;
              if (kind === "throws") throw new Error("no");
              return kind === "hangs" ? hang() : undefined;
            }),
          );
          const { cut, took } = await stopInTime(started, closeTimeout, budget);
          expect(begun).toBe(kinds.length);
          expect(took).toBeLessThanOrEqual(budget + 1e-6);
          expect(cut).toHaveLength(kinds.filter((kind) => kind !== "closes").length);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("a close that fails after it was given up goes unnoticed by the process", async () => {
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      fail = reject;
    });
    await stopInTime([resource("late", () => late, 10)]);
    fail(new Error("too late"));
    await manualClock().advance(1);
  });
});
