import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sample } from "./mutation/sample.ts";

// Mutation tests of a package. They change one operator at a time and run the tests that reach it. They are not part of
// .ci/run, because they take minutes to hours.
//
//   pnpm mutate core --sample 60 --seed 1   tries 60 mutants that are chosen at random from the whole package
//   pnpm mutate core src/waiting.ts         tries all mutants of some files, with StrykerJS's own runner
//
// Results are kept in `.stryker/`, so that a second run looks only at what has changed.
const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  allowPositionals: true,
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    slowest: { type: "string", default: "5000" },
    without: { type: "string", multiple: true, default: [] },
    again: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});
const [name = "", ...files] = positionals;
if (!existsSync(join(root, "packages", name, "src")) || name === "") {
  console.error(`Usage: pnpm mutate <package> [file of the package ...]
       pnpm mutate <package> --sample <mutants> [options]

  --seed <number>    chooses the same mutants for the same number, 1 by default
  --again            with the same seed, tries only the mutants that were not noticed the last time
  --record           adds the result to test/mutation-scores.json, from which the table of the documentation is made
  --slowest <ms>     leaves out tests that take longer than this, 5000 by default
  --without <file>   leaves out a test file; can be repeated`);
  process.exit(2);
}
if (values.sample !== undefined) {
  const { seed, slowest, without, again, record } = values;
  await sample(root, name, {
    count: Number(values.sample),
    seed: Number(seed),
    slowest: Number(slowest),
    without,
    again,
    record,
  });
  process.exit();
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
