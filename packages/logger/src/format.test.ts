import { hostname } from "node:os";
import { runWithContext, secret } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLogger, type LoggerOptions } from "./create-logger.ts";
import type { FormatPreset } from "./format.ts";
import { toFormat } from "./internal/read-format.ts";
import { createReader } from "./internal/read-line.ts";
import { captureLogs } from "./testing.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const start = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const clock = manualClock(start);

/** The lines that a logger of this format writes, parsed. */
function linesOf(format: LoggerOptions["format"], write: (logger: ReturnType<typeof createLogger>) => void) {
  const { logger, records, lines } = captureLogs({ name: "orders", clock, ...(format && { format }) });
  runWithContext({ correlationId: "r-1", traceparent }, () => write(logger));
  for (const line of lines) expect(Object.keys(JSON.parse(line) as object).length).toBeGreaterThan(3);
  return records as readonly Record<string, unknown>[];
}

describe("a preset writes the names that its vendor documents", () => {
  test("ecs: Elastic Common Schema", () => {
    const [info, error] = linesOf("ecs", (logger) => {
      logger.info({ orderId: 7 }, "accepted");
      logger.error(Object.assign(new TypeError("no"), { code: "E_NO" }), "failed");
    });
    expect(info).toEqual({
      "log.level": "info",
      "@timestamp": "2026-01-02T03:04:05.678000Z",
      "ecs.version": "8.10.0",
      "process.pid": process.pid,
      "host.hostname": hostname(),
      "service.name": "orders",
      "event.dataset": "orders",
      "http.request.id": "r-1",
      "trace.id": "0af7651916cd43dd8448eb211c80319c",
      "span.id": "b7ad6b7169203331",
      orderId: 7,
      message: "accepted",
    });
    expect(Object.keys(info as object).slice(0, 2)).toEqual(["log.level", "@timestamp"]);
    expect(error?.error).toEqual({ type: "TypeError", message: "no", code: "E_NO", stack_trace: expect.any(String) });
    expect(error).not.toHaveProperty("err");
  });

  test("gcp: Google Cloud's structured logging", () => {
    const format = { preset: "gcp", project: "shop" } as const;
    const [trace, debug, info, warn, error, fatal] = linesOf(format, (logger) => {
      logger.trace("t");
      logger.debug("d");
      logger.info({ a: 1 }, "i");
      logger.warn("w");
      logger.error(new Error("no"));
      logger.fatal("f");
    });
    const severities = [trace, debug, info, warn, error, fatal].map((line) => line?.severity);
    expect(severities).toEqual(["DEBUG", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]);
    expect(info).toMatchObject({
      time: "2026-01-02T03:04:05.678000Z",
      serviceContext: { service: "orders" },
      "logging.googleapis.com/trace": "projects/shop/traces/0af7651916cd43dd8448eb211c80319c",
      "logging.googleapis.com/spanId": "b7ad6b7169203331",
      a: 1,
      message: "i",
    });
    expect(error).toMatchObject({ message: "no", error: { type: "Error", message: "no" } });
    expect(error?.stack_trace).toMatch(/^Error: no\n {4}at /);
  });

  test("datadog: its reserved and standard attributes, with 64-bit decimal ids", () => {
    const [info, error] = linesOf("datadog", (logger) => {
      logger.info("i");
      logger.error({ err: new RangeError("no") }, "failed");
    });
    expect(info).toEqual({
      status: "info",
      timestamp: "2026-01-02T03:04:05.678000Z",
      "process.pid": process.pid,
      host: hostname(),
      service: "orders",
      "http.request_id": "r-1",
      "dd.trace_id": BigInt("0x8448eb211c80319c").toString(),
      "dd.span_id": BigInt("0xb7ad6b7169203331").toString(),
      message: "i",
    });
    expect(error?.error).toEqual({ kind: "RangeError", message: "no", stack: expect.any(String) });
  });

  test("otel: the log data model, with everything else under Attributes", () => {
    const [trace, info, error] = linesOf("otel", (logger) => {
      logger.trace("t");
      logger.child({ bound: 1 }).info({ orderId: 7, Body: "mine" }, "i");
      logger.error(new RangeError("no"), "failed");
    });
    expect(trace).toMatchObject({ SeverityText: "TRACE", SeverityNumber: 1 });
    expect(info).toEqual({
      SeverityText: "INFO",
      SeverityNumber: 9,
      Timestamp: `${start}000000`,
      Resource: { "service.name": "orders", "host.name": hostname(), "process.pid": process.pid },
      TraceId: "0af7651916cd43dd8448eb211c80319c",
      SpanId: "b7ad6b7169203331",
      Body: "i",
      Attributes: { correlationId: "r-1", bound: 1, orderId: 7, Body: "mine" },
    });
    expect(error).toMatchObject({
      SeverityNumber: 17,
      Body: "failed",
      Attributes: {
        "exception.type": "RangeError",
        "exception.message": "no",
        "exception.stacktrace": expect.stringContaining("RangeError: no"),
      },
    });
  });

  test("pino: its own names, and a line without a context has no others", () => {
    const { logger, records } = captureLogs({ format: "pino", name: "orders" });
    logger.info("i");
    expect(Object.keys(records[0] as object)).toEqual(["level", "time", "pid", "hostname", "name", "msg"]);
  });
});

describe("the parts of a format", () => {
  test("set names and styles of level, time and message, and the members of every line", () => {
    const [line] = linesOf(
      {
        level: (level, name) => `${name}:${level}`,
        levelKey: "lvl",
        time: "epoch",
        timeKey: "ts",
        messageKey: "text",
        errorKey: "failure",
        base: { region: "eu", build: { id: 7 } },
        ids: { correlationId: "request_id", traceId: "trace_id" },
        fieldsKey: "data",
      },
      (logger) => logger.error(new Error("no")),
    );
    expect(line).toMatchObject({
      lvl: "error:50",
      ts: start,
      region: "eu",
      build: { id: 7 },
      name: "orders",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      text: "no",
      data: { request_id: "r-1", failure: { type: "Error", message: "no" } },
    });
    expect(line).not.toHaveProperty("pid");
  });

  test("can leave out the members of every line, and write levels as words", () => {
    const { logger, records } = captureLogs({ format: { base: {}, level: "name" } });
    logger.child({}, { customLevels: { notice: 35 } }).notice("n");
    logger.info("i");
    expect(records[0]).toEqual({ level: "notice", time: expect.any(String), msg: "n" });
    expect(records[1]).toEqual({ level: "info", time: expect.any(String), msg: "i" });
  });

  test("keep the names of the format for the logger, and give pino's names back to fields", () => {
    const { logger, records } = captureLogs({ format: "ecs" });
    logger.info({ level: 1, time: 2, msg: 3, message: "as the message", "log.level": 4 });
    expect(records[0]).toMatchObject({
      level: 1,
      time: 2,
      msg: 3,
      message: "as the message",
      "log.level": "info",
      "log.level_": 4,
    });
  });

  test("do not lose a line if a level function or the clock fails", () => {
    const failing = (): never => {
      throw new Error("no");
    };
    const { logger, records } = captureLogs({
      format: { level: failing, time: "epoch" },
      clock: { ...clock, now: failing, monotonic: failing },
    });
    logger.info("i");
    expect(records[0]).toMatchObject({ level: "info", time: expect.any(Number), msg: "i" });
  });

  test("scrub secrets from what every line has", () => {
    const held = secret("base-secret-1");
    const { logger, lines } = captureLogs({
      format: { base: { note: held.reveal(), password: "p", url: "a://b:c@d" } },
    });
    logger.info("i");
    expect(lines[0]).toContain('"note":"[redacted]","password":"[redacted]","url":"a://b:[redacted]@d"');
  });

  test.each([
    [{ preset: "elastic" }, /format\.preset/],
    ["elastic", /format\.preset/],
    [{ level: "lower" }, /format\.level/],
    [{ time: "unix" }, /format\.time/],
    [{ messageKey: "" }, /format\.messageKey/],
    [{ messageKey: "level" }, /two members called "level"/],
    [{ base: null }, /format\.base/],
    [{ ids: { traceID: "x" } }, /format\.ids/],
    [{ project: "p" }, /format\.project/],
    [{ shape: 1 }, /shape/],
  ])("are refused if they are wrong: %j", (format, message) => {
    expect(() => createLogger({ format: format as FormatPreset })).toThrow(TypeError);
    expect(() => createLogger({ format: format as FormatPreset })).toThrow(message);
  });

  test.each(["base", "transport", "serializers", "formatters", "messageKey", "timestamp", "transports", "defaultMeta"])(
    "an option of pino or winston called %s is refused with what to use instead",
    (option) => {
      expect(() => createLogger({ [option]: {} } as LoggerOptions)).toThrow(
        new RegExp(`createLogger has no option "${option}"; (use|put|errors)`),
      );
    },
  );
});

test("in every format a line is within its limit, has no name twice, and can be read back", () => {
  const value = fc.oneof(fc.string({ maxLength: 300 }), fc.integer(), fc.constant(null));
  const key = fc.oneof(
    fc.constantFrom(
      "message",
      "Body",
      "status",
      "error",
      "err",
      "severity",
      "service",
      "Attributes",
      "trace.id",
      "level",
    ),
    fc.string({ maxLength: 8 }),
  );
  for (const preset of ["pino", "ecs", "gcp", "datadog", "otel"] as const) {
    const { logger, lines, clear } = captureLogs({ format: preset, name: "orders", limits: { line: 1024 } });
    const read = createReader(toFormat(preset, "orders"));
    fc.assert(
      fc.property(fc.dictionary(key, value), fc.string(), (fields, message) => {
        clear();
        runWithContext({ correlationId: "r-1", traceparent }, () => logger.child(fields).warn(fields, message));
        const line = lines[0] as string;
        expect(Buffer.byteLength(line)).toBeLessThan(1024);
        expect(read(line)).toMatchObject({ level: 40, name: "orders" });
        // A name that came twice would be gone after reading.
        expect(JSON.stringify(JSON.parse(line))).toHaveLength(line.length);
      }),
      { numRuns: 60 },
    );
  }
});
