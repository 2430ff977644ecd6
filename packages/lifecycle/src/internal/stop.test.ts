import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Cut } from "../cut.ts";
import type { Resource } from "./resources.ts";
import { stopAll } from "./stop.ts";

const telemetry = captureTelemetry();
afterEach(() => telemetry.clear());
const hang = (): Promise<never> => new Promise(() => undefined);
const resource = (
  name: string,
  stop: Resource["stop"],
  closeTimeout?: number,
  after: readonly string[] = [],
): Resource => ({
  name,
  after,
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
  test("closes each as soon as those that come after it are closed, and independent ones at the same time", async () => {
    const log: string[] = [];
    const stop = (name: string) => async (): Promise<void> => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} is closed`);
    };
    const { cut } = await stopInTime([
      resource("a", stop("a")),
      resource("none", undefined, undefined, ["a"]),
      resource("b", stop("b"), undefined, ["none"]),
      resource("c", stop("c")),
    ]);
    expect(log).toEqual(["b begins", "c begins", "b is closed", "c is closed", "a begins", "a is closed"]);
    expect(cut).toEqual([]);
    expect(telemetry.of("lifecycle.resource_stop").map(({ labels }) => labels)).toEqual([
      { resource: "b", outcome: "ok" },
      { resource: "c", outcome: "ok" },
      { resource: "a", outcome: "ok" },
    ]);
  });

  test("one that throws, at once or later, does not keep the others from closing, and is reported", async () => {
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
    expect(closed).toEqual(["first", "last"]);
    expect(cut).toMatchObject([
      { kind: "resource", name: "throws", error: failure },
      { kind: "resource", name: "rejects" },
    ]);
    expect(cut[1]?.error).toBeDefined();
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
    expect(telemetry.of("lifecycle.resource_stop").at(-1)).toMatchObject({
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
        fc.func(fc.boolean()),
        async (kinds, budget, closeTimeout, comesAfter) => {
          let begun = 0;
          const open = new Set<string>();
          const started = kinds.map((kind, i) => {
            const after = kinds.flatMap((_, j) => (j < i && comesAfter(i, j) ? [`r${j}`] : []));
            open.add(`r${i}`);
            const stop = (): unknown => {
              begun += 1;
              for (const user of started) if (user.after.includes(`r${i}`)) expect(open.has(user.name)).toBe(false);
              if (kind === "throws") throw new Error("no");
              return kind === "hangs" ? hang() : undefined;
            };
            const closing = (signal: AbortSignal): unknown => {
              signal.addEventListener("abort", () => open.delete(`r${i}`));
              if (kind === "closes") open.delete(`r${i}`);
              return stop();
            };
            return resource(`r${i}`, closing, undefined, after);
          });
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
