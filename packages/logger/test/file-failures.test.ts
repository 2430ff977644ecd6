import * as fs from "node:fs";
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { captureTelemetry } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLogger } from "../src/create-logger.ts";
import { file } from "../src/destinations/file.ts";
import type { FileSystem } from "../src/internal/file/file-system.ts";
import { WaitingLines } from "../src/internal/file/waiting-lines.ts";
import { fail, upTo, Workplace } from "./workplace.ts";

let at: Workplace;

beforeEach(() => {
  at = new Workplace();
});
afterEach(() => at[Symbol.dispose]());

describe("failures never reach the host:", () => {
  test("a disk that is full takes back half a line, keeps lines waiting, and has all of them in order later", async () => {
    let room = 1000;
    const writeSync: FileSystem["writeSync"] = (fd, data, offset) => {
      const bytes = Buffer.from(data as string).subarray(offset ?? 0);
      if (room === 0) return fail("ENOSPC");
      const part = bytes.subarray(0, Math.min(room, bytes.length));
      room -= part.length;
      return fs.writeSync(fd, part);
    };
    const { logger } = at.open({}, { writeSync });
    for (const i of upTo(30)) logger.info({ i }, "m");
    const torn = at.content("app.log");
    expect(torn.endsWith("\n")).toBe(true);
    room = Number.POSITIVE_INFINITY;
    for (const i of [30, 31]) logger.info({ i }, "m");
    expect(at.content("app.log")).toBe(torn);
    await at.clock.advance("1s");
    logger.info({ i: 32 }, "m");
    expect(at.numbers()).toEqual(upTo(33));
  });

  test("half a line that cannot be taken back is separated from the next one", async () => {
    let full = false;
    const writeSync: FileSystem["writeSync"] = (fd, data, offset) => {
      if (!full) return fs.writeSync(fd, Buffer.from(data as string).subarray(offset ?? 0));
      if ((offset ?? 0) > 0 || data === "\n") return fail("ENOSPC");
      return fs.writeSync(fd, Buffer.from(data as string).subarray(0, 10));
    };
    const { logger } = at.open({}, { writeSync, ftruncateSync: () => fail("EIO") });
    logger.info({ i: 0 }, "m");
    full = true;
    logger.info({ i: 1 }, "m");
    full = false;
    await at.clock.advance("1s");
    logger.info({ i: 2 }, "m");
    const lines = at.content("app.log").trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect([0, 2, 3].map((n) => (JSON.parse(lines[n] as string) as { i: number }).i)).toEqual(upTo(3));
  });

  test("a file that fails is reported once, at the first failed write, and logger.health() is degraded until it works again", async () => {
    using events = captureTelemetry();
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    let full = false;
    const writeSync: FileSystem["writeSync"] = (fd, data) => (full ? fail("ENOSPC") : fs.writeSync(fd, data as string));
    const { logger } = at.open({}, { writeSync });
    const { health } = logger;
    expect(health()).toEqual({ status: "healthy", data: { waitingBytes: 0, lostLines: 0 } });
    const listeners = process.listenerCount("exit");
    logger.info({ i: 0 }, "m");
    const lastWrite = health().data.lastWrite as string;
    expect(Date.now() - Date.parse(lastWrite)).toBeLessThan(60_000);
    full = true;
    for (const i of [1, 2]) logger.info({ i }, "m");
    expect(events.of("logger.write_failed").map(({ labels }) => labels)).toEqual([
      { destination: "file", reason: "ENOSPC" },
    ]);
    expect(warned.mock.calls.map(([text, options]) => [text, options])).toEqual([
      [expect.stringContaining("file: ENOSPC"), { code: "LOGGER_WRITE_FAILED" }],
    ]);
    expect(health()).toEqual({
      status: "degraded",
      error: "LOGGER_WRITE_FAILED",
      data: { waitingBytes: expect.any(Number), lostLines: 0, lastWrite, lastError: "file: ENOSPC" },
    });
    expect(health().data.waitingBytes).toBeGreaterThan(100);
    expect(process.listenerCount("exit")).toBe(listeners + 1);
    full = false;
    await at.clock.advance("1s");
    logger.info({ i: 3 }, "m");
    expect(at.numbers()).toEqual(upTo(4));
    expect(process.listenerCount("exit")).toBe(listeners);
    expect(health()).toMatchObject({ status: "healthy", data: { waitingBytes: 0, lastError: "file: ENOSPC" } });
    full = true;
    logger.info({ i: 4 }, "m");
    expect(events.of("logger.write_failed")).toHaveLength(2);
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
    full = false;
    await logger.close();
    expect(events.of("logger.line_lost")).toHaveLength(0);
    expect(at.numbers()).toEqual(upTo(5));
  });

  test("what close() has to give up is one event with the number of the lines", async () => {
    using events = captureTelemetry();
    const { logger } = at.open({}, { writeSync: () => fail("ENOSPC") });
    for (const i of upTo(51)) logger.error({ i }, "m");
    expect(events.of("logger.line_lost")).toHaveLength(0);
    await logger.close();
    expect(events.of("logger.line_lost")).toMatchObject([
      { labels: { destination: "file", reason: "ENOSPC" }, value: 51 },
    ]);
    expect(logger.health().data).toMatchObject({ waitingBytes: 0, lostLines: 51 });
  });

  test("beyond 1 MiB of waiting lines further lines are counted, reported as events, and reported in the file later", async () => {
    using events = captureTelemetry();
    let full = true;
    const writeSync: FileSystem["writeSync"] = (fd, data) => (full ? fail("ENOSPC") : fs.writeSync(fd, data as string));
    const { logger } = at.open({}, { writeSync });
    for (const i of upTo(200)) logger.info({ i, text: "x".repeat(8000) }, "m");
    full = false;
    await logger.close();
    const kept = at
      .content("app.log")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const lost = kept.pop();
    expect(lost).toMatchObject({ level: 50, lost: 200 - kept.length, reason: "ENOSPC" });
    expect(kept.map((record) => record.i)).toEqual(upTo(kept.length));
    expect(events.of("logger.line_lost")).toHaveLength(200 - kept.length);
    expect(events.of("logger.line_lost")[0]?.labels).toEqual({ destination: "file", reason: "ENOSPC" });
  });

  test("1 MiB of lines waits, and not one byte more", () => {
    const waiting = new WaitingLines();
    expect(waiting.add("a", 1024 * 1024 - 10)).toBe(true);
    expect(waiting.add("b", 10)).toBe(true);
    expect(waiting.add("c", 1)).toBe(false);
    expect([waiting.count, waiting.bytes, waiting.abandon(), waiting.bytes]).toEqual([2, 1024 * 1024, 2, 0]);
  });

  test("a device that is full", () => {
    const logger = createLogger({ clock: at.clock, destinations: [file({ path: "/dev/full" })] });
    for (let i = 0; i < 10; i++) expect(() => logger.info("m")).not.toThrow();
  });

  test("a rename that fails leaves the lines in the old file, and rotation is tried again a second later", async () => {
    using events = captureTelemetry();
    let broken = true;
    const renameSync: FileSystem["renameSync"] = (from, to) => (broken ? fail("EACCES") : fs.renameSync(from, to));
    const { logger } = at.open({ rotate: { size: 300 } }, { renameSync });
    for (const i of upTo(20)) logger.info({ i }, "m");
    expect(at.names()).toEqual(["app.log"]);
    expect(events.of("logger.rotated").map((event) => event.labels.outcome)).toEqual(["failed"]);
    broken = false;
    await at.clock.advance("1s");
    logger.info({ i: 20 }, "m");
    expect(at.names()).toHaveLength(2);
    expect(at.numbers()).toEqual(upTo(21));
  });

  test("a new file that cannot be made gives the old one its name back", async () => {
    let broken = false;
    const openSync: FileSystem["openSync"] = (...args) => (broken ? fail("ENOSPC") : fs.openSync(...args));
    const { logger } = at.open({ rotate: { size: 300 } }, { openSync });
    logger.info({ i: 0 }, "m");
    broken = true;
    for (const i of [1, 2, 3, 4, 5]) logger.info({ i }, "m");
    expect(at.names()).toEqual(["app.log"]);
    expect(at.numbers()).toEqual(upTo(6));
  });

  test("a directory that is deleted is created again within a second", async () => {
    const { logger } = at.open({});
    logger.info({ i: 0 }, "m");
    rmSync(at.directory, { recursive: true });
    await at.clock.advance("1s");
    logger.info({ i: 1 }, "m");
    expect(at.numbers()).toEqual([1]);
  });

  test("if a deleted directory cannot be created, lines wait until it can", async () => {
    let broken = false;
    const mkdirSync = ((...args: Parameters<typeof fs.mkdirSync>) =>
      broken ? fail("EACCES") : fs.mkdirSync(...args)) as FileSystem["mkdirSync"];
    const { logger, destination } = at.open({}, { mkdirSync });
    rmSync(at.directory, { recursive: true });
    broken = true;
    await at.clock.advance("1s");
    for (const i of [0, 1]) logger.info({ i }, "m");
    expect(() => destination.reopen()).not.toThrow();
    expect(() => destination.rotate()).not.toThrow();
    broken = false;
    await at.clock.advance("1s");
    logger.info({ i: 2 }, "m");
    expect(at.numbers()).toEqual([0, 1, 2]);
  });

  test("a file that another program has moved is noticed within a second", async () => {
    const { logger } = at.open({});
    logger.info({ i: 0 }, "m");
    fs.renameSync(at.path, join(at.directory, "app.0"));
    logger.info({ i: 1 }, "m");
    await at.clock.advance("1s");
    logger.info({ i: 2 }, "m");
    expect(basename(at.path)).toBe("app.log");
    expect(at.content("app.log")).toContain('"i":2');
    expect(at.numbers()).toEqual(upTo(3));
  });

  test("a write waits for a busy descriptor", () => {
    let busy = 3;
    const writeSync: FileSystem["writeSync"] = (fd, data) =>
      busy-- > 0 ? fail("EAGAIN") : fs.writeSync(fd, data as string);
    at.open({}, { writeSync }).logger.info({ i: 0 }, "m");
    expect(at.numbers()).toEqual([0]);
  });
});
