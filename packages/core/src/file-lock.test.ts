import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { takeFileLock } from "./file-lock.ts";

const busy = (holder: number): Error => new Error(`held by ${holder}`);
let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "file-lock-"));
});
afterAll(() => rm(folder, { recursive: true }));
const newPath = (): string => join(folder, `${count++}.lock`);

describe("a lock file", () => {
  test("is held by one of many that ask at once, and free after it was given back", async () => {
    const path = newPath();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => takeFileLock(path, busy)));
    const held = results.filter((result) => result.status === "fulfilled");
    expect(held).toHaveLength(1);
    for (const result of results.filter(({ status }) => status === "rejected"))
      expect(result).toMatchObject({ reason: { message: `held by ${process.pid}` } });
    await held[0]?.value();
    await (await takeFileLock(path, busy))();
    expect((await readdir(folder)).filter((name) => name.startsWith(path.slice(folder.length + 1)))).toEqual([]);
  });

  test("that was left by a process that ended, or by one whose id is in use again, is taken over", async () => {
    const ended = spawnSync(process.execPath, ["-e", ""]).pid;
    for (const content of [`${ended} 1 0123456789abcdef`, `${process.pid} 1 0123456789abcdef`]) {
      const path = newPath();
      await writeFile(path, content);
      await (await takeFileLock(path, busy))();
    }
  });

  test("that holds no process id is taken over, because its writer died while it wrote", async () => {
    for (const content of ["", "not a lock", "-1 0 x", "0 0 x", "9".repeat(40)]) {
      const path = newPath();
      await writeFile(path, content);
      await (await takeFileLock(path, busy))();
    }
  });

  test("in a folder that does not exist is the error of the system, and malformed arguments are refused", async () => {
    await expect(takeFileLock(join(folder, "none", "a.lock"), busy)).rejects.toMatchObject({ code: "ENOENT" });
    for (const path of ["", undefined, null, 5])
      await expect(takeFileLock(path as string, busy)).rejects.toThrow(/^path must be/);
    await expect(takeFileLock(newPath(), undefined as never)).rejects.toThrow(/^onBusy must be/);
  });
});
