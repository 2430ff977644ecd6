import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualClock } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileLock } from "./file-lock.ts";
import { nodeFiles } from "./files.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-lock-"));
  path = join(directory, "lock");
});
afterEach(() => rm(directory, { recursive: true }));

describe("a lock file", () => {
  it.each(["0s", "999ms", "1s", "30s"] as const)("is removed by its holder after %s", async (held) => {
    const clock = manualClock(Date.now());
    const lock = new FileLock(nodeFiles, path, { clock, random: () => 0.5, timeout: 1000 });
    const answer = await lock.hold(async () => {
      expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: process.pid });
      await clock.advance(held);
      return "done";
    });
    expect(answer).toBe("done");
    expect(await readdir(directory)).toEqual([]);
  });

  it("is removed by its holder if the work fails", async () => {
    const lock = new FileLock(nodeFiles, path, { clock: manualClock(), random: () => 0.5, timeout: 1000 });
    await expect(lock.hold(() => Promise.reject(new Error("own")))).rejects.toThrow("own");
    expect(await readdir(directory)).toEqual([]);
  });

  it("that another writer has taken meanwhile is left to it", async () => {
    const clock = manualClock(Date.now());
    const lock = new FileLock(nodeFiles, path, { clock, random: () => 0.5, timeout: 1000 });
    const foreign = JSON.stringify({ token: "0123456789abcdef", realm: "r", pid: 1, thread: 0, started: "1" });
    await lock.hold(async () => {
      await clock.advance("30s");
      await writeFile(path, foreign);
    });
    expect(await readFile(path, "utf8")).toBe(foreign);
  });
});
