import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { measureCoverage, type TestFile } from "./coverage.ts";
import { type Equivalent, isEquivalent, readEquivalents, stale } from "./equivalents.ts";
import { instrument, type Mutant } from "./instrument.ts";
import { Runner } from "./runner.ts";
import { buildSandbox } from "./sandbox.ts";
import { describeScore, type Outcome, recordScore, scoreOf } from "./scores.ts";
import { choose } from "./statistics.ts";

type Result = Mutant & { readonly outcome: Outcome; readonly by?: string | undefined };

export interface SampleOptions {
  readonly count: number;
  readonly seed: number;
  /** Milliseconds. A test that takes longer is left out. */
  readonly slowest: number;
  /** Test files that are left out. */
  readonly without: readonly string[];
  /** Looks at the survivors of the last run with the same seed again, instead of the whole sample. */
  readonly again: boolean;
  /** Adds the result to the table of the documentation. */
  readonly record: boolean;
}

/** Tries a random sample of a package's mutants, and prints what became of them. */
export async function sample(root: string, name: string, options: SampleOptions): Promise<void> {
  // The lowest priority, which all processes of the run inherit.
  setPriority(19);
  const own = join(root, ".stryker", name);
  mkdirSync(own, { recursive: true });
  const { files, mutants } = await instrument(join(root, "packages", name));
  const sandbox = join(own, "sandbox");
  const folder = buildSandbox(root, sandbox, name, files);
  const equivalents = readEquivalents(root, name);
  for (const entry of stale(equivalents, mutants))
    console.log(`no mutant is like this one any more: ${JSON.stringify(entry)}`);
  const path = join(own, `sample-${options.seed}.json`);
  const before: Result[] = options.again && existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
  const chosen = choose(mutants, options.count, options.seed);
  const results = await tryAll({
    path,
    root,
    folder,
    sandbox,
    cache: join(own, "coverage.json"),
    chosen,
    before,
    equivalents,
    options,
  });
  const facts = { date: new Date().toISOString().slice(0, 10), seed: options.seed, mutants: mutants.length };
  const score = scoreOf(
    results.map(({ outcome }) => outcome),
    facts,
  );
  const [tried, noticed, between] = describeScore(score);
  console.log(`${name}: ${JSON.stringify(score)}`);
  console.log(`${name}: ${noticed} of ${tried} mutants were noticed (95 % confidence: ${between})`);
  if (options.record) recordScore(root, name, score);
}

interface Run {
  /** Where the results are kept, also those of a run that is ended early. */
  readonly path: string;
  readonly root: string;
  readonly folder: string;
  readonly sandbox: string;
  readonly cache: string;
  readonly chosen: readonly Mutant[];
  readonly before: readonly Result[];
  readonly equivalents: readonly Equivalent[];
  readonly options: SampleOptions;
}

async function tryAll(run: Run): Promise<Result[]> {
  const { root, folder, sandbox, chosen, before, equivalents, options } = run;
  const first = new Runner(root, sandbox, 0);
  const coverage = await measureCoverage({ runner: first, folder, cache: run.cache, without: options.without });
  first.close();
  const runner = new Runner(root, sandbox, 1);
  const results: Result[] = [];
  try {
    for (const [index, mutant] of chosen.entries()) {
      const earlier = before.find((result) => isSame(result, mutant) && settled.includes(result.outcome));
      const result: Result = isEquivalent(equivalents, mutant)
        ? { ...mutant, outcome: "equivalent" }
        : { ...mutant, ...(earlier ?? (await tryOne(runner, folder, coverage, { mutant, slowest: options.slowest }))) };
      results.push(result);
      writeFileSync(run.path, JSON.stringify(results, undefined, 1));
      console.log(`${index + 1}/${chosen.length} ${result.outcome} ${mutant.file}:${mutant.line} ${result.by ?? ""}`);
      if (result.outcome === "survived" || result.outcome === "not reached") console.log(describe(mutant));
    }
  } finally {
    runner.close();
  }
  return results;
}

/** Outcomes that `--again` takes from the run before. */
const settled: readonly Outcome[] = ["killed"];

function isSame(a: Mutant, b: Mutant): boolean {
  return a.file === b.file && a.text === b.text && a.original === b.original && a.replacement === b.replacement;
}

async function tryOne(
  runner: Runner,
  folder: string,
  coverage: ReadonlyMap<string, TestFile>,
  { mutant, slowest }: { readonly mutant: Mutant; readonly slowest: number },
): Promise<{ outcome: Outcome; by?: string }> {
  const candidates = [...coverage]
    .map(([file, found]) => ({ file, ...selected(found, mutant.id, slowest) }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => a.duration - b.duration);
  if (candidates.length === 0) return { outcome: "not reached" };
  runner.switch({ mutant: mutant.id });
  for (const { file, names, duration } of candidates) {
    const alternatives = names.map((test) => test.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");
    const order = { file: join(folder, file), names: `^(?:${alternatives})\\s*$` };
    const answer = await runner.run(order, 120_000 + 10 * duration);
    if (answer === undefined) return { outcome: "timeout", by: file };
    if (answer.failed)
      return { outcome: "killed", by: `${file}: ${answer.reasons[0]?.split("\n")[0] ?? ""}`.slice(0, 150) };
  }
  return { outcome: "survived" };
}

/** The tests of a file that reach a mutant and are fast enough, with the sum of their milliseconds. */
function selected(file: TestFile, id: string, slowest: number): { names: string[]; duration: number } {
  const reaching = file.reached[id] ?? [];
  const all = Object.keys(file.tests);
  const names = (reaching.includes("") ? all : all.filter((test) => reaching.includes(test))).filter(
    (test) => (file.tests[test] ?? 0) <= slowest,
  );
  return { names, duration: names.reduce((sum, test) => sum + (file.tests[test] ?? 0), 0) };
}

function describe(mutant: Mutant): string {
  const short = (code: string): string => (code.length > 300 ? `${code.slice(0, 300)} …` : code);
  return `    ${mutant.text}\n    ${mutant.mutator}\n  - ${short(mutant.original)}\n  + ${short(mutant.replacement)}`;
}
