import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLogger, type LoggerOptions } from "./create-logger.ts";
import { type ErrorGroupsOptions, errorGroups } from "./destinations/error-groups.ts";
import { stdout } from "./destinations/stdout.ts";
import { fingerprintOf } from "./internal/errors/fingerprint.ts";

interface Summary {
  level: number;
  msg: string;
  errorGroup: string;
  count: number;
  total: number;
  first: string;
  last: string;
  type?: string;
  code?: string;
  sample: { message?: string; correlationId?: string; err?: { message: string } };
}

function grouping(options: Partial<ErrorGroupsOptions> = {}, settings: Partial<LoggerOptions> = {}) {
  const summaries: Summary[] = [];
  const clock = manualClock();
  const to = { write: (line: string) => void summaries.push(JSON.parse(line) as Summary) };
  const groups = errorGroups({ to, ...options });
  const logger = createLogger({ name: "orders", clock, ...settings, destinations: [groups] });
  return { logger, groups, summaries, clock };
}

/** An error with these frames, each `function file:line`. */
function failure(type: string, frames: readonly string[], message = "no", more: object = {}): Error {
  const stack = [`${type}: ${message}`, ...frames.map((frame) => `    at ${frame.replace(" ", " (")}:5)`)].join("\n");
  return Object.assign(new Error(message), { name: type, stack }, more);
}

const SAVE = ["save /app/src/orders.ts:10", "handle /app/src/http.ts:20", "run node:internal/process/task_queues:95"];

describe("summaries", () => {
  test("are written per kind and interval while errors occur, with counts, times and a sample", async () => {
    const { logger, summaries, clock } = grouping();
    logger.error(failure("TypeError", SAVE, "order 7 is gone"));
    await clock.advance("10s");
    logger.error(failure("TypeError", SAVE, "order 8 is gone"));
    logger.fatal(failure("RangeError", SAVE), "stopping");
    logger.warn("not an error");
    expect(summaries).toEqual([]);
    await clock.advance("50s");
    expect(summaries).toMatchObject([
      {
        level: 50,
        msg: "TypeError: 2 times",
        name: "orders",
        type: "TypeError",
        count: 2,
        total: 2,
        first: "2026-01-01T00:00:00.000000Z",
        last: "2026-01-01T00:00:10.000000Z",
        sample: { message: "order 8 is gone", err: { message: "order 8 is gone" } },
      },
      { level: 60, msg: "RangeError: once", count: 1, sample: { message: "stopping" } },
    ]);
    expect(clock.pending).toBe(0);
    await clock.advance("5m");
    expect(summaries).toHaveLength(2);
    logger.error(failure("TypeError", SAVE, "order 9 is gone"));
    await logger.close();
    expect(summaries[2]).toMatchObject({ count: 1, total: 3, first: "2026-01-01T00:00:00.000000Z" });
    expect(summaries[2]?.errorGroup).toBe(summaries[0]?.errorGroup);
    expect(clock.pending).toBe(0);
  });

  test("have the format and the redaction of the logger", async () => {
    const { logger, summaries } = grouping({}, { format: "ecs", redact: ["iban"] });
    logger.error(failure("TypeError", SAVE, "no", { iban: "DE02", code: "ORDER_GONE" }));
    await logger.close();
    expect(summaries).toMatchObject([{ "log.level": "error", "service.name": "orders", message: "ORDER_GONE: once" }]);
    expect(JSON.stringify(summaries)).not.toContain("DE02");
  });

  test("count lines of the level and above also if the logger's level is lowered", async () => {
    const { logger, summaries } = grouping({ level: "warn" });
    logger.level = "trace";
    logger.debug("m");
    logger.warn("disk 1 is nearly full");
    logger.warn("disk 2 is nearly full");
    await logger.close();
    expect(summaries).toMatchObject([{ level: 40, count: 2, msg: "disk 2 is nearly full: 2 times" }]);
  });

  test("survive a place that fails, which makes the logger degraded", async () => {
    const { logger, clock } = grouping({
      to: {
        kind: "broken",
        write: () => {
          throw new Error("no");
        },
      },
    });
    logger.error("m");
    await clock.advance("1m");
    expect(logger.health()).toMatchObject({ status: "degraded", data: { lastError: "error-groups: error" } });
    await logger.close();
  });

  test("are written when the process exits", () => {
    const { logger, summaries } = grouping();
    const before = process.listeners("exit");
    logger.error("m");
    const [added] = process.listeners("exit").filter((listener) => !before.includes(listener));
    added?.(0);
    expect(summaries).toHaveLength(1);
    expect(process.listeners("exit").filter((listener) => listener === added)).toEqual([]);
  });
});

describe("the number of groups", () => {
  test("has a limit, beyond which errors are counted together until older groups have been summarized", async () => {
    const { logger, groups, summaries, clock } = grouping({ groups: 2 });
    for (const name of ["a", "b", "c", "d"]) logger.error(failure(name, SAVE));
    expect(groups.groups().map(({ type, count }) => [type, count])).toEqual([
      ["a", 1],
      ["b", 1],
      [undefined, 2],
    ]);
    await clock.advance("1m");
    expect(summaries.map(({ errorGroup, count }) => [errorGroup.length, count])).toEqual([
      [16, 1],
      [16, 1],
      [5, 2],
    ]);
    logger.error(failure("b", SAVE));
    logger.error(failure("e", SAVE));
    expect(groups.groups().map(({ type }) => type)).toEqual(["b", "e", undefined]);
    await logger.close();
  });

  test("counts every error exactly once, whatever errors come and whenever summaries are written", async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constantFrom("A", "B", "C", "D", "E"), frame: fc.constantFrom("f a.ts:1", "g b.ts:2") }),
      fc.constant("summary" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (steps, most) => {
        const { logger, groups, summaries, clock } = grouping({ groups: most });
        let errors = 0;
        for (const each of steps) {
          if (each === "summary") await clock.advance("1m");
          else {
            logger.error(failure(each.type, [each.frame]));
            errors++;
          }
          // The group of all others comes on top.
          expect(groups.groups().length).toBeLessThanOrEqual(most + 1);
        }
        await logger.close();
        expect(summaries.reduce((sum, { count }) => sum + count, 0)).toBe(errors);
        for (const { count, total, first, last } of summaries) {
          expect(count).toBeGreaterThan(0);
          expect(total).toBeGreaterThanOrEqual(count);
          expect(first <= last).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("two errors are of one kind", () => {
  const print = (fields: Record<string, unknown>, message?: string): string =>
    fingerprintOf({ level: 50, time: "", name: undefined, message, correlationId: undefined, fields }, 3);
  const ofError = (stack: string | undefined, more: object = {}): string =>
    print({ err: { type: "Error", message: "m", stack, ...more } });
  const stackOf = (frames: readonly string[]): string =>
    ["Error: m", ...frames.map((frame) => `    at ${frame}`)].join("\n");

  const base = stackOf([
    "save (/app/src/orders.ts:10:3)",
    "async handle (file:///app/src/http.ts:2:1)",
    "/app/src/main.ts:1:1",
  ]);
  test.each([
    ["line numbers", base.replaceAll(/\d+:\d+/g, "99:1")],
    ["the directory", base.replaceAll("/app/", "/srv/releases/7/")],
    ["the message", base.replace("Error: m", "Error: other")],
    [
      "frames of packages and Node.js between",
      base.replace(
        "\n",
        "\n    at query (/app/node_modules/pg/lib/client.js:5:5)\n    at new Promise (node:internal:1:1)\n",
      ),
    ],
    ["a query of a module", base.replace("orders.ts", "orders.ts?t=1")],
    ["frames below the third", `${base}\n    at outer (/app/src/outer.ts:1:1)`],
  ])("if they differ in %s", (_, stack) => {
    expect(ofError(stack)).toBe(ofError(base));
  });

  test.each([
    ["the code", ofError(base, { code: "ENOENT" })],
    ["the class", ofError(base, { type: "TypeError" })],
    ["a function", ofError(base.replace("save", "load"))],
    ["a file", ofError(base.replace("http.ts", "queue.ts"))],
    ["the cause", ofError(base, { cause: { type: "Error", message: "x", code: "ECONNREFUSED" } })],
  ])("but not if they differ in %s", (_, other) => {
    expect(other).not.toBe(ofError(base));
  });

  test("if bundled files differ in their content hash", () => {
    const bundled = (name: string): string => ofError(stackOf([`save (/app/dist/${name}:1:1)`]));
    expect(bundled("chunk-4FA2B9C1.js")).toBe(bundled("chunk-99XYZ123.js"));
    expect(bundled("order-handler.js")).not.toBe(bundled("order-service.js"));
  });

  test("without frames, if their messages differ in values only", () => {
    const id = "0af76519-16cd-43dd-8448-eb211c80319c";
    expect(ofError(undefined, { message: `order ${id} of 'ann' took 7.5 s` })).toBe(
      ofError(undefined, { message: "order 0af76519-16cd-43dd-8448-eb211c803199 of 'bob' took 12 s" }),
    );
    expect(print({}, "disk 1 full")).toBe(print({ any: 1 }, "disk 22 full"));
    expect(print({}, "disk full")).not.toBe(print({}, "disk empty"));
  });

  test("and a fingerprint is made of whatever the stack is", () => {
    fc.assert(
      fc.property(fc.anything(), fc.string({ unit: "binary" }), (stack, message) => {
        expect(print({ err: { type: "E", message, stack } }, message)).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
    for (const stack of [`at ${"(".repeat(50_000)}:1:1`, "a (".repeat(20_000), `at ${"/x".repeat(20_000)}:1`])
      expect(ofError(stack)).toMatch(/^[0-9a-f]{16}$/);
  });
});

test.each([
  ["to", { to: 5 }],
  ["to", {}],
  ["every", { to: stdout(), every: 0 }],
  ["groups", { to: stdout(), groups: 0 }],
  ["groups", { to: stdout(), groups: 10_001 }],
  ["frames", { to: stdout(), frames: 21 }],
  ["level", { to: stdout(), level: "loud" }],
  ["size", { to: stdout(), size: 1 }],
])("refuses a wrong %s", (name, options) => {
  expect(() => errorGroups(options as ErrorGroupsOptions)).toThrow(TypeError);
  expect(() => errorGroups(options as ErrorGroupsOptions)).toThrow(name);
});
