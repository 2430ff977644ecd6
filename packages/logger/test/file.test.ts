import * as fs from "node:fs";
import { join } from "node:path";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../src/create-logger.ts";
import { file } from "../src/destinations/file.ts";
import type { FileOptions } from "../src/destinations/file-options.ts";
import { upTo, Workplace } from "./workplace.ts";

let at: Workplace;

beforeEach(() => {
  at = new Workplace();
});
afterEach(() => at[Symbol.dispose]());

describe("a file", () => {
  test("has mode 0600, as have its rotated and compressed files, in a directory with mode 0700", async () => {
    const deep = join(at.directory, "a", "b", "deep.log");
    const logger = createLogger({
      clock: at.clock,
      destinations: [file({ path: deep, rotate: { size: 200 }, compress: true })],
    });
    for (let i = 0; i < 5; i++) logger.info({ i }, "m".repeat(50));
    await logger.close();
    const within = join(at.directory, "a", "b");
    expect(fs.readdirSync(within).filter((name) => name.endsWith(".gz")).length).toBeGreaterThan(2);
    for (const name of fs.readdirSync(within)) expect(fs.statSync(join(within, name)).mode & 0o777, name).toBe(0o600);
    expect(fs.statSync(within).mode & 0o777).toBe(0o700);
  });

  test("that exists with a wider mode is restricted, and a file has another mode on request", () => {
    fs.writeFileSync(at.path, "", { mode: 0o644 });
    at.open({}).logger.info("m");
    expect(fs.statSync(at.path).mode & 0o777).toBe(0o600);
    at.open({ mode: 0o640 }).logger.info("m");
    expect(fs.statSync(at.path).mode & 0o777).toBe(0o640);
  });

  test("holds each line before the call returns", () => {
    const { logger } = at.open({});
    for (let i = 0; i < 10; i++) {
      logger.info({ i }, "m");
      expect(at.numbers()).toEqual(upTo(i + 1));
    }
  });

  test("that ends with a part of a line separates it from the next line", () => {
    fs.writeFileSync(at.path, '{"i":0}\n{"i":1,"msg":"cut off');
    at.open({}).logger.info({ i: 2 }, "m");
    const lines = at.content("app.log").split("\n");
    expect(lines.slice(0, 2)).toEqual(['{"i":0}', '{"i":1,"msg":"cut off']);
    expect(JSON.parse(lines[2] as string)).toMatchObject({ i: 2 });
  });

  test("that cannot be opened is an error at creation, with its code", () => {
    fs.mkdirSync(at.path);
    expect(() => at.open({})).toThrow(expect.objectContaining({ code: "LOGGER_FILE_UNUSABLE" }));
    fs.writeFileSync(join(at.directory, "plain"), "");
    const under = (): unknown => createLogger({ destinations: [file({ path: join(at.directory, "plain", "x.log") })] });
    expect(under).toThrow(expect.objectContaining({ code: "LOGGER_FILE_UNUSABLE" }));
  });

  test.runIf(fs.existsSync("/proc/self"))(
    "in a directory that takes no new ones is refused, and never waited for",
    () => {
      const nowhere = (): unknown => createLogger({ destinations: [file({ path: "/proc/nowhere/logs/x.log" })] });
      expect(nowhere).toThrow(expect.objectContaining({ code: "LOGGER_FILE_UNUSABLE" }));
    },
  );

  test("is opened again by a line that comes after close", async () => {
    const { logger } = at.open({});
    logger.info({ i: 0 }, "m");
    await logger.close();
    logger.info({ i: 1 }, "m");
    await logger.close();
    await logger.close();
    expect(at.numbers()).toEqual([0, 1]);
  });

  test("may be a device, which is neither measured nor rotated", async () => {
    const logger = createLogger({ clock: at.clock, destinations: [file({ path: "/dev/null", rotate: { size: 10 } })] });
    for (let i = 0; i < 5; i++) logger.info("m");
    await logger.close();
    expect(fs.readdirSync("/dev").filter((name) => /^null\./.test(name))).toEqual([]);
  });
});

describe("rotation", () => {
  test("by size happens between lines, before the file grows past its limit", () => {
    const { logger } = at.open({ rotate: { size: 500 } });
    for (const i of upTo(50)) logger.info({ i }, "m");
    expect(at.names().length).toBeGreaterThan(5);
    for (const name of at.names()) expect(fs.statSync(join(at.directory, name)).size).toBeLessThanOrEqual(500);
    expect(at.numbers()).toEqual(upTo(50));
  });

  test("by size happens only if a line does not fit, and not if it fills the file exactly", () => {
    const { logger: first } = at.open({});
    first.info({ i: 0 }, "m");
    const { size } = fs.statSync(at.path);
    fs.rmSync(at.path);
    const { logger } = at.open({ rotate: { size: 3 * size } });
    for (const i of upTo(3)) logger.info({ i }, "m");
    expect(at.names()).toEqual(["app.log"]);
    expect(fs.statSync(at.path).size).toBe(3 * size);
    logger.info({ i: 3 }, "m");
    expect(at.names()).toHaveLength(2);
  });

  test("gives a line that is longer than the limit a file for itself", () => {
    const { logger } = at.open({ rotate: { size: 300 } });
    for (const i of upTo(3)) logger.info({ i, text: "x".repeat(1000) }, "m");
    expect(at.names()).toHaveLength(3);
    expect(at.numbers()).toEqual(upTo(3));
  });

  test("by time happens at multiples of it since 1970, in UTC", async () => {
    at.clock = manualClock(Date.UTC(2030, 5, 1, 23, 59, 59));
    const { logger } = at.open({ rotate: { every: "1d" } });
    logger.info({ i: 0 }, "m");
    await at.clock.advance(999);
    logger.info({ i: 1 }, "m");
    await at.clock.advance(1);
    logger.info({ i: 2 }, "m");
    await at.clock.advance("3d");
    logger.info({ i: 3 }, "m");
    expect(at.names()).toEqual(["app.20300602T000000000Z.log", "app.20300605T000000000Z.log", "app.log"]);
    expect(at.numbers()).toEqual(upTo(4));
  });

  test("by time continues where an earlier process stopped", () => {
    fs.writeFileSync(at.path, '{"i":0}\n');
    fs.utimesSync(at.path, new Date(), new Date(Date.now() - 2 * 86_400_000));
    const { logger } = at.open({ rotate: { every: "1d" } });
    logger.info({ i: 1 }, "m");
    expect(at.names()).toHaveLength(2);
    expect(at.content("app.log")).toContain('"i":1');
  });

  test("by time does not rotate an empty file, and is not lost if the clock jumps forward and back", () => {
    const { logger } = at.open({ rotate: { every: "1h" } });
    const start = at.clock.now();
    at.clock.jumpTo(start + 86_400_000);
    logger.info({ i: 0 }, "m");
    expect(at.names()).toEqual(["app.log"]);
    at.clock.jumpTo(start);
    logger.info({ i: 1 }, "m");
    at.clock.jumpTo(start + 3_600_000);
    logger.info({ i: 2 }, "m");
    expect(at.names()).toHaveLength(3);
  });

  test("gives files of the same millisecond different names that sort in order, also after deletions and a clock set back", () => {
    const { logger } = at.open({ rotate: { size: 1 } });
    for (const i of upTo(12)) logger.info({ i }, "m");
    expect(at.names()).toHaveLength(12);
    expect(at.numbers()).toEqual(upTo(12));
    at.clock.jumpTo(0);
    const next = at.open({ rotate: { size: 1 }, keep: { files: 2 } }).logger;
    for (const i of [12, 13, 14]) next.info({ i }, "m");
    expect(at.numbers()).toEqual([12, 13, 14]);
  });

  test("can be requested, and reopening follows a file that was moved", () => {
    const { logger, destination } = at.open({});
    logger.info({ i: 0 }, "m");
    destination.rotate();
    logger.info({ i: 1 }, "m");
    fs.renameSync(at.path, join(at.directory, "app.moved"));
    destination.reopen();
    logger.info({ i: 2 }, "m");
    expect(at.content("app.log")).toContain('"i":2');
    expect(at.content("app.moved")).toContain('"i":1');
  });

  test("is an event", () => {
    using events = captureTelemetry();
    const { logger } = at.open({ rotate: { size: 1 } });
    logger.info("m");
    logger.info("m");
    expect(events.of("logger.rotated").map((event) => event.labels)).toEqual([{ outcome: "ok" }]);
  });

  test("neither loses nor tears a line, whatever the sizes are", () => {
    const line = fc.record({ text: fc.string({ unit: "binary", maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 2000 }), (lines, size) => {
        for (const name of fs.readdirSync(at.directory)) fs.unlinkSync(join(at.directory, name));
        const { logger } = at.open({ rotate: { size } });
        for (const [i, { text }] of lines.entries()) logger.info({ i, text }, "m");
        expect(at.numbers()).toEqual(upTo(lines.length));
      }),
      { numRuns: 25 },
    );
  });
});

describe("the options of file() are refused with a TypeError that names them:", () => {
  test.each<[string, unknown]>([
    ["file: options", undefined],
    ["file path", {}],
    ["file path", { path: "" }],
    ["file path", { path: "a\0b" }],
    ["rotation", { path: "a", rotation: {} }],
    ["rotate.size", { path: "a", rotate: { size: 0 } }],
    ["rotate.size", { path: "a", rotate: { size: Number.NaN } }],
    ["rotate.every", { path: "a", rotate: { every: "often" } }],
    ["rotate.every", { path: "a", rotate: { every: 10 } }],
    ["file rotate", { path: "a", rotate: { seconds: 1 } }],
    ["keep.files", { path: "a", keep: { files: 0 } }],
    ["keep.age", { path: "a", keep: { age: -1 } }],
    ["keep.bytes", { path: "a", keep: { bytes: 1.5 } }],
    ["compress", { path: "a", compress: "gzip" }],
    ["mode", { path: "a", mode: 0o1777 }],
    ["mode", { path: "a", mode: 0o400 }],
    ["level", { path: "a", level: "loud" }],
    ["file clock", { path: "a", clock: {} }],
  ])("%s", (name, options) => {
    expect(() => file(options as FileOptions)).toThrow(TypeError);
    expect(() => file(options as FileOptions)).toThrow(name);
  });
});
