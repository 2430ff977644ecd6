import { sleep } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { captureLogs } from "./testing.ts";

const setting = () => {
  const clock = manualClock();
  return { clock, ...captureLogs({ clock }) };
};

describe("an operation", () => {
  test("writes its start at debug and its end at info with its duration, and returns the result", async () => {
    const { logger, records, clock } = setting();
    const running = logger.operation("import", { file: "a.csv" }, async (op) => {
      op.info("halfway");
      await sleep(250, { clock });
      op.set({ rows: 3 });
      return op.elapsed();
    });
    await clock.advance(250);
    expect(await running).toBe(250);
    expect(records).toMatchObject([
      { level: 20, operation: "import", file: "a.csv", msg: "import started" },
      { level: 30, operation: "import", file: "a.csv", msg: "halfway" },
      { level: 30, operation: "import", file: "a.csv", rows: 3, durationMs: 250, msg: "import finished" },
    ]);
  });

  test("ends with a warning if it took as long as slow, and not if it was faster", async () => {
    const { logger, records, clock } = setting();
    for (const took of [99, 100]) {
      const running = logger.operation("query", () => sleep(took, { clock }), { slow: "100ms" });
      await clock.advance(took);
      await running;
    }
    expect(records.filter((record) => record.level === 30)).toMatchObject([{ durationMs: 99 }]);
    expect(records.filter((record) => record.level === 40)).toMatchObject([
      { durationMs: 100, slow: true, slowAfterMs: 100 },
    ]);
  });

  test("ends at the level of its option, unless it failed or was slow", async () => {
    const { logger, records } = setting();
    await logger.operation("poll", () => 1, { level: "debug", slow: "1s" });
    await logger.operation("poll", () => 1, { level: "debug", slow: 0 });
    await logger.operation("poll", () => Promise.reject(new Error("x")), { level: "warn" }).catch(() => undefined);
    await logger.operation("poll", () => 1, { level: "warn" });
    expect(records.filter(({ msg }) => !msg?.endsWith("started")).map(({ level }) => level)).toEqual([20, 40, 50, 40]);
    expect(() => logger.operation("poll", () => 1, { level: "error" as never })).toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringContaining("operation level") }),
    );
  });

  test.each([[new Error("boom")], ["text"], [undefined], [null], [{ code: 1 }]])(
    "that fails with %s says so at error and throws the identical value",
    async (thrown) => {
      const { logger, records } = setting();
      for (const work of [
        () => Promise.reject(thrown),
        () => {
          throw thrown;
        },
      ]) {
        const caught = await logger.operation("pay", work).then(
          () => "nothing",
          (error: unknown) => ({ error }),
        );
        expect(caught).toEqual({ error: thrown });
        if (typeof caught === "object") expect(caught.error).toBe(thrown);
      }
      expect(records.filter((record) => record.level === 50)).toMatchObject([
        { operation: "pay", msg: "pay failed", durationMs: 0 },
        { operation: "pay", msg: "pay failed", durationMs: 0 },
      ]);
    },
  );

  test("may be synchronous, and measures on the monotonic clock", async () => {
    const { logger, records, clock } = setting();
    expect(
      await logger.operation("sum", () => {
        clock.jumpTo(0);
        return 42;
      }),
    ).toBe(42);
    expect(records.at(-1)).toMatchObject({ durationMs: 0 });
  });

  test("is an event that metrics can count, and not a second line", async () => {
    const { logger, records } = setting();
    using events = captureTelemetry();
    const stop = logger.observe();
    await logger.operation("a", () => 1);
    await logger.operation("b", () => Promise.reject(new Error("x"))).catch(() => undefined);
    stop();
    expect(events.of("logger.operation").map((event) => event.labels)).toEqual([
      { operation: "a", outcome: "ok" },
      { operation: "b", outcome: "failed" },
    ]);
    expect(records).toHaveLength(4);
  });

  test.each<[string, unknown[]]>([
    ["operation name", ["", () => 1]],
    ["operation name", [7, () => 1]],
    ["operation's work", ["a"]],
    ["operation's work", ["a", {}, 5]],
    ["operation fields", ["a", 5, () => 1]],
    ["operation slow", ["a", () => 1, { slow: "soon" }]],
    ["operation slow", ["a", () => 1, { slow: Number.NaN }]],
    ["slower", ["a", () => 1, { slower: 1 }]],
  ])("refuses a wrong %s", (name, args) => {
    const { logger } = setting();
    const call = logger.operation.bind(logger) as (...args: unknown[]) => unknown;
    expect(() => call(...args)).toThrow(TypeError);
    expect(() => call(...args)).toThrow(name);
  });
});

describe("an operation with arguments that cannot be read", () => {
  const unreadable = {
    a: 1,
    get bad(): never {
      throw new Error("getter");
    },
  };

  test("runs, and its lines have what can be read", async () => {
    const { logger, records } = setting();
    const result = await logger.operation("odd", unreadable, (op) => {
      op.set({ ...{ b: 2 }, operation: "forged" });
      op.set(unreadable);
      op.set(undefined as never);
      return "done";
    });
    expect(result).toBe("done");
    expect(records.at(-1)).toMatchObject({ a: 1, b: 2, bad: "[unreadable]", operation: "odd", msg: "odd finished" });
  });

  test.each([undefined, null, 0, "text", Symbol("s")])(
    "describes %s that is thrown, and throws it on",
    async (thrown) => {
      const { logger, records } = setting();
      const failed = logger.operation("odd", () => {
        throw thrown;
      });
      expect(await failed.catch((error: unknown) => error)).toBe(thrown);
      expect(records.at(-1)).toMatchObject({
        level: 50,
        err: { type: thrown === null ? "null" : typeof thrown, message: expect.any(String) },
      });
    },
  );
});
