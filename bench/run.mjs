// `pnpm bench` runs every area, and `pnpm bench logger config` runs two of them. Each area is one process, in which its
// candidates run interleaved. A table of all ratios follows at the end.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;

/** A row of the summary: each candidate of a benchmark with its ratio, in ascending order. */
function rowOf(area, line) {
  const { title, baseline, figures } = JSON.parse(line);
  const ratios = Object.entries(figures)
    .sort(([, a], [, b]) => a - b)
    .map(([name, value]) => `${name} ${(value / figures[baseline]).toFixed(2)}`);
  return `| ${area} | ${title} | ${ratios.join(" · ")} |`;
}

const helpers = new Set(["harness.ts"]);
const areas = readdirSync(here, { withFileTypes: true })
  .filter((entry) =>
    entry.isDirectory()
      ? existsSync(join(here, entry.name, "index.ts"))
      : entry.name.endsWith(".ts") && !helpers.has(entry.name),
  )
  .map((entry) => entry.name.replace(/\.ts$/, ""));
const wanted = process.argv.slice(2).filter((argument) => argument !== "--");
const unknown = wanted.filter((area) => !areas.includes(area));
if (unknown.length > 0) {
  console.error(`No such area: ${unknown.join(", ")}. There are: ${areas.join(", ")}.`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "seaworthy-bench-"));
let failed = 0;
const rows = [];
for (const area of wanted.length > 0 ? wanted : areas) {
  console.log(`\n=== ${area}`);
  const file = existsSync(join(here, `${area}.ts`)) ? `${area}.ts` : join(area, "index.ts");
  const flags = ["--conditions=@seaworthy/source", "--expose-gc"];
  const summary = join(folder, area);
  const { status } = spawnSync(process.execPath, [...flags, join(here, file)], {
    stdio: "inherit",
    cwd: here,
    env: { ...process.env, BENCH_SUMMARY: summary },
  });
  if (status !== 0) failed++;
  if (existsSync(summary))
    rows.push(
      ...readFileSync(summary, "utf8")
        .trim()
        .split("\n")
        .map((line) => rowOf(area, line)),
    );
}
rmSync(folder, { recursive: true });
if (rows.length > 0) console.log(`\n| Area | Benchmark | Ratios |\n|---|---|---|\n${rows.join("\n")}`);
process.exit(failed === 0 ? 0 : 1);
