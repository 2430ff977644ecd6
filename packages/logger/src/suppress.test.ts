import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { captureLogs } from "./testing.ts";

describe("a sampled logger", () => {
  test("writes its share, and the next line has the number of lines that were held back", () => {
    const draws = [0.9, 0.9, 0.05, 0.9, 0.05];
    const { logger, records } = captureLogs({ random: () => draws.shift() ?? 1 });
    const sampled = logger.sampled({ rate: 0.1 });
    for (let i = 0; i < 5; i++) sampled.info({ i }, "m");
    expect(records).toMatchObject([
      { i: 2, suppressed: 2 },
      { i: 4, suppressed: 1 },
    ]);
  });

  test("always writes errors, with the number of lines that were held back before", () => {
    const { logger, records } = captureLogs();
    const sampled = logger.sampled({ rate: 0 });
    for (let i = 0; i < 100; i++) sampled.warn("m");
    sampled.error("e");
    sampled.fatal("f");
    expect(records).toMatchObject([
      { level: 50, msg: "e", suppressed: 100 },
      { level: 60, msg: "f" },
    ]);
    expect(records[1]).not.toHaveProperty("suppressed");
  });

  test("writes everything at rate 1, and counts nothing at a disabled level", async () => {
    const { logger, records } = captureLogs({ level: "info" });
    const sampled = logger.sampled({ rate: 1 });
    for (let i = 0; i < 10; i++) sampled.info("m");
    expect(records).toHaveLength(10);
    logger.sampled({ rate: 0 }).debug("m");
    await logger.close();
    expect(records).toHaveLength(10);
  });

  test("reports what is left at flush and close, at the highest level that it held back", async () => {
    const { logger, records } = captureLogs();
    const sampled = logger.child({ part: "a" }).sampled({ rate: 0 });
    sampled.info("m");
    sampled.child({}).warn("m");
    logger.flush();
    expect(records).toMatchObject([{ level: 40, part: "a", suppressed: 2, msg: "2 lines were suppressed" }]);
    sampled.debug("m");
    await logger.close();
    expect(records[1]).toMatchObject({ level: 20, suppressed: 1 });
  });

  test("does not let a field or binding forge the number", () => {
    const { logger, lines } = captureLogs({ random: () => 0.5 });
    const sampled = logger.child({ suppressed: 1 }).sampled({ rate: 0 });
    sampled.info("m");
    sampled.error({ suppressed: 7 }, "e");
    expect(lines[0]?.split('"suppressed":')).toHaveLength(2);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ suppressed: 1, suppressed_: expect.anything() as unknown });
  });
});

describe("a limited logger", () => {
  test("writes so many lines per window, and the next window has the number of lines that were held back", async () => {
    const clock = manualClock();
    const { logger, records } = captureLogs({ clock });
    const limited = logger.limited({ per: "1s", lines: 5 });
    for (let i = 0; i < 100; i++) limited.info({ i }, "m");
    await clock.advance(999);
    limited.info({ i: 100 }, "m");
    expect(records.map((record) => record.i)).toEqual([0, 1, 2, 3, 4]);
    await clock.advance(1);
    limited.info({ i: 101 }, "m");
    expect(records[5]).toMatchObject({ i: 101, suppressed: 96 });
    clock.jumpTo(0);
    for (let i = 0; i < 10; i++) limited.info("m");
    expect(records).toHaveLength(10);
  });

  test("writes errors unless its option says otherwise", () => {
    const { logger, records } = captureLogs({ clock: manualClock() });
    const gentle = logger.limited({ per: 1000, lines: 1 });
    const strict = logger.limited({ per: 1000, lines: 1, errors: true });
    for (let i = 0; i < 3; i++) gentle.error("gentle");
    for (let i = 0; i < 3; i++) strict.error("strict");
    expect(records.map((record) => record.msg)).toEqual(["gentle", "gentle", "gentle", "strict"]);
  });

  test("shares its count with its children, and stacks with a sampler", () => {
    const { logger, records } = captureLogs({ clock: manualClock(), random: () => 0 });
    const limited = logger.limited({ per: "1m", lines: 2 });
    const both = limited.sampled({ rate: 0.5 });
    for (let i = 0; i < 4; i++) both.child({ i }).info("m");
    both.error("e");
    expect(records.map((record) => record.suppressed)).toEqual([undefined, undefined, 2]);
  });

  test("does not change the logger that it was made from", () => {
    const { logger, records } = captureLogs({ clock: manualClock() });
    logger.limited({ per: "1m", lines: 1 });
    for (let i = 0; i < 5; i++) logger.info("m");
    expect(records).toHaveLength(5);
  });
});

test.each<[string, string, unknown]>([
  ["sampled", "rate", { rate: -0.1 }],
  ["sampled", "rate", { rate: 1.1 }],
  ["sampled", "rate", { rate: Number.NaN }],
  ["sampled", "rate", {}],
  ["sampled", "every", { rate: 1, every: 2 }],
  ["limited", "per", { per: 0, lines: 1 }],
  ["limited", "per", { per: "often", lines: 1 }],
  ["limited", "lines", { per: 1, lines: 0 }],
  ["limited", "lines", { per: 1, lines: 1.5 }],
  ["limited", "errors", { per: 1, lines: 1, errors: "yes" }],
])("%s refuses a wrong %s: %j", (method, name, options) => {
  const { logger } = captureLogs();
  const call = (): unknown => logger[method as "sampled"](options as { rate: number });
  expect(call).toThrow(TypeError);
  expect(call).toThrow(name);
});

test("a random number that equals the rate is not below it, so that a rate of 0 writes nothing", () => {
  for (const [random, rate, written] of [
    [0, 0, 0],
    [0.25, 0.25, 0],
    [0.2499, 0.25, 1],
  ] as const) {
    const { logger, records } = captureLogs({ random: () => random });
    logger.sampled({ rate }).info("m");
    expect(records).toHaveLength(written);
  }
});

test("a random source that fails does not lose a line", () => {
  const { logger, records } = captureLogs({
    random: () => {
      throw new Error("no entropy");
    },
  });
  logger.sampled({ rate: 0.5 }).info({ a: 1 }, "m");
  expect(records).toMatchObject([{ a: 1, msg: "m" }]);
});

describe("a logger that is limited by key", () => {
  test("limits each message by itself, and reports at the end of a window how many lines it held back", async () => {
    const clock = manualClock();
    const { logger, records } = captureLogs({ clock });
    const limited = logger.limited({ per: "1s", lines: 2, key: "message" });
    for (let i = 0; i < 5; i++) {
      limited.info({ i }, "cache is cold");
      limited.warn("disk is slow");
    }
    limited.error("cache is cold");
    expect(records.map(({ msg }) => msg)).toEqual([
      "cache is cold",
      "disk is slow",
      "cache is cold",
      "disk is slow",
      "cache is cold",
    ]);
    await clock.advance(1000);
    expect(records.slice(5)).toMatchObject([
      { level: 30, key: "cache is cold", suppressed: 3, msg: "3 lines were suppressed" },
      { level: 40, key: "disk is slow", suppressed: 3 },
    ]);
    limited.info("cache is cold");
    expect(records.at(-1)).toMatchObject({ msg: "cache is cold" });
    await clock.advance(10_000);
    expect(records).toHaveLength(8);
  });

  test("takes the key from a function of the fields and the message", () => {
    const { logger, records } = captureLogs();
    const key = (fields: unknown): string => (fields as { tenant: string }).tenant;
    const limited = logger.limited({ per: "1s", lines: 1, key });
    for (const tenant of ["a", "b", "a", "b", "c"]) limited.info({ tenant }, "m");
    limited.info("no fields, so that the function throws");
    limited.info("no fields again");
    expect(records.map(({ tenant }) => tenant)).toEqual(["a", "b", "c", undefined]);
  });

  test("keeps a limited number of keys, and reports the others together when it is closed", async () => {
    const { logger, records } = captureLogs({ clock: manualClock() });
    const limited = logger.limited({ per: "1h", lines: 1, key: "message" });
    for (let i = 0; i < 3000; i++) limited.info(`message ${i}`);
    expect(records).toHaveLength(1001);
    await logger.close();
    expect(records.at(-1)).toMatchObject({ key: "…", suppressed: 1999 });
  });

  test("refuses a key that is neither a function nor the word message", () => {
    const { logger } = captureLogs();
    expect(() => logger.limited({ per: "1s", lines: 1, key: "msg" as "message" })).toThrow(/limited key.*"msg"/);
  });
});
