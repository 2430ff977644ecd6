import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLogger, type LoggerOptions } from "./create-logger.ts";
import type { Destination, DestinationSetting } from "./destinations/destination.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const failure = (): never => {
  throw Object.assign(new Error("gone"), { code: "ECONNRESET" });
};

const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);

beforeEach(() => {
  rejections.length = 0;
  process.on("unhandledRejection", onRejection);
  vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
});
afterEach(async () => {
  await new Promise(setImmediate);
  process.off("unhandledRejection", onRejection);
  vi.restoreAllMocks();
  expect(rejections).toEqual([]);
});

/** A destination with a fault, and one beside it that works. */
function beside(fault: Partial<Destination>, options: Omit<LoggerOptions, "destinations"> = {}) {
  const lines: string[] = [];
  const clock = manualClock();
  const faulty: Destination = { kind: "faulty", write: () => undefined, ...fault };
  const sound: Destination = { write: (line) => void lines.push(line) };
  const logger = createLogger({ clock, ...options, destinations: [faulty, sound] });
  return { logger, lines, clock };
}

const hostile = Object.defineProperty({}, "code", { get: failure });

describe("a destination that fails", () => {
  const faults: Record<string, [Partial<Destination>, reason: string]> = {
    "throws an error": [{ write: failure }, "ECONNRESET"],
    rejects: [{ write: async () => failure() }, "ECONNRESET"],
    "throws something whose code cannot be read": [
      {
        write: () => {
          throw hostile;
        },
      },
      "error",
    ],
    "throws undefined": [
      {
        write: () => {
          throw undefined;
        },
      },
      "error",
    ],
    "returns a promise whose then throws": [{ write: () => new Proxy({}, { get: failure }) }, ""],
  };
  test.each(Object.entries(faults))(
    "neither breaks the call nor another destination if it %s",
    async (_, [fault, reason]) => {
      using events = captureTelemetry();
      const { logger, lines } = beside(fault);
      for (let i = 0; i < 3; i++) logger.info({ i }, "m");
      await logger.close();
      expect(lines).toHaveLength(3);
      const lost = events.of("logger.line_lost");
      expect(lost.map(({ labels }) => labels)).toEqual(
        reason === "" ? [] : [1, 2, 3].map(() => ({ destination: "faulty", reason })),
      );
      expect(logger.health()).toMatchObject(
        reason === ""
          ? { status: "healthy" }
          : {
              status: "degraded",
              error: "LOGGER_WRITE_FAILED",
              data: { lostLines: 3, lastError: `faulty: ${reason}` },
            },
      );
    },
  );

  test("is healthy again once a write has worked", () => {
    let broken = true;
    const { logger } = beside({ write: () => (broken ? failure() : undefined) });
    logger.info("lost");
    expect(logger.health().status).toBe("degraded");
    broken = false;
    logger.info("written");
    expect(logger.health()).toMatchObject({ status: "healthy", data: { lostLines: 1 } });
  });

  test("holds no more than a thousand writes that never settle, and close() counts these as lost", async () => {
    using events = captureTelemetry();
    const { logger, lines, clock } = beside({ write: never }, { closeTimeout: "2s" });
    for (let i = 0; i < 1500; i++) logger.info("m");
    expect(lines).toHaveLength(1500);
    expect(events.of("logger.line_lost")).toHaveLength(500);
    expect(events.of("logger.line_lost")[0]?.labels).toEqual({ destination: "faulty", reason: "busy" });
    let closed = false;
    void logger.close().then(() => {
      closed = true;
    });
    await clock.advance("1999ms");
    expect(closed).toBe(false);
    await clock.advance("1ms");
    expect(closed).toBe(true);
    expect(events.of("logger.line_lost").at(-1)).toMatchObject({
      labels: { destination: "faulty", reason: "timeout" },
      value: 1000,
    });
    expect(logger.health().data.lostLines).toBe(1500);
  });

  test("whose promise rejects after close() gave it up is not counted twice", async () => {
    using events = captureTelemetry();
    let reject: (error: unknown) => void = () => undefined;
    const write = (): Promise<never> =>
      new Promise((_, no) => {
        reject = no;
      });
    const { logger, clock } = beside({ write });
    logger.info("m");
    const closing = logger.close();
    await clock.advance("10s");
    await closing;
    reject(new Error("late"));
    await new Promise(setImmediate);
    expect(events.of("logger.line_lost")).toHaveLength(1);
  });

  test.each(["flush", "close"])(
    "close() takes no longer than closeTimeout if %s() hangs, and reports it once",
    async (method) => {
      using events = captureTelemetry();
      let othersClosed = 0;
      const clock = manualClock();
      const logger = createLogger({
        clock,
        closeTimeout: 500,
        destinations: [
          { kind: "faulty", write: () => undefined, [method]: never },
          { kind: "sound", write: () => undefined, close: () => void othersClosed++ },
        ],
      });
      let closed = false;
      void logger.close().then(() => {
        closed = true;
      });
      await clock.advance(499);
      expect([closed, othersClosed]).toEqual([false, 1]);
      await clock.advance(1);
      expect(closed).toBe(true);
      expect(events.of("logger.write_failed").map(({ labels }) => labels)).toContainEqual({
        destination: "faulty",
        reason: "timeout",
      });
      expect(clock.pending).toBe(0);
    },
  );

  test.each(["flush", "close", "flushSync"])(
    "%s() may throw or reject without an effect on the logger",
    async (method) => {
      for (const fault of [failure, async () => failure()]) {
        const { logger, lines } = beside({ [method]: fault });
        logger.fatal("m");
        await expect(logger.close()).resolves.toBeUndefined();
        expect(lines).toHaveLength(1);
      }
    },
  );

  test("a flush that works again makes the logger healthy again", async () => {
    let broken = true;
    const { logger } = beside({ flush: () => (broken ? failure() : undefined) });
    await new Promise((done) => logger.flush(done));
    expect(logger.health()).toMatchObject({ status: "degraded", data: { lastError: "faulty: ECONNRESET" } });
    broken = false;
    await new Promise((done) => logger.flush(done));
    expect(logger.health().status).toBe("healthy");
  });

  test("open() that throws makes createLogger throw, and closes what was opened before", () => {
    let closed = 0;
    const first: Destination = { write: () => undefined, open: () => undefined, close: () => void closed++ };
    const second: Destination = { write: () => undefined, open: failure };
    const third: Destination = { write: () => undefined, close: () => void closed++ };
    expect(() => createLogger({ destinations: [first, second, third] })).toThrow("gone");
    return vi.waitFor(() => expect(closed).toBe(1));
  });

  test("open() that rejects is reported, and lines are still handed over", async () => {
    using events = captureTelemetry();
    const written: string[] = [];
    const { logger } = beside({ open: async () => failure(), write: (line) => void written.push(line) });
    logger.info("m");
    await new Promise(setImmediate);
    expect(events.of("logger.write_failed").map(({ labels }) => labels)).toEqual([
      { destination: "faulty", reason: "ECONNRESET" },
    ]);
    expect(written).toHaveLength(1);
  });

  test.each([
    ["waitingBytes throws", Object.defineProperty({}, "waitingBytes", { get: failure, enumerable: true })],
    ["waitingBytes is not a number", { waitingBytes: "many" }],
    ["health() throws", { health: failure }],
    ["health() returns nonsense", { health: () => undefined }],
  ])("health() of the logger never throws: %s", (_, fault) => {
    const destination = Object.defineProperties({ write: () => undefined }, Object.getOwnPropertyDescriptors(fault));
    const { data } = createLogger({ destinations: destination as Destination }).health();
    expect(data.waitingBytes).toBe(0);
  });
});

describe("a host's own destination", () => {
  test("is opened, written to, flushed and closed like the destinations of this package", async () => {
    const calls: string[] = [];
    class Recorder implements Destination {
      readonly kind = "recorder";
      readonly level = "warn";
      setting: DestinationSetting | undefined;
      open(setting: DestinationSetting): void {
        this.setting = setting;
        calls.push("open");
      }
      write(line: string, level: number): void {
        calls.push(`write ${level} ${this.setting?.parse(line)?.message}`);
      }
      flushSync(): void {
        calls.push("flushSync");
      }
      async flush(): Promise<void> {
        calls.push("flush");
      }
      async close(): Promise<void> {
        calls.push("close");
      }
    }
    const logger = createLogger({ destinations: new Recorder() });
    logger.info("too low");
    logger.warn("one");
    logger.fatal("two");
    await logger.close();
    expect(calls).toEqual(["open", "write 40 one", "write 60 two", "flushSync", "flush", "close"]);
  });

  test("reports what it loses, and that it fails and recovers", () => {
    using events = captureTelemetry();
    let setting: DestinationSetting | undefined;
    const { logger } = beside({
      open: (given) => {
        setting = given;
      },
    });
    setting?.onFailed("ETIMEDOUT");
    expect(logger.health()).toMatchObject({ status: "degraded", data: { lastError: "faulty: ETIMEDOUT" } });
    setting?.onLost("queue_full", 7);
    setting?.onRecovered();
    expect(logger.health()).toMatchObject({
      status: "healthy",
      data: { lostLines: 7, lastError: "faulty: queue_full" },
    });
    setting?.onLost("one bad\nreason");
    setting?.onLost("x", Number.NaN);
    expect(events.of("logger.line_lost").map(({ labels, value }) => [labels.reason, value])).toEqual([
      ["queue_full", 7],
      ["error", 1],
      ["x", 1],
    ]);
  });

  test("decides about its health, with the reason that it gives", () => {
    const { logger } = beside({ health: () => ({ status: "degraded", reason: "disconnected" }) });
    expect(logger.health()).toMatchObject({ status: "degraded", data: { lastError: "faulty: disconnected" } });
  });

  test("receives lines for people if it is a terminal, and its own lines in the logger's format", () => {
    vi.stubEnv("NODE_ENV", "development");
    const texts: string[] = [];
    let setting: DestinationSetting | undefined;
    const logger = createLogger({
      name: "orders",
      format: "ecs",
      redact: ["iban"],
      destinations: {
        isTTY: true,
        open: (given) => {
          setting = given;
        },
        write: (text: string) => void texts.push(text),
      },
    });
    logger.warn("sold out");
    vi.unstubAllEnvs();
    expect(texts[0]).toMatch(/WARN.* sold out\n$/);
    const own = setting?.format(50, { iban: "DE02", n: 1 }, "summary") ?? "";
    expect(JSON.parse(own)).toMatchObject({
      "log.level": "error",
      "service.name": "orders",
      iban: "[redacted]",
      n: 1,
      message: "summary",
    });
    expect(setting?.parse(own)).toMatchObject({ level: 50, name: "orders", message: "summary", fields: { n: 1 } });
    expect(setting?.parse("not a line")).toBeUndefined();
  });

  test("may be given with another level", () => {
    const lines: string[] = [];
    const stream: Destination = { kind: "own", level: "error", write: (line) => void lines.push(line) };
    const logger = createLogger({ destinations: { stream, level: "warn" } });
    logger.info("no");
    logger.warn("yes");
    expect(lines).toHaveLength(1);
  });
});

test.each([
  ["a kind that is not a label", { kind: "two words" }, "destinations[0].kind"],
  ["a kind that is not a string", { kind: 5 }, "destinations[0].kind"],
  ["a kind of 65 characters", { kind: "k".repeat(65) }, "destinations[0].kind"],
  ["an unknown level", { level: "loud" }, "destinations[0].level"],
  ["a pretty that is not a boolean", { pretty: 1 }, "destinations[0].pretty"],
  ["an open that is not a function", { open: true }, "destinations[0].open"],
  ["a close of null", { close: null }, "destinations[0].close"],
  ["a write that is not a function", { write: 1 }, "destinations[0]"],
])("refuses %s", (_, fault, name) => {
  const create = (): unknown => createLogger({ destinations: [{ write: () => undefined, ...fault } as Destination] });
  expect(create).toThrow(TypeError);
  expect(create).toThrow(name);
});

test.each([0, -1, "soon", null, Number.NaN])("refuses a closeTimeout of %s", (closeTimeout) => {
  expect(() => createLogger({ closeTimeout: closeTimeout as number })).toThrow(/closeTimeout/);
});
