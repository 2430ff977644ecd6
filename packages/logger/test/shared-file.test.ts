import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";

const run = promisify(execFile);
const COUNT = 30_000;

test("two processes that rotate and compress one path do not lose a line, and neither does a third one that starts", async () => {
  const directory = mkdtempSync(join(tmpdir(), "seaworthy-shared-"));
  const path = join(directory, "app.log");
  const start = (from: number, count: number): Promise<unknown> => {
    const program = join(import.meta.dirname, "fixtures", "share-file.ts");
    return run(process.execPath, [
      "--conditions=@seaworthy/source",
      "--no-warnings",
      program,
      path,
      `${from}`,
      `${count}`,
    ]);
  };
  try {
    const both = [start(0, COUNT), start(COUNT, COUNT)];
    await both[0];
    await start(2 * COUNT, 10);
    await Promise.all(both);
    const numbers = readdirSync(directory).flatMap((name) => {
      const bytes = readFileSync(join(directory, name));
      const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      // A process that opens the file while the other is in the middle of a line puts an empty line there.
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as { i: number }).i);
    });
    const unique = [...new Set(numbers)].sort((a, b) => a - b);
    expect(unique).toEqual(Array.from({ length: 2 * COUNT + 10 }, (_, i) => i));
    expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 120_000);
