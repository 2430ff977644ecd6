import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// Mutation tests of a package: `pnpm mutate core` or, for some of its files, `pnpm mutate core src/waiting.ts`. StrykerJS
// changes one operator at a time and runs the tests that reach it. Results are kept in `.stryker/`, so that a second run
// looks only at what has changed. It is not part of .ci/run, because it takes minutes to hours.
const root = join(import.meta.dirname, "..");
const [name = "", ...files] = process.argv.slice(2).filter((argument) => argument !== "--");
if (!existsSync(join(root, "packages", name, "src"))) {
  console.error("Usage: pnpm mutate <package> [file of the package ...]");
  process.exit(2);
}
const own = join(root, ".stryker", name);
mkdirSync(own, { recursive: true });
const chosen = files.length > 0 ? files : ["src/**/*.ts", "!src/**/*.test.ts", "!src/index.ts"];
const inPackage = (file: string): string =>
  file.startsWith("!") ? `!packages/${name}/${file.slice(1)}` : `packages/${name}/${file}`;
const config = {
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner")],
  testRunner: "vitest",
  // One project: the tests of other packages would be run for each mutant as well.
  vitest: { configFile: join(own, "vitest.config.ts"), related: true },
  mutate: chosen.map(inPackage),
  inPlace: false,
  incremental: true,
  incrementalFile: join(own, "incremental.json"),
  tempDirName: join(".stryker", "tmp"),
  // What Stryker copies for its runs.
  ignorePatterns: ["dist", ".git", ".stryker", "docs", "bench", "examples"],
  concurrency: 1,
  coverageAnalysis: "perTest",
  disableTypeChecks: false,
  reporters: ["clear-text", "html"],
  htmlReporter: { fileName: join(own, "report.html") },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 80, break: null },
};
writeFileSync(
  join(own, "vitest.config.ts"),
  `export default {
  ssr: { resolve: { conditions: ["@seaworthy/source"], externalConditions: ["@seaworthy/source"] } },
  test: { root: process.cwd(), include: ["packages/${name}/src/**/*.test.ts"], pool: "threads" },
};
`,
);
const path = join(own, "stryker.config.json");
writeFileSync(path, JSON.stringify(config, undefined, 2));
const { status } = spawnSync(join(root, "node_modules/.bin/stryker"), ["run", path], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);
