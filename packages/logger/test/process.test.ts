import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const program = join(import.meta.dirname, "fixtures", "write-lines.ts");
const thousand = Array.from({ length: 1000 }, (_, i) => i);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seaworthy-log-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  signal: string | null;
  output: string;
  errors: string;
}

function run(where: string, how: string, options: { closeOutput?: boolean } = {}): Promise<Ended> {
  const flags = ["--conditions=@seaworthy/source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, program, where, how, join(directory, "app.log")]);
  const output: Buffer[] = [];
  let errors = "";
  if (options.closeOutput) child.stdout.destroy();
  child.stdout.on("data", (chunk: Buffer) => void output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, output: Buffer.concat(output).toString(), errors }));
  });
}

/** The numbers of all lines in all files; fails on a torn line. */
function written(): unknown[] {
  const numbers: unknown[] = [];
  for (const name of readdirSync(directory).sort((a, b) =>
    a === "app.log" ? 1 : b === "app.log" ? -1 : a < b ? -1 : 1,
  )) {
    const bytes = readFileSync(join(directory, name));
    numbers.push(...parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()));
  }
  return numbers;
}

function parse(text: string): unknown[] {
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { i: unknown }).i);
}

const endings: [how: string, ended: { code: number | null; signal: string | null }][] = [
  ["exit", { code: 3, signal: null }],
  ["throw", { code: 1, signal: null }],
  ["reject", { code: 1, signal: null }],
  ["SIGTERM", { code: null, signal: "SIGTERM" }],
  ["SIGKILL", { code: null, signal: "SIGKILL" }],
];

describe("of 1000 lines none is lost or torn, and the process ends as it would without a logger, on", () => {
  test.each(endings)("%s, in a rotating file", async (how, ended) => {
    const { code, signal, errors } = await run("file", how);
    expect({ code, signal }).toEqual(ended);
    if (how === "throw" || how === "reject") expect(errors).toContain("in the child");
    expect(readdirSync(directory).length).toBeGreaterThan(5);
    expect(written()).toEqual(thousand);
  });

  test.each(endings)("%s, on standard output", async (how, ended) => {
    const { code, signal, output } = await run("stdout", how);
    expect({ code, signal }).toEqual(ended);
    expect(parse(output)).toEqual(thousand);
  });

  test("exit, on a standard output that another program writes to as well", async () => {
    const { output } = await run("stdout-touched", "exit");
    expect(parse(output)).toEqual(thousand);
  });
});

test("a logger that observes, compresses and is tailed does not keep the process from ending", async () => {
  const { code, errors } = await run("file", "idle");
  expect(errors).toBe("");
  expect(code).toBe(0);
  expect(readdirSync(directory).filter((name) => name.endsWith(".gz")).length).toBeGreaterThan(5);
  expect(written()).toEqual(thousand);
});

test("a reader of standard output that ends does not disturb the process", async () => {
  const { code } = await run("stdout", "end", { closeOutput: true });
  expect(code).toBe(0);
});
