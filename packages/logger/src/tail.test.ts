import { secret } from "@seaworthy/core";
import { expect, test } from "vitest";
import type { LogRecord } from "./record.ts";
import { captureLogs } from "./testing.ts";

async function take(tail: AsyncIterable<LogRecord>, count: number): Promise<LogRecord[]> {
  const taken: LogRecord[] = [];
  for await (const record of tail) {
    taken.push(record);
    if (taken.length === count) break;
  }
  return taken;
}

test("a tail shows the lines from the moment it was made, of the logger and its children", async () => {
  const { logger } = captureLogs();
  logger.info("before");
  const tail = logger.tail();
  logger.info({ a: 1 }, "one");
  logger.child({ b: 2 }).warn("two");
  expect(await take(tail, 2)).toMatchObject([
    { level: 30, a: 1, msg: "one" },
    { level: 40, b: 2, msg: "two" },
  ]);
});

test("a reader that waits gets the next line", async () => {
  const { logger } = captureLogs();
  const waiting = take(logger.tail(), 1);
  setImmediate(() => logger.info("now"));
  expect(await waiting).toMatchObject([{ msg: "now" }]);
});

test("a filter is a function, or the lowest level and members that are equal", async () => {
  const { logger } = captureLogs();
  const byFunction = logger.tail((record) => record.n === 2);
  const byMembers = logger.tail({ level: "warn", user: "u-1" });
  logger.info({ n: 2, user: "u-1" }, "one");
  logger.warn({ n: 1, user: "u-1" }, "two");
  logger.warn({ n: 1, user: "u-2" }, "three");
  await logger.close();
  expect(await take(byFunction, 9)).toMatchObject([{ msg: "one" }]);
  expect(await take(byMembers, 9)).toMatchObject([{ msg: "two" }]);
});

test("a reader that does not read loses the oldest lines, which are counted, and the memory of the writer is limited", async () => {
  const { logger } = captureLogs();
  const tail = logger.tail(undefined, { capacity: 10 });
  for (let i = 0; i < 1000; i++) logger.info({ i }, "m");
  expect(tail.dropped).toBe(990);
  const large = logger.tail();
  for (let i = 0; i < 1000; i++) logger.info({ i, text: "x".repeat(8000) }, "m");
  expect(large.dropped).toBeGreaterThan(400);
  tail.close();
  large.close();
  expect((await take(tail, 99)).map((record) => record.i)).toEqual(
    [990, 991, 992, 993, 994, 995, 996, 997, 998, 999].map((_, i) => 990 + i),
  );
  expect((await take(large, 999)).at(-1)).toMatchObject({ i: 999 });
});

test("filtering is the reader's work: a filter that throws rejects the reader and never the writer", async () => {
  const { logger } = captureLogs();
  let filtered = 0;
  const tail = logger.tail(() => {
    filtered++;
    throw new Error("bad filter");
  });
  expect(() => logger.info("m")).not.toThrow();
  expect(filtered).toBe(0);
  await expect(take(tail, 1)).rejects.toThrow("bad filter");
});

test("ends with close, with a signal, with the logger, and when the reader stops", async () => {
  const { logger } = captureLogs();
  const aborting = new AbortController();
  const tails = [logger.tail(), logger.tail(undefined, { signal: aborting.signal }), logger.tail()];
  const ended = tails.map((tail) => take(tail, 9));
  tails[0]?.close();
  aborting.abort();
  await logger.close();
  expect(await Promise.all(ended)).toEqual([[], [], []]);
  const stopped = logger.tail();
  logger.info("one");
  await take(stopped, 1);
  logger.info("two");
  expect(await take(stopped, 1)).toEqual([]);
  expect(await take(logger.tail(undefined, { signal: AbortSignal.abort() }), 1)).toEqual([]);
  await using disposed = logger.tail();
  expect(disposed.dropped).toBe(0);
});

test.each<[string, unknown, unknown]>([
  ["filter", 5, undefined],
  ["level", { level: "loud" }, undefined],
  ["capacity", undefined, { capacity: 0 }],
  ["size", undefined, { size: 1 }],
  ["tail signal", undefined, { signal: 5 }],
  ["tail filter", [], undefined],
  ["tail filter name", { name: 7 }, undefined],
  ["tail signal", undefined, { signal: null }],
])("refuses a wrong %s", (name, filter, options) => {
  const { logger } = captureLogs();
  const call = (): unknown => logger.tail(filter as undefined, options as undefined);
  expect(call).toThrow(TypeError);
  expect(call).toThrow(name);
});

test("two readers of one tail share its lines, and both end with it", async () => {
  const { logger } = captureLogs();
  const tail = logger.tail();
  const readers = [tail[Symbol.asyncIterator](), tail[Symbol.asyncIterator]()];
  const waiting = readers.map((reader) => reader.next());
  logger.info("one");
  logger.info("two");
  expect((await Promise.all(waiting)).map(({ value }) => value?.msg)).toEqual(["one", "two"]);
  const ends = readers.map((reader) => reader.next());
  tail.close();
  expect((await Promise.all(ends)).map(({ done }) => done)).toEqual([true, true]);
});

test("a reader that returns while it waits ends at once", async () => {
  const { logger } = captureLogs();
  const reader = logger.tail()[Symbol.asyncIterator]();
  const waiting = reader.next();
  expect(await reader.return?.()).toEqual({ done: true, value: undefined });
  expect(await waiting).toEqual({ done: true, value: undefined });
  logger.info("not read");
  expect(await reader.next()).toEqual({ done: true, value: undefined });
});

test.each(["pino", "ecs", "gcp", "datadog", "otel"] as const)(
  "a name filter shows the lines of a service or of a child, in the format %s",
  async (format) => {
    const { logger } = captureLogs({ name: "orders", format });
    const all = logger.tail({ name: "orders" });
    const ofChild = logger.tail({ name: "mailer", level: "info" });
    const ofOther = logger.tail({ name: "payments" });
    const child = logger.child({ name: "mailer" });
    logger.info({ i: 1 });
    child.debug({ i: 2 });
    child.info({ i: 3 });
    for (const tail of [all, ofChild, ofOther]) tail.close();
    const numbers = async (tail: typeof all): Promise<unknown[]> => {
      const found = [];
      for await (const record of tail) found.push((record.Attributes as { i?: unknown } | undefined)?.i ?? record.i);
      return found;
    };
    expect(await numbers(all)).toEqual([1, 2, 3]);
    expect(await numbers(ofChild)).toEqual([3]);
    expect(await numbers(ofOther)).toEqual([]);
  },
);

test("a logger without a name has the names of its children", async () => {
  const { logger } = captureLogs();
  const tail = logger.tail({ name: "mailer" });
  logger.info("one");
  logger.child({ name: "mailer" }).info("two");
  tail.close();
  const messages = [];
  for await (const { msg } of tail) messages.push(msg);
  expect(messages).toEqual(["two"]);
});

test("a tail shows lines after redaction", async () => {
  const key = secret("sk-live-4242424242");
  const { logger } = captureLogs({ redact: ["iban"] });
  const tail = logger.tail();
  logger.info({ iban: "DE02", password: "p", url: `https://x/?k=${key.reveal()}` }, key.reveal());
  tail.close();
  const seen = [];
  for await (const record of tail) seen.push(record);
  expect(seen).toHaveLength(1);
  expect(JSON.stringify(seen)).not.toMatch(/DE02|"p"|sk-live/);
});

test("a reader can tell where lines are missing by the number of dropped lines", async () => {
  const { logger } = captureLogs();
  const tail = logger.tail(undefined, { capacity: 2 });
  const reader = tail[Symbol.asyncIterator]();
  const read = async (): Promise<[unknown, number]> => [(await reader.next()).value?.i, tail.dropped];
  for (let i = 0; i < 5; i++) logger.info({ i });
  expect(await read()).toEqual([3, 3]);
  expect(await read()).toEqual([4, 3]);
  for (let i = 5; i < 7; i++) logger.info({ i });
  expect(await read()).toEqual([5, 3]);
  await reader.return?.();
});
