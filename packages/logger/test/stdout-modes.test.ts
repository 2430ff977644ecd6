import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const program = join(import.meta.dirname, "fixtures", "stdout-modes.ts");
const flags = ["--conditions=@seaworthy/source", "--disable-warning=ExperimentalWarning"];
const thousand = Array.from({ length: 1000 }, (_, i) => i);

function start(mode: string, how: string): ChildProcess {
  return spawn(process.execPath, [...flags, program, mode, how], { stdio: ["ignore", "pipe", "ignore", "ipc"] });
}

/** The numbers of the lines; fails on one that is torn. */
function numbersOf(output: string): number[] {
  expect(output.endsWith("\n")).toBe(true);
  return output
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { i: number }).i);
}

async function run(mode: string, how: string) {
  const child = start(mode, how);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, numbers: numbersOf(output) };
}

const endings: [how: string, ended: { code: number | null; signal: string | null }][] = [
  ["nothing left to do", { code: 0, signal: null }],
  ["exit", { code: 3, signal: null }],
  ["throw", { code: 1, signal: null }],
  ["reject", { code: 1, signal: null }],
  ["SIGTERM", { code: null, signal: "SIGTERM" }],
];

describe.each(["turn", "background"])("of 1000 lines in mode %s none is lost or torn on", (mode) => {
  test.each(endings)("%s", async (how, ended) => {
    expect(await run(mode, how)).toEqual({ ...ended, numbers: thousand });
  });

  test("a signal that the service handles itself", async () => {
    expect(await run(mode, "handled")).toEqual({ code: 0, signal: null, numbers: [...thousand, 1000] });
  });
});

test("a fatal line is written at once in mode turn, and even SIGKILL does not lose it", async () => {
  expect(await run("turn", "fatal")).toEqual({ code: null, signal: "SIGKILL", numbers: [...thousand, 1000] });
});

test("a reader that stalls does not stop the process in mode background; what exceeds the buffer is counted", async () => {
  const child = start("background", "stalled");
  child.stdout?.pause();
  const [first] = (await once(child, "message")) as [{ lost: number }];
  expect(first.lost).toBeGreaterThan(0);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  child.stdout?.resume();
  child.send("go on");
  const [last] = (await once(child, "message")) as [{ lost: number }];
  if (child.exitCode === null) await once(child, "close");
  const numbers = numbersOf(output);
  expect(numbers.length + last.lost).toBe(20_001);
  expect(numbers.filter((i) => i >= 0)).toEqual(numbers.filter((i) => i >= 0).toSorted((a, b) => a - b));
});
