import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./instrument.ts";

/** A mutant that makes no difference, and why. It is found by its code rather than by its line, which moves. */
export interface Equivalent {
  /** Path relative to the package. */
  readonly file: string;
  /** The line of the source in which the change begins, without its indentation. */
  readonly text: string;
  readonly original: string;
  /** Every replacement is meant if it is missing. */
  readonly replacement?: string;
  readonly reason: string;
}

/** The entries of `test/equivalent-mutants.json` for a package. */
export function readEquivalents(root: string, name: string): readonly Equivalent[] {
  const path = join(root, "test", "equivalent-mutants.json");
  if (!existsSync(path)) return [];
  const all: Record<string, readonly Equivalent[]> = JSON.parse(readFileSync(path, "utf8"));
  return all[name] ?? [];
}

export function isEquivalent(equivalents: readonly Equivalent[], mutant: Mutant): boolean {
  return equivalents.some((entry) => describes(entry, mutant));
}

/** Entries that describe no mutant of the package, because its source has changed. */
export function stale(equivalents: readonly Equivalent[], mutants: readonly Mutant[]): readonly Equivalent[] {
  return equivalents.filter((entry) => !mutants.some((mutant) => describes(entry, mutant)));
}

function describes(entry: Equivalent, mutant: Mutant): boolean {
  const { file, text, original, replacement } = entry;
  return (
    file === mutant.file &&
    text === mutant.text &&
    original === mutant.original &&
    (replacement === undefined || replacement === mutant.replacement)
  );
}
