import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogRecord } from "./record.ts";
import { captureLogs } from "./testing.ts";

const LINE = 64 * 1024;

function throwing(): unknown {
  throw new Error("from the host");
}

function nested(levels: number): unknown {
  let value: unknown = "deepest";
  for (let i = 0; i < levels; i++) value = { inner: value };
  return value;
}

const circular: Record<string, unknown> = { name: "loop" };
circular.self = circular;
circular.list = [circular];

const hostile: Record<string, unknown> = {
  "a throwing getter": Object.defineProperty({ fine: 1 }, "bad", { enumerable: true, get: throwing }),
  "a throwing toJSON": { toJSON: throwing },
  "a toJSON that returns itself": (() => {
    const self = { toJSON: (): unknown => self };
    return self;
  })(),
  "a toJSON that goes on forever": (() => {
    const make = (): object => ({ toJSON: make });
    return make();
  })(),
  "a Proxy whose traps all throw": new Proxy(
    {},
    Object.fromEntries(
      ["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor"].map((trap) => [trap, throwing]),
    ) as ProxyHandler<object>,
  ),
  "a revoked Proxy": (() => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  })(),
  "an Error behind a Proxy": new Proxy(new Error("x"), {
    get: throwing,
    getPrototypeOf: throwing as () => null,
  }),
  "a BigInt": 10n ** 30n,
  "a gigantic BigInt": 1n << 200_000n,
  "a symbol": Symbol("s"),
  "a function": throwing,
  "50 levels": nested(50),
  "20 000 levels": nested(20_000),
  "5 MB of text": "x".repeat(5_000_000),
  "5 MB of control characters": "\u0000".repeat(5_000_000),
  "5 MB beyond Latin": "漢".repeat(5_000_000),
  "a lone surrogate": "\ud800".repeat(10_000),
  "a cycle": circular,
  "an object with null prototype": Object.assign(Object.create(null), { a: 1 }),
  "100 000 members": Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i])),
  "a sparse array": new Array(1_000_000_000),
  "5 MB of bytes": Buffer.alloc(5_000_000),
  "an invalid date": new Date(Number.NaN),
  "a Map with odd keys": new Map<unknown, unknown>([
    [{}, 1],
    [{}, 2],
    [Symbol("k"), 3],
    ["__proto__", 4],
  ]),
  "a key of 5 MB": { ["k".repeat(5_000_000)]: 1 },
  "two keys that are cut alike": { ["k".repeat(400)]: 1, [`${"k".repeat(399)}x`]: 2 },
  "a key __proto__": JSON.parse('{"__proto__":{"polluted":true}}'),
  NaN: Number.NaN,
  "-0": -0,
  "an error of another realm": runInNewContext("new RangeError('foreign')"),
  "an error with throwing members": Object.defineProperties(new Error("x"), {
    message: { get: throwing },
    stack: { get: throwing },
    cause: { get: throwing },
  }),
};

describe("a log call never throws, and writes one valid line within the limit, given", () => {
  for (const [name, value] of Object.entries(hostile)) {
    test(name, () => {
      const { logger, lines, records } = captureLogs();
      const calls: (() => void)[] = [
        () => logger.info(value as object),
        () => logger.info({ value }, "as a field"),
        () => logger.info({ a: { b: [value] } }, "nested"),
        () => logger.info("as %s %d %j %o", value as never, value as never, value as never, value as never),
        () => logger.info(value as object, value as never),
        () => logger.child({ value }).info("bound"),
        () => logger.error({ err: value }),
        () => logger.error(new Error("outer", { cause: value })),
        () => logger.fatal({ msg: value, err: value }),
      ];
      for (const call of calls) call();
      expect(lines).toHaveLength(calls.length);
      for (const line of lines) {
        expect(line).not.toMatch(/[\r\n\u2028\u2029]/);
        expect(Buffer.byteLength(line)).toBeLessThan(LINE);
        expectNoDuplicates(line);
      }
      expect(records.map((record) => record.level)).toEqual([30, 30, 30, 30, 30, 30, 50, 50, 60]);
      for (const record of records) expect(record.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    });
  }
});

test("what is cut is marked where it was cut", () => {
  const { logger, records } = captureLogs();
  logger.info(
    {
      text: "x".repeat(10_000),
      deep: nested(50),
      list: Array.from({ length: 300 }, () => 1),
      wide: hostile["100 000 members"],
    },
    "cut",
  );
  const record = records[0] as LogRecord;
  expect(record.text).toMatch(/^x{8192}…\[1808 more\]$/);
  expect(JSON.stringify(record.deep)).toContain('"[object]"');
  expect((record.list as unknown[]).at(-1)).toBe("[200 more]");
  expect((record.wide as Record<string, unknown>)["…"]).toBe("[99900 more]");
});

test("a mark does not take the name of a field", () => {
  const { logger, lines } = captureLogs({ limits: { members: 2 } });
  const wide = { "…": 1, b: 2, c: 3, d: 4 };
  logger.child({ ...wide }).info({ ...wide, e: { ...wide } }, "m");
  logger.info({ nested: wide }, "m");
  for (const line of lines) expectNoDuplicates(line);
  expect(lines[0]).toContain('"[2 more]"');
});

test("a line of many large fields is cut to the limit and keeps its message", () => {
  const { logger, lines, records } = captureLogs({ limits: { line: 2048 } });
  logger.info(Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`f${i}`, "漢\n".repeat(500)])), "kept");
  expect(Buffer.byteLength(lines[0] as string)).toBeLessThan(2048);
  expect(records[0]?.msg).toBe("kept");
  expect(lines[0]).toContain("…");
});

test("a line that would be too long by its bindings and context alone still has its level, time and message", () => {
  const { logger, lines, records } = captureLogs({
    limits: { line: 1024 },
    context: () => ({ more: "漢".repeat(5000) }),
  });
  let child = logger.child({ a: "漢".repeat(5000) });
  for (let i = 0; i < 20; i++) child = child.child({ [`b${i}`]: "\u0001".repeat(100) });
  child.warn({ c: "\u0001".repeat(5000) }, "still here");
  expect(Buffer.byteLength(lines[0] as string)).toBeLessThan(1024);
  expect(records[0]).toMatchObject({ level: 40, msg: expect.stringContaining("still") as string });
});

test("a getter that logs the object it belongs to ends", () => {
  const { logger, lines } = captureLogs();
  const object = {
    get again(): string {
      logger.info(object, "again");
      return "x";
    },
  };
  logger.info(object, "first");
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(10);
  expect(lines.at(-1)).toContain('"msg":"first"');
});

test("a call with the stack almost used up does not throw", () => {
  const { logger, lines } = captureLogs();
  const sink = (depth: number): number => {
    try {
      return sink(depth + 1);
    } catch {
      logger.info({ a: { b: { c: 1 } } }, "at the edge");
      return depth;
    }
  };
  expect(() => sink(0)).not.toThrow();
  for (const line of lines) JSON.parse(line);
});

test("a method that is called without its logger still writes", () => {
  const { logger, records } = captureLogs();
  const { info, fatal } = logger;
  info("alone");
  fatal("alone too");
  expect(records.map((record) => record.msg)).toEqual(["alone", "alone too"]);
});

test("a clock that throws or gives NaN loses the exact time, and not the line", () => {
  let value: () => number = () => Number.NaN;
  const { logger, records } = captureLogs({ clock: { now: () => value(), monotonic: () => 0 } });
  logger.info("one");
  value = () => {
    throw new Error("no time");
  };
  logger.info("two");
  expect(records).toHaveLength(2);
  for (const record of records) expect(record.time).toMatch(/^\d{4}-.*\.\d{6}Z$/);
});

test("an arbitrary call writes exactly one valid line without duplicate keys", () => {
  const { logger, lines, clear } = captureLogs();
  const names = fc.oneof(
    fc.string(),
    fc.constantFrom("level", "time", "pid", "hostname", "msg", "level_", "err", "a", "__proto__"),
  );
  const fields = fc.dictionary(
    names,
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
  );
  fc.assert(
    fc.property(fields, fields, fc.string({ unit: "binary" }), (bound, given, message) => {
      clear();
      logger.child(bound).info(given, message);
      expect(lines).toHaveLength(1);
      const line = lines[0] as string;
      expect(line).not.toMatch(/\p{Cc}|[\u2028\u2029]/u);
      expectNoDuplicates(line);
      const record = JSON.parse(line) as Record<string, unknown>;
      expect(record.level).toBe(30);
      expect(record.pid).toBe(process.pid);
      expect(record.msg).toBe(message.toWellFormed() === message ? message : record.msg);
    }),
    { numRuns: 300 },
  );
});

/** Fails when an object anywhere in the JSON text has a member twice. JSON.parse would keep the last and say nothing. */
function expectNoDuplicates(line: string): void {
  const seen: Set<string>[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;
  for (const [text, colon] of line.matchAll(token)) {
    if (text === "{") seen.push(new Set());
    else if (text === "}") seen.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(text.slice(0, -colon.length)) as string;
      expect(seen.at(-1)?.has(name), `duplicate key ${name}`).toBe(false);
      seen.at(-1)?.add(name);
    }
  }
  JSON.parse(line);
}

test("an object that does not list its names loses neither the message nor the bindings", () => {
  const { logger, records } = captureLogs();
  for (const trap of ["ownKeys", "getOwnPropertyDescriptor"])
    logger.child({ bound: 1 }).warn(new Proxy({ a: 1 }, { [trap]: throwing }), "said");
  expect(records).toMatchObject([
    { level: 40, bound: 1, value: "[unreadable]", msg: "said" },
    { level: 40, bound: 1, msg: "said" },
  ]);
});
