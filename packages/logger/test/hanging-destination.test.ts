import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("close() ends in time if a destination hangs and nothing else keeps the process open", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@seaworthy/source", join(import.meta.dirname, "fixtures/hang-on-close.ts")],
    { encoding: "utf8", timeout: 50_000 },
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    status: "degraded",
    error: "LOGGER_WRITE_FAILED",
    data: { waitingBytes: 0, lostLines: 2, lastError: "hung: timeout" },
  });
  expect(stderr).toMatch(/LOGGER_WRITE_FAILED.*hung: timeout/);
  expect(stderr).toMatch(/LOGGER_LINE_LOST.*2 log lines/);
});
