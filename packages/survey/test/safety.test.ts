import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { survey } from "../src/index.ts";

const CLI = join(import.meta.dirname, "../src/cli.ts");

/** A service that starts a child, and writes both ids. */
const FAMILY = `const { spawn } = require("node:child_process");
const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
require("node:fs").writeFileSync("pids", process.pid + " " + child.pid);
require("node:http").createServer((q, s) => s.end("hi")).listen(process.env.PORT);`;

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie whose parent has not waited for it is not running.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

test.each(["SIGINT", "SIGTERM"] as const)("a survey that is ended by %s leaves no process behind", async (signal) => {
  const cwd = mkdtempSync(join(tmpdir(), "survey-"));
  writeFileSync(join(cwd, "server.cjs"), FAMILY);
  const args = [
    "--conditions=@seaworthy/source",
    CLI,
    "--only",
    "protection/slow-clients",
    "--",
    process.execPath,
    "server.cjs",
  ];
  const program = spawn(process.execPath, args, { cwd, stdio: "ignore" });
  const pids = (): number[] => {
    try {
      return readFileSync(join(cwd, "pids"), "utf8").split(" ").map(Number);
    } catch {
      return [];
    }
  };
  await expect.poll(() => pids().length, { timeout: 30_000 }).toBe(2);
  expect(pids().map(isThere)).toEqual([true, true]);
  program.kill(signal);
  await new Promise((resolve) => program.once("exit", resolve));
  await expect.poll(() => pids().filter(isThere), { timeout: 5000 }).toEqual([]);
});

test("an aborted survey rejects and stops what it started", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "survey-"));
  writeFileSync(join(cwd, "server.cjs"), FAMILY);
  const controller = new AbortController();
  const running = survey({
    command: [process.execPath, "server.cjs"],
    cwd,
    only: ["errors"],
    signal: controller.signal,
    onAudit: () => controller.abort(),
  });
  await expect(running).rejects.toMatchObject({ code: "SURVEY_INTERRUPTED" });
  await expect.poll(() => readFileSync(join(cwd, "pids"), "utf8").split(" ").map(Number).filter(isThere)).toEqual([]);
});

test("a survey of a running service sends it no signal, and audits that need a process do not apply", async () => {
  const server = createServer((_, response) => response.end("hi"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const attach = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { audits } = await survey({ attach, only: ["shutdown", "errors/no-banner", "observability/structured-logs"] });
  const byOutcome = (wanted: string): string[] =>
    audits.filter(({ outcome }) => outcome === wanted).map(({ id }) => id);
  expect(byOutcome("pass")).toEqual(["errors/no-banner"]);
  expect(byOutcome("not-applicable")).toHaveLength(audits.length - 1);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("no secret of the environment is in the report", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "survey-"));
  const leaking = `require("node:http").createServer((q, s) => { s.setHeader("x-key", process.env.API_KEY); s.end("key " + process.env.API_KEY); })
    .listen(process.env.PORT, () => console.log("key", process.env.API_KEY));`;
  writeFileSync(join(cwd, "server.cjs"), leaking);
  const report = await survey({
    command: [process.execPath, "server.cjs"],
    cwd,
    env: { API_KEY: "a-canary-that-must-not-be-shown" },
    only: ["start/no-secret-in-output", "errors/no-banner", "start/ready-in-time"],
  });
  expect(report.audits.find(({ id }) => id === "start/no-secret-in-output")?.outcome).toBe("fail");
  expect(JSON.stringify(report)).not.toContain("a-canary-that-must-not-be-shown");
});
