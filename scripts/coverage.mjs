// `pnpm coverage [package …]` measures which lines and branches of the packages their own suites execute, and compares the
// percentages with `coverage-floors.json`. `--update` raises the floors; they never go down.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const floorsFile = join(root, "test", "coverage-floors.json");
const MEASURES = ["lines", "branches", "functions"];
/** Percentage points by which a figure may be below its floor: some lines run only if a race goes a certain way. */
const TOLERANCE = 0.5;

/** Packages that their suites test mostly in processes of their own. */
const IN_PROCESSES = new Set(["lifecycle", "metrics"]);
// What these processes execute counts as well, unless they are killed. It can be added to the rest because Node itself loads
// the sources for the tests too: the offsets in what Vite makes of a source are others.
const PROCESSES = [
  "--coverage.autoAttachSubprocess",
  "--experimental.viteModuleRunner=false",
  "--execArgv=--conditions=@seaworthy/source",
];

const packages = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);
const args = process.argv.slice(2);
const update = args.includes("--update");
const chosen = args.filter((argument) => argument !== "--update");
const unknown = chosen.filter((name) => !packages.includes(name));
if (unknown.length > 0) {
  console.error(`unknown packages: ${unknown.join(", ")}; known are ${packages.join(", ")}`);
  process.exit(2);
}

/** The percentages of a package, by measure. */
function measure(name) {
  const folder = join(root, "coverage", name);
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      ...["run", "--config", "vitest.workspace.ts", "--project", name, "--reporter=dot"],
      ...["--coverage.enabled", "--coverage.provider=v8", "--coverage.reporter=json-summary"],
      // Relative to the package, which is the root of its project.
      ...["--coverage.include=src/**/*.ts", "--coverage.exclude=**/*.test.ts"],
      `--coverage.reportsDirectory=${folder}`,
      ...(IN_PROCESSES.has(name) ? PROCESSES : []),
    ],
    // What Node takes from its compile cache is counted less precisely.
    { cwd: root, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" } },
  );
  if (status !== 0) throw new Error(`the suite of ${name} failed; run it without coverage to see why`);
  const { total } = JSON.parse(readFileSync(join(folder, "coverage-summary.json"), "utf8"));
  return Object.fromEntries(MEASURES.map((measured) => [measured, total[measured].pct]));
}

const floors = existsSync(floorsFile) ? JSON.parse(readFileSync(floorsFile, "utf8")) : {};
let below = 0;
console.log(`${"package".padEnd(14)}${MEASURES.map((name) => name.padStart(12)).join("")}`);
for (const name of chosen.length > 0 ? chosen : packages) {
  const found = measure(name);
  const floor = floors[name] ?? {};
  console.log(`${name.padEnd(14)}${MEASURES.map((measured) => `${found[measured]} %`.padStart(12)).join("")}`);
  for (const measured of MEASURES) {
    const least = floor[measured] ?? 0;
    if (found[measured] < least - TOLERANCE) {
      console.error(`${name}: ${measured} fell from ${least} % to ${found[measured]} %`);
      below++;
    }
    // Rounded down, so that the next run is not below by a hair.
    floor[measured] = Math.max(least, Math.floor(found[measured] * 10) / 10);
  }
  floors[name] = floor;
  if (update) {
    const sorted = Object.fromEntries(Object.entries(floors).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(floorsFile, `${JSON.stringify(sorted, undefined, 2)}\n`);
  }
}
if (below > 0) process.exit(1);
