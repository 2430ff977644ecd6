import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";

/** One change of one place in the source. */
export interface Mutant {
  /** The number by which the instrumented source switches the change on. */
  readonly id: string;
  /** Path of the file, relative to the package. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  /** The line of the source in which the change begins, without its indentation. */
  readonly text: string;
}

export interface Instrumented {
  /** The sources with all their mutants in them, by path relative to the package. */
  readonly files: ReadonlyMap<string, string>;
  readonly mutants: readonly Mutant[];
}

/** Doors, which compute nothing, and conformance suites, which are tests themselves. */
const LEFT_OUT = /(?:^|\/)(?:index|conformance)\.ts$|\/conformance\//;

const ignoreEverything = (): void => undefined;
const never = (): boolean => false;
const silent = {
  ...{ trace: ignoreEverything, debug: ignoreEverything, info: ignoreEverything, warn: ignoreEverything },
  ...{ error: ignoreEverything, fatal: ignoreEverything },
  ...{ isTraceEnabled: never, isDebugEnabled: never, isInfoEnabled: never },
  ...{ isWarnEnabled: never, isErrorEnabled: never, isFatalEnabled: never },
};

/**
 * Puts every mutant that StrykerJS knows into the sources of a package. String literals are left out: most of them are
 * wording of messages and help texts.
 */
export async function instrument(folder: string): Promise<Instrumented> {
  const names = globSync("src/**/*.ts", { cwd: folder })
    .filter((name) => !name.endsWith(".test.ts") && !LEFT_OUT.test(name))
    .sort();
  const sources = new Map(names.map((name) => [join(folder, name), readFileSync(join(folder, name), "utf8")]));
  const found = await new Instrumenter(silent).instrument(
    [...sources].map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: null, ignorers: [], excludedMutations: ["StringLiteral"] },
  );
  const relative = (name: string): string => name.slice(folder.length + 1);
  return {
    files: new Map(found.files.map(({ name, content }) => [relative(name), content])),
    mutants: found.mutants
      .filter(({ status }) => status !== "Ignored")
      .map((mutant) => {
        const lines = (sources.get(mutant.fileName) ?? "").split("\n");
        const { start, end } = mutant.location;
        const original = lines.slice(start.line, end.line + 1);
        original.push((original.pop() ?? "").slice(0, end.column));
        original[0] = (original[0] ?? "").slice(start.column);
        return {
          id: mutant.id,
          file: relative(mutant.fileName),
          line: start.line + 1,
          mutator: mutant.mutatorName,
          original: original.join("\n"),
          replacement: mutant.replacement,
          text: (lines[start.line] ?? "").trim(),
        };
      }),
  };
}
