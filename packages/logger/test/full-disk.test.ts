import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const FLAGS = ["--conditions=@seaworthy/source", "--disable-warning=ExperimentalWarning"];
const program = join(import.meta.dirname, "fixtures", "fill-disk.ts");
const fillStdout = join(import.meta.dirname, "fixtures", "fill-stdout.ts");
const directory = mkdtempSync(join(tmpdir(), "seaworthy-full-"));
const mounted = mount(directory);
if (!mounted) process.stderr.write("full-disk.test.ts: skipped, because a tmpfs cannot be mounted here\n");

afterAll(() => {
  if (mounted) execFileSync("umount", [directory]);
  rmSync(directory, { recursive: true, force: true });
});

/** A file system of 256 KiB; only the superuser of Linux may make one. */
function mount(where: string): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "seaworthy-test", where], { stdio: "ignore" });
    return true;
  } catch {
    return false; // a container without the capability
  }
}

describe.skipIf(!mounted)("on a disk that is full", () => {
  test.each(["close", "exit"])("the first failed write is reported, and so is what %s has to give up", async (how) => {
    const { stdout } = await run(process.execPath, [...FLAGS, program, directory, how]);
    const reported = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const health = reported.find((entry) => entry.health !== undefined) as { health: object; written: number };
    expect(reported[0]).toEqual({ name: "logger.write_failed", reason: "ENOSPC" });
    expect(reported).toContainEqual({ warning: "LOGGER_WRITE_FAILED" });
    expect(health.health).toMatchObject({ status: "degraded", data: { lostLines: 0, lastError: "file: ENOSPC" } });
    const lost = reported.filter((entry) => entry.name === "logger.line_lost");
    expect(lost).toMatchObject([{ reason: "ENOSPC", value: expect.any(Number) }]);
    const kept = readFileSync(join(directory, "app.log"), "utf8").trimEnd().split("\n");
    for (const line of kept) expect(() => JSON.parse(line)).not.toThrow();
    expect(kept.length + (lost[0]?.value as number)).toBe(health.written);
    expect(kept.length).toBeGreaterThan(100);
    rmSync(join(directory, "app.log"));
  });

  test("standard output that is redirected there loses no line once there is room, and tears at most one", async () => {
    const output = join(directory, "out.log");
    const filler = join(directory, "filler");
    writeFileSync(filler, Buffer.alloc(150 * 1024));
    const fd = openSync(output, "a");
    try {
      const child = spawn(process.execPath, [...FLAGS, fillStdout, filler], { stdio: ["ignore", fd, "ignore"] });
      expect(await once(child, "close")).toEqual([0, null]);
    } finally {
      closeSync(fd);
    }
    const lines = readFileSync(output, "utf8").trimEnd().split("\n");
    const torn = lines.filter((line) => !line.endsWith("}"));
    expect(torn.length).toBeLessThanOrEqual(1);
    const after = lines.filter((line) => !torn.includes(line)).map((line) => JSON.parse(line) as { after?: boolean });
    expect(after.filter((record) => record.after)).toHaveLength(5);
  });
});
