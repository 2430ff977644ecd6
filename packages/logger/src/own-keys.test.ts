import { hostname } from "node:os";
import { runWithContext } from "@seaworthy/core";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { LogRecord } from "./record.ts";
import { captureLogs } from "./testing.ts";

const forged = { level: 60, time: "1999", pid: 1, hostname: "evil", name: "evil", msg: "forged" };
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function expectOwn(line: string, level: number): void {
  const record = JSON.parse(line) as Record<string, unknown>;
  expect(record).toMatchObject({ level, pid: process.pid, hostname: hostname(), name: "svc", msg: "real" });
  expect(record.time).not.toBe("1999");
  for (const key of ["level", "time", "pid", "hostname", "name", "msg"])
    expect(line.split(`"${key}":`), key).toHaveLength(2);
  expect(record).toMatchObject({ level_: 60, time_: "1999", pid_: 1, hostname_: "evil", name_: "evil" });
}

describe("the logger's own level, time, pid, hostname, name and msg can be neither forged nor duplicated", () => {
  test("by fields", () => {
    const { logger, lines } = captureLogs({ name: "svc" });
    logger.info(forged, "real");
    expectOwn(lines[0] as string, 30);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ msg_: "forged" });
  });

  test("by bindings of a child, its child, or bindings set later", () => {
    const { logger, lines } = captureLogs({ name: "svc" });
    logger.child(forged).info("real");
    logger.child(forged).child(forged).info(forged, "real");
    const child = logger.child({});
    child.setBindings(forged);
    child.info("real");
    expect(lines).toHaveLength(3);
    for (const line of lines) expectOwn(line, 30);
  });

  test("by what a context function or a pino mixin adds", () => {
    const { logger, lines } = captureLogs({ name: "svc", context: () => forged });
    logger.info("real");
    expectOwn(lines[0] as string, 30);
    const mixing = captureLogs({ name: "svc" });
    Object.assign(mixing.logger, { [pino.symbols.mixinSym]: () => forged });
    mixing.logger.info("real");
    expectOwn(mixing.lines[0] as string, 30);
  });

  test("by a toJSON of the fields", () => {
    const { logger, lines } = captureLogs({ name: "svc" });
    logger.warn({ toJSON: () => forged }, "real");
    logger.warn(Object.assign(Object.create({ toJSON: () => forged }) as object), "real");
    expect(lines).toHaveLength(2);
    for (const line of lines) expectOwn(line, 40);
  });

  test("by a Map, a serializer's result or an error's own members", () => {
    const { logger, records } = captureLogs({ name: "svc" });
    logger.info(new Map(Object.entries(forged)), "real");
    logger.child({}, { serializers: { user: () => forged } }).info({ user: 1 }, "real");
    logger.error(Object.assign(new Error("boom"), forged), "real");
    expect(records.map(({ level, msg, name }) => ({ level, msg, name }))).toEqual([
      { level: 30, msg: "real", name: "svc" },
      { level: 30, msg: "real", name: "svc" },
      { level: 50, msg: "real", name: "svc" },
    ]);
    expect(records[0]).toMatchObject({ level_: 60 });
    expect(records[1]).toMatchObject({ user: { level: 60 } });
  });
});

test("a field replaces a binding of its name, and a later binding replaces an earlier one", () => {
  const { logger, lines, records } = captureLogs();
  const child = logger.child({ a: 1, b: 1 }).child({ b: 2, c: 2 });
  child.info({ c: 3, d: 3 }, "m");
  child.info("m");
  expect(records[0]).toMatchObject({ a: 1, b: 2, c: 3, d: 3 });
  expect(records[1]).toMatchObject({ a: 1, b: 2, c: 2 });
  for (const line of lines) expect(line.split('"c":')).toHaveLength(2);
});

test("a renamed field does not take the name of another", () => {
  const { logger, records } = captureLogs();
  logger.info({ level: 1, level_: 2, level__: 3 }, "m");
  logger.child({ level: 1, level_: 2 }).info({ level: 5 }, "m");
  expect(records[0]).toMatchObject({ level: 30, level_: 2, level__: 3, level___: 1 });
  expect(records[1]).toMatchObject({ level: 30, level_: 2, level__: 1, level___: 5 });
});

test("a message among the fields is the message of a call without one", () => {
  const { logger, lines, records } = captureLogs();
  logger.info({ msg: "from the fields", a: 1 });
  logger.info({ msg: { not: "text" } });
  expect(records[0]).toMatchObject({ msg: "from the fields", a: 1 });
  expect(lines[0]?.split('"msg":')).toHaveLength(2);
  expect(records[1]).toMatchObject({ msg_: { not: "text" } });
});

describe("ids of the context", () => {
  test("are in every line inside the context, and in no line outside", () => {
    const { logger, records } = captureLogs();
    runWithContext({ correlationId: "r-1", traceparent }, () => logger.info("in"));
    logger.info("out");
    expect(records[0]).toMatchObject({
      correlationId: "r-1",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
    });
    expect(records[1]).not.toHaveProperty("correlationId");
  });

  test("take precedence over fields and bindings of those names, which keep their names outside the context", () => {
    const { logger, lines, records } = captureLogs();
    const child = logger.child({ correlationId: "bound" });
    runWithContext({ correlationId: "r-1", traceparent }, () => child.info({ traceId: "field" }, "in"));
    child.info({ traceId: "field" }, "out");
    expect(records[0]).toMatchObject({ correlationId: "r-1", correlationId_: "bound", traceId_: "field" });
    expect(lines[0]?.split('"correlationId":')).toHaveLength(2);
    expect(records[1]).toMatchObject({ correlationId: "bound", traceId: "field" });
  });

  test("are cut and quoted, and left out if they are not ids", () => {
    const { logger, lines, records } = captureLogs();
    runWithContext({ correlationId: `a"\r\n\u001b${"x".repeat(9000)}`, traceparent: "rubbish" }, () =>
      logger.info("m"),
    );
    runWithContext({ correlationId: 7 as unknown as string }, () => logger.info("m"));
    expect(lines[0]).not.toMatch(/\p{Cc}/u);
    expect((records[0] as LogRecord).correlationId).toHaveProperty("length", 128 + "…[8877 more]".length);
    expect(records[0]).not.toHaveProperty("traceId");
    expect(records[1]).not.toHaveProperty("correlationId");
  });

  test("are left out on request, and a function adds to them", () => {
    const off = captureLogs({ context: false });
    const more = captureLogs({ context: (context) => ({ user: context.principal?.id }) });
    runWithContext({ correlationId: "r-1", principal: { id: "u-1", email: "a@b.c" } }, () => {
      off.logger.info("m");
      more.logger.info({ own: 1 }, "m");
    });
    expect(off.records[0]).not.toHaveProperty("correlationId");
    expect(more.records[0]).toMatchObject({ correlationId: "r-1", user: "u-1", own: 1 });
    expect(more.text).not.toContain("a@b.c");
  });

  test("are written although a context function throws or returns nonsense", () => {
    const failing = captureLogs({
      context: () => {
        throw new Error("no");
      },
    });
    runWithContext({ correlationId: "r-1" }, () => failing.logger.info({ a: 1 }, "m"));
    expect(failing.records[0]).toMatchObject({ correlationId: "r-1", a: 1, msg: "m" });
    const nonsense = captureLogs({ context: () => 5 as unknown as object });
    nonsense.logger.info({ a: 1 }, "m");
    expect(nonsense.records[0]).toMatchObject({ a: 1, msg: "m" });
  });
});

describe("errors", () => {
  const cause = new TypeError("inner");
  const error = Object.assign(new Error("outer", { cause }), { code: "E_OUTER" });
  const described = {
    type: "Error",
    message: "outer",
    code: "E_OUTER",
    stack: expect.stringContaining("own-keys.test.ts") as string,
    cause: { type: "TypeError", message: "inner", stack: expect.any(String) as string },
  };

  test("keep type, message, code, stack and causes under any key, at any depth, in lists and in bindings", () => {
    const { logger, records } = captureLogs();
    logger.error(error);
    logger.error({ err: error, failure: error, deep: { list: [error] } }, "m");
    logger.child({ reason: error }).error("m");
    expect(records[0]).toMatchObject({ msg: "outer", err: described });
    expect(records[1]).toMatchObject({ err: described, failure: described, deep: { list: [described] } });
    expect(records[2]).toMatchObject({ reason: described });
  });

  test("are not lost if they are passed after the message", () => {
    const { logger, records } = captureLogs();
    (logger.error as (...args: unknown[]) => void)("failed", error);
    (logger.error as (...args: unknown[]) => void)("failed for %s", "u-1", error);
    expect(records[0]).toMatchObject({ msg: "failed", err: described });
    expect(records[1]).toMatchObject({ msg: "failed for u-1", err: described });
  });

  test("of an AggregateError keep the first ten and the number of the others", () => {
    const { logger, records } = captureLogs();
    logger.error(new AggregateError(Array.from({ length: 10_000 }, (_, i) => new Error(`e${i}`))));
    expect(records[0]?.err).toMatchObject({ type: "AggregateError", omitted: 9990 });
  });
});

test("placeholders of pino are filled in, and objects in them written as JSON", () => {
  const { logger, records } = captureLogs();
  logger.info("%s is %d, %i, %j, %o, 100%%, %s", "a", 1.5, 2.9, { b: 1 }, [1]);
  logger.info({ f: 1 }, "no arguments: 100% %s");
  expect(records[0]?.msg).toBe('a is 1.5, 2, {"b":1}, [1], 100%, %s');
  expect(records[1]).toMatchObject({ f: 1, msg: "no arguments: 100% %s" });
});
