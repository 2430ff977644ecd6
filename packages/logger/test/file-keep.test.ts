import * as fs from "node:fs";
import { join } from "node:path";
import { manualClock } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FileOptions } from "../src/destinations/file-options.ts";
import { fail, upTo, Workplace } from "./workplace.ts";

let at: Workplace;

beforeEach(() => {
  at = new Workplace();
});
afterEach(() => at[Symbol.dispose]());

describe("retention", () => {
  async function write(options: Omit<FileOptions, "path">, count: number): Promise<void> {
    const { logger } = at.open(options);
    for (const i of upTo(count)) {
      logger.info({ i, text: "x".repeat(100) }, "m");
      await at.clock.advance("1m");
    }
    await logger.close();
  }

  test("keeps as many rotated files as its option says, the newest ones", async () => {
    await write({ rotate: { size: 1 }, keep: { files: 3 } }, 10);
    expect(at.numbers()).toEqual([6, 7, 8, 9]);
  });

  test("keeps rotated files as long as its option says", async () => {
    at.clock = manualClock(Date.UTC(2020, 0, 1)); // before the files' own times, so that their names decide
    await write({ rotate: { size: 1 }, keep: { age: "5m" } }, 10);
    expect(at.numbers()).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  test("uses the time of the last line if that is older than the name", async () => {
    await write({ rotate: { size: 1 } }, 4);
    const old = new Date(Date.now() - 10 * 86_400_000);
    fs.utimesSync(join(at.directory, at.names()[2] as string), old, old);
    at.open({ keep: { age: "1d" } });
    expect(at.numbers()).toEqual([0, 1, 3]);
  });

  test("keeps as many bytes as its option says, including the current file", async () => {
    await write({ rotate: { size: 500 }, keep: { bytes: 2000 } }, 60);
    const total = at.names().reduce((sum, name) => sum + fs.statSync(join(at.directory, name)).size, 0);
    expect(total).toBeLessThanOrEqual(2000);
    expect(total).toBeGreaterThan(1000);
    expect(at.numbers().at(-1)).toBe(59);
  });

  test("keeps files that need exactly as many bytes as its option says", async () => {
    for (const [bytes, kept] of [
      [300, 3],
      [299, 2],
    ] as const) {
      for (const n of upTo(3))
        fs.writeFileSync(join(at.directory, `app.2020010${n + 1}T000000000Z.log`), "x".repeat(100));
      const { logger } = at.open({ keep: { bytes } });
      await logger.close();
      expect(at.names().filter((name) => name !== "app.log")).toHaveLength(kept);
    }
  });

  test("does not touch files of other names", async () => {
    const others = [
      "app.txt",
      "app.2026.log",
      "xapp.20200101T000000000Z.log",
      "app.20200101T000000000Z.log.bak",
      "app.log.1",
    ];
    for (const name of others) fs.writeFileSync(join(at.directory, name), "");
    await write({ rotate: { size: 1 }, keep: { files: 1, age: 1, bytes: 1 } }, 5);
    for (const name of others) expect(fs.existsSync(join(at.directory, name)), name).toBe(true);
  });

  test("takes the path literally if it contains characters of patterns", () => {
    at.path = join(at.directory, "a+b(c).log");
    const { logger } = at.open({ rotate: { size: 1 }, keep: { files: 1 } });
    for (let i = 0; i < 5; i++) logger.info("m");
    expect(fs.readdirSync(at.directory)).toHaveLength(2);
    at.path = join(at.directory, "noextension");
    const bare = at.open({ rotate: { size: 1 }, keep: { files: 1 } }).logger;
    for (let i = 0; i < 5; i++) bare.info("m");
    expect(fs.readdirSync(at.directory)).toHaveLength(4);
  });

  test("continues if a file cannot be deleted", () => {
    const { logger } = at.open({ rotate: { size: 1 }, keep: { files: 1 } }, { unlinkSync: () => fail("EPERM") });
    for (const i of upTo(5)) logger.info({ i }, "m");
    expect(at.numbers().length).toBe(5);
  });
});

describe("compression", () => {
  test("leaves only complete .gz files, in which no line is missing", async () => {
    const { logger } = at.open({ rotate: { size: 2000 }, compress: true });
    for (const i of upTo(200)) {
      logger.info({ i }, "m");
      await at.clock.advance(1);
    }
    await logger.close();
    const rotated = at.names().slice(0, -1);
    expect(rotated.length).toBeGreaterThan(3);
    expect(rotated.every((name) => name.endsWith(".log.gz"))).toBe(true);
    expect(at.numbers()).toEqual(upTo(200));
  });

  test("is completed by the next process if it was interrupted at any point", async () => {
    const { logger } = at.open({ rotate: { size: 1 } });
    for (const i of upTo(4)) {
      logger.info({ i }, "m");
      await at.clock.advance(1);
    }
    const [first, second, third] = at.names() as [string, string, string];
    // Interrupted while writing, between renaming and deleting, and before the start.
    fs.writeFileSync(join(at.directory, `${first}.gz.tmp`), "half of i");
    const whole = (await import("node:zlib")).gzipSync(at.content(second));
    fs.writeFileSync(join(at.directory, `${second}.gz`), whole);
    await at.open({ compress: true }).logger.close();
    // Another process may still write to these files, or compress one of them.
    expect(at.names()).toEqual([first, `${first}.gz.tmp`, second, `${second}.gz`, third, "app.log"]);
    const later = new Date(Date.now() + 120_000);
    at.clock.jumpTo(later.getTime());
    await at.open({ compress: true }).logger.close();
    expect(at.names()).toEqual([`${first}.gz`, `${second}.gz`, `${third}.gz`, "app.log"]);
    expect(at.numbers()).toEqual(upTo(4));
  });

  test("keeps the file itself if it fails", async () => {
    const { logger } = at.open({ rotate: { size: 1 }, compress: true });
    logger.info({ i: 0 }, "m");
    at.clock.jumpTo(Date.UTC(2030, 0, 1));
    logger.info({ i: 1 }, "m");
    // The name is taken before the compressed file can have it.
    const taken = join(at.directory, "app.20300101T000000000Z.log.gz");
    fs.mkdirSync(taken);
    await logger.close();
    fs.rmdirSync(taken);
    expect(at.names()).toEqual(["app.20300101T000000000Z.log", "app.log"]);
    expect(at.numbers()).toEqual([0, 1]);
  });

  test("counts compressed files in retention", async () => {
    const { logger } = at.open({ rotate: { size: 1 }, compress: true, keep: { files: 2 } });
    for (const i of upTo(8)) {
      logger.info({ i }, "m");
      await at.clock.advance(1);
    }
    await logger.close();
    expect(at.names()).toHaveLength(3);
    expect(at.numbers()).toEqual([5, 6, 7]);
  });
});
