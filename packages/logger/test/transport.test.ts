import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

test("close() waits until every target of a pino.transport has written, also of one that two loggers share", async () => {
  const directory = mkdtempSync(join(tmpdir(), "seaworthy-transport-"));
  try {
    const program = join(import.meta.dirname, "fixtures", "use-transport.ts");
    const flags = ["--conditions=@seaworthy/source", "--no-warnings"];
    const child = spawn(process.execPath, [...flags, program, directory], { stdio: "inherit" });
    const [, signal] = (await once(child, "close")) as [number | null, string | null];
    expect(signal).toBe("SIGKILL");
    for (const name of ["a.log", "b.log"]) {
      const lines = readFileSync(join(directory, name), "utf8").trimEnd().split("\n");
      expect(lines.map((line) => (JSON.parse(line) as { i: number }).i)).toEqual(
        Array.from({ length: 1000 }, (_, i) => i),
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 60_000);
