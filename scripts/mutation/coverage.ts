import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Runner } from "./runner.ts";

/** What one test file did without a mutant. */
export interface TestFile {
  /** Milliseconds of each test that passed, by full name. */
  readonly tests: Readonly<Record<string, number>>;
  /** The full names of the tests that reach a mutant, by the mutant's id. An empty name stands for the file as a whole. */
  readonly reached: Readonly<Record<string, readonly string[]>>;
  /** What failed. A test that failed is left out, and so is a file that did not come to its end. */
  readonly reasons: readonly string[];
}

/** How long one test file may take. */
const LIMIT = 400_000;

/**
 * Runs every test file of a package without a mutant, and notes which tests reach which mutants, in the process of the test
 * or in one that it starts. What is known from an earlier run is kept in `cache` for as long as the sources and the test file
 * are the same.
 */
export async function measureCoverage(run: {
  readonly runner: Runner;
  readonly folder: string;
  readonly cache: string;
  readonly without: readonly string[];
}): Promise<ReadonlyMap<string, TestFile>> {
  const { runner, folder, cache, without } = run;
  const names = globSync(["src/**/*.test.ts", "test/**/*.test.ts"], { cwd: folder })
    .filter((name) => !without.includes(name))
    .sort();
  const others = globSync(["src/**/*", "test/**/*"], { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const sources = digest(others.map((path) => readFileSync(path, "utf8")));
  const known: Record<string, TestFile & { readonly digest: string }> = existsSync(cache)
    ? JSON.parse(readFileSync(cache, "utf8"))
    : {};
  const files = new Map<string, TestFile>();
  for (const name of names) {
    const own = digest([sources, readFileSync(join(folder, name), "utf8")]);
    let file: (TestFile & { readonly digest: string }) | undefined = known[name];
    if (file?.digest !== own) {
      file = { ...(await runOne(runner, folder, name)), digest: own };
      known[name] = file;
      writeFileSync(cache, JSON.stringify(known));
      for (const reason of file.reasons)
        console.log(`left out, because it fails without a mutant: ${name}: ${reason.split("\n")[0]}`);
    }
    files.set(name, file);
  }
  return files;
}

function digest(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

async function runOne(runner: Runner, folder: string, name: string): Promise<TestFile> {
  const coverage = join(folder, "coverage.jsonl");
  rmSync(coverage, { force: true });
  runner.switch({ coverage });
  const answer = await runner.run({ file: join(folder, name) }, LIMIT);
  const reached: Record<string, string[]> = {};
  const lines = existsSync(coverage) ? readFileSync(coverage, "utf8").split("\n") : [];
  for (const line of lines) {
    const [, test, id]: string[] = parse(line);
    if (test === undefined || id === undefined) continue;
    reached[id] ??= [];
    if (!reached[id].includes(test)) reached[id].push(test);
  }
  return {
    tests: answer === undefined || answer.broken ? {} : Object.fromEntries(answer.passed),
    reached,
    reasons: answer === undefined ? ["it does not end"] : answer.failed ? answer.reasons : [],
  };
}

/** A line may be half written, if its process was killed. */
function parse(line: string): string[] {
  try {
    return JSON.parse(line);
  } catch {
    return [];
  }
}
