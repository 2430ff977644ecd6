import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const index = join(import.meta.dirname, "../src/index.ts");

/** Runs a module in a process of its own and gives what it printed. */
function run(code: string): { status: number | null; lines: string[] } {
  const flags = ["--conditions=@seaworthy/source", "--input-type=module", "--eval"];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, `import { createMetrics } from ${JSON.stringify(index)};\n${code}`],
    { encoding: "utf8", timeout: 15_000 },
  );
  return { status, lines: [...stdout.trim().split("\n"), ...(stderr === "" ? [] : [stderr])] };
}

test("metrics that are never closed do not hold the process", () => {
  const code = `const metrics = createMetrics(); metrics.observe(); metrics.percentiles({ name: "p" }).record(1);
await metrics.render(); console.log("done");`;
  expect(run(code)).toEqual({ status: 0, lines: ["done"] });
});

test("close() leaves no timer, handle or observer behind", () => {
  const code = `const state = () => [process.getActiveResourcesInfo(), process.eventNames().map(String)].join();
const before = state();
const metrics = createMetrics(); metrics.observe(); await metrics.render(); await metrics.close();
await new Promise((resolve) => setTimeout(resolve, 1));
console.log(state() === before);`;
  expect(run(code)).toEqual({ status: 0, lines: ["true"] });
});

test("importing the package starts nothing and reads no environment", () => {
  const code = `console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length);`;
  expect(run(code)).toEqual({ status: 0, lines: ["0"] });
});

test("a metric that drops or overflows says so as a warning of the process and goes on", () => {
  const code = `const metrics = createMetrics({ seriesLimit: 1, runtime: false });
const counter = metrics.counter({ name: "a_total", help: "A.", labels: ["x"] });
process.on("warning", ({ code }) => console.log(code));
for (let x = 0; x < 9; x++) { counter.add({ x }); counter.add({}); }`;
  const { status, lines } = run(code);
  expect(status).toBe(0);
  expect(lines.slice(0, 2).sort()).toEqual(["METRICS_DROPPED", "METRICS_SERIES_LIMIT"]);
});
