import { Writable } from "node:stream";
import { type Logger as PinoLogger, pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import { createLogger } from "./create-logger.ts";
import { stdout } from "./destinations/stdout.ts";
import { captureLogs } from "./testing.ts";

function memory(): { lines: string[]; write(line: string): void } {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line) };
}

describe("levels", () => {
  test("a level set at run time reaches children and grandchildren without a level of their own, and no others", () => {
    const { logger, records, clear } = captureLogs({ level: "info" });
    const child = logger.child({ who: "child" });
    const grandchild = child.child({ who: "grandchild" });
    const pinned = logger.child({ who: "pinned" }, { level: "info" });
    const underPinned = pinned.child({ who: "under pinned" });
    const all = [logger, child, grandchild, pinned, underPinned];
    logger.level = "debug";
    for (const each of all) each.debug("m");
    expect(records.map((record) => record.who)).toEqual([undefined, "child", "grandchild"]);
    expect(all.map((each) => each.level)).toEqual(["debug", "debug", "debug", "info", "info"]);
    clear();
    logger.level = "error";
    for (const each of all) each.warn("m");
    expect(records.map((record) => record.who)).toEqual(["pinned", "under pinned"]);
    clear();
    pinned.level = "trace";
    underPinned.trace("m");
    expect(records).toHaveLength(1);
    logger.level = "silent";
    for (const each of all) each.fatal("m");
    expect(records.map((record) => record.who)).toEqual(["under pinned", "pinned", "under pinned"]);
  });

  test("listeners are notified of a change as in pino", () => {
    const { logger } = captureLogs({ level: "info" });
    const seen: unknown[][] = [];
    logger.on("level-change", (...args) => void seen.push(args.slice(0, 4)));
    logger.level = "warn";
    expect(seen).toEqual([["warn", 40, "info", 30]]);
    expect(logger.isLevelEnabled("info")).toBe(false);
    expect(logger.isLevelEnabled("error")).toBe(true);
    expect(logger.levelVal).toBe(40);
    expect(() => {
      logger.level = "loud";
    }).toThrow(/unknown level/);
  });

  test("different destinations have different levels, which do not change the level of the logger", () => {
    const [all, some, own, few] = [memory(), memory(), memory(), memory()];
    const logger = createLogger({
      level: "info",
      destinations: [
        { stream: all, level: "trace" },
        some,
        { stream: own, level: "warn" },
        { stream: few, level: "silent" },
      ],
    });
    expect([logger.level, logger.levelVal, logger.isLevelEnabled("trace")]).toEqual(["info", 30, true]);
    for (const level of ["trace", "debug", "info", "warn", "error", "fatal"] as const) logger[level](level);
    expect([all, some, own, few].map(({ lines }) => lines.length)).toEqual([6, 4, 3, 0]);
  });

  test("a level set later, on the logger or a child, is a gate for every destination", () => {
    const [all, some] = [memory(), memory()];
    const logger = createLogger({ destinations: [{ stream: all, level: "debug" }, some] });
    const child = logger.child({}, { level: "debug" });
    logger.debug("m");
    child.debug("m");
    expect([all.lines.length, some.lines.length]).toEqual([2, 1]);
    logger.level = "error";
    logger.warn("m");
    expect([all.lines.length, some.lines.length]).toEqual([2, 1]);
    logger.level = "debug";
    logger.debug("m");
    expect([all.lines.length, some.lines.length]).toEqual([3, 2]);
  });

  test("a level set at run time reaches destinations that have a level of their own, of children too", () => {
    const [plain, picky, alerts, off] = [memory(), memory(), memory(), memory()];
    const logger = createLogger({
      level: "info",
      destinations: [
        plain,
        { stream: picky, level: "info" },
        { stream: alerts, level: "error" },
        { stream: off, level: "silent" },
      ],
    });
    const counts = (): number[] => [plain, picky, alerts, off].map(({ lines }) => lines.splice(0).length);
    logger.debug("m");
    logger.info("m");
    expect(counts()).toEqual([1, 1, 0, 0]);
    const child = logger.child({}, { level: "debug" });
    child.debug("m");
    expect(counts()).toEqual([1, 1, 1, 0]);
    logger.level = "debug";
    logger.child({}).debug("m");
    expect(counts()).toEqual([1, 1, 1, 0]);
  });

  test("saving and restoring the level changes nothing, for the logger and for a child", () => {
    const [console, all] = [memory(), memory()];
    const logger = createLogger({ level: "info", destinations: [console, { stream: all, level: "debug" }] });
    for (const each of [logger, logger.child({})]) {
      const saved = each.level;
      each.level = "trace";
      each.trace("m");
      each.level = saved;
      expect(each.level).toBe("info");
      each.debug("m");
      each.level = saved;
      each.debug("m");
      expect([console, all].map(({ lines }) => lines.splice(0).length)).toEqual([1, 3]);
    }
  });

  test("a silent logger writes nothing anywhere, and a level may be in upper case", () => {
    const all = memory();
    const logger = createLogger({ level: "silent", destinations: [{ stream: all, level: "trace" }] });
    logger.fatal("m");
    expect(all.lines).toEqual([]);
    expect(createLogger({ level: "WARN" as "warn", destinations: [all] }).level).toBe("warn");
  });
});

describe("a logger is a pino logger:", () => {
  test("it has pino's members, symbols and bindings", () => {
    const { logger } = captureLogs({ name: "svc" });
    const asPino: PinoLogger = logger;
    expect(asPino.bindings()).toEqual({ name: "svc" });
    const child = asPino.child({ a: 1, level: "x", password: "hidden" });
    expect(child.bindings()).toEqual({ name: "svc", a: 1, level_: "x", password: "[redacted]" });
    expect(asPino.levels.values.info).toBe(30);
    expect(asPino.version).toBe(pino.version);
    expect(pino.symbols.serializersSym in asPino).toBe(true);
    expect((asPino as unknown as Record<symbol, string>)[pino.symbols.chindingsSym]).toContain('"name":"svc"');
    expect(() => asPino.silent("m")).not.toThrow();
  });

  test("children take serializers, a message prefix, formatters and levels of their own", () => {
    const { logger, records } = captureLogs();
    const child = logger.child(
      { req: { id: 1, noise: true } },
      { serializers: { req: (req: { id: number }) => ({ id: req.id }) }, msgPrefix: "[a] " },
    );
    child.info({ req: { id: 2, noise: true } }, "m");
    child.child({}, { msgPrefix: "[b] " }).info("m");
    expect(records[0]).toMatchObject({ req: { id: 2 }, msg: "[a] m" });
    expect(records[1]).toMatchObject({ req: { id: 1 }, msg: "[a] [b] m" });
    const special = logger.child(
      { b: 1 },
      { customLevels: { audit: 35 }, formatters: { log: (o) => ({ ...o, shaped: true }) } },
    );
    special.audit({ c: 1 }, "m");
    special.info({ c: 1 }, "m");
    expect(records[2]).toMatchObject({ level: 35, b: 1, c: 1, shaped: true });
    expect(records[3]).toMatchObject({ level: 30, b: 1, c: 1, shaped: true });
  });

  test("a long chain of children keeps its line within the limit, with one mark for what does not fit", () => {
    const { logger, records, lines } = captureLogs();
    let last = logger as PinoLogger;
    for (let i = 0; i < 1500; i++) last = last.child({ [`k${i}`]: i });
    last.info("m");
    const record = records[0] as Record<string, unknown>;
    const kept = Object.keys(record).filter((key) => /^k\d+$/.test(key)).length;
    expect(record["…"]).toBe(`[${1500 - kept} more]`);
    expect(Object.keys(record).filter((key) => key.startsWith("…"))).toEqual(["…"]);
    expect((lines[0] as string).length).toBeLessThan(10_000);
  });

  test("a serializer that throws loses only its value", () => {
    const { logger, records } = captureLogs();
    const child = logger.child(
      {},
      {
        serializers: {
          a: () => {
            throw new Error("no");
          },
        },
      },
    );
    child.info({ a: 1, b: 2 }, "m");
    expect(records[0]).toMatchObject({ a: "[unserializable]", b: 2, msg: "m" });
  });

  test("onChild sees the finished child", () => {
    const { logger, records } = captureLogs();
    logger.onChild = (child) => child.info("born");
    logger.child({ a: 1 });
    expect(records[0]).toMatchObject({ a: 1, msg: "born" });
  });

  test("setBindings adds to one logger, and not to its parent", () => {
    const { logger, records } = captureLogs();
    const child = logger.child({ a: 1 });
    child.setBindings({ a: 2, b: 2 });
    child.info("m");
    logger.info("m");
    expect(records[0]).toMatchObject({ a: 2, b: 2 });
    expect(records[1]).not.toHaveProperty("a");
    expect(child.bindings()).toEqual({ a: 2, b: 2 });
  });

  test("bare HTTP requests and responses are described as pino does", () => {
    const { logger, records } = captureLogs();
    class Request {
      method = "GET";
      url = "/x";
      headers = { authorization: "Bearer very-secret" };
      socket = { remoteAddress: "::1", remotePort: 1 };
    }
    logger.info(new Request() as object, "m");
    expect(records[0]?.req).toMatchObject({ method: "GET", url: "/x", headers: { authorization: "[redacted]" } });
  });

  test("flush calls back, also without arguments", async () => {
    const { logger } = captureLogs();
    await new Promise<void>((resolve) => logger.flush(() => resolve()));
    expect(() => logger.flush()).not.toThrow();
  });
});

describe("destinations", () => {
  test("that throw, emit errors or have ended do not disturb the host or each other", async () => {
    const good = memory();
    const bad = {
      write() {
        throw new Error("broken");
      },
    };
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error("later")) });
    const ended = new Writable({ write: (_chunk, _encoding, done) => done() }).end();
    const logger = createLogger({ destinations: [bad, failing, ended, good] });
    logger.info("one");
    await new Promise((resolve) => setImmediate(resolve));
    logger.info("two");
    await logger.close();
    expect(good.lines).toHaveLength(2);
  });

  test("flush waits for a stream that is slow", async () => {
    const written: string[] = [];
    const slow = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        setImmediate(() => {
          written.push(String(chunk));
          done();
        });
      },
    });
    const logger = createLogger({ destinations: slow });
    for (let i = 0; i < 20; i++) logger.info("m");
    await logger.close();
    expect(written.filter((line) => line !== "")).toHaveLength(20);
  });

  test("standard output may be replaced by a test, and is pretty on request", () => {
    const seen: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => seen.push(String(text)) > 0);
    try {
      createLogger({ pretty: false }).info("json");
      createLogger({ pretty: true }).info("pretty");
      createLogger({ destinations: [stdout({ level: "warn", pretty: true })] }).info("too low");
      createLogger({ destinations: [stdout({ pretty: true })] }).warn("for people");
    } finally {
      write.mockRestore();
    }
    expect(seen).toHaveLength(3);
    expect(JSON.parse(seen[0] as string)).toMatchObject({ msg: "json" });
    expect(seen[1]).toMatch(/^[\d:.]+ pretty\n$/);
    expect(seen[2]).toMatch(/ WARN for people\n$/);
    expect(() => stdout({ pretty: "yes" as "auto" })).toThrow(/stdout pretty/);
    expect(() => stdout({ level: "loud" as "info" })).toThrow(/stdout level/);
  });

  test("fatal flushes what can be flushed at once", () => {
    let flushed = 0;
    const stream = { write: () => undefined, flushSync: () => void flushed++ };
    createLogger({ destinations: [stream] }).fatal("m");
    expect(flushed).toBe(1);
  });

  test("a logger adds neither a timer nor a listener to the process", () => {
    const before = process.eventNames().map((name) => process.listenerCount(name));
    const active = process.getActiveResourcesInfo().length;
    for (let i = 0; i < 50; i++) captureLogs().logger.info("m");
    expect(process.eventNames().map((name) => process.listenerCount(name))).toEqual(before);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(active);
  });
});

describe("the options of createLogger are refused with a TypeError that names them:", () => {
  test.each<[string, unknown]>([
    ["options", 5],
    ["levle", { levle: "info" }],
    ["name", { name: "" }],
    ["name", { name: 7 }],
    ["name", { name: "x".repeat(129) }],
    ["level", { level: "loud" }],
    ["level", { level: 30 }],
    ["level", { level: "constructor" }],
    ["context", { context: "yes" }],
    ["pretty", { pretty: "always" }],
    ["clock", { clock: {} }],
    ["clock", { clock: { now: Date.now } }],
    ["random", { random: 0.5 }],
    ["destinations[0]", { destinations: [null] }],
    ["destinations[0]", { destinations: "stdout" }],
    ["destinations[1]", { destinations: [{ write: () => 1 }, {}] }],
    ["destinations", { destinations: [] }],
    ["destinations[0].level", { destinations: [{ stream: { write: () => 1 }, level: "loud" }] }],
    ["limits.line", { limits: { line: 100 } }],
    ["limits.line", { limits: { line: Number.NaN } }],
    ["limits.line", { limits: { line: Number.POSITIVE_INFINITY } }],
    ["limits.text", { limits: { text: -1 } }],
    ["limits.depth", { limits: { depth: 0 } }],
    ["limits.members", { limits: { members: 1.5 } }],
    ["limits.values", { limits: { values: "10" } }],
    ["limits", { limits: { lines: 5 } }],
  ])("%s", (name, options) => {
    expect(() => createLogger(options as object)).toThrow(TypeError);
    expect(() => createLogger(options as object)).toThrow(name);
  });
});

test("an unknown level is refused with a TypeError, also for a child, and changes nothing", () => {
  const { logger } = captureLogs({ level: "info" });
  const refusal = new TypeError("unknown level loud; must be one of trace, debug, info, warn, error, fatal, silent");
  const assign = (): void => {
    logger.level = "loud";
  };
  expect(assign).toThrow(refusal);
  expect(() => logger.child({}, { level: "loud" })).toThrow(refusal);
  expect(logger.level).toBe("info");
});
