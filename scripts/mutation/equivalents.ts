import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./instrument.ts";

/** A mutant that makes no difference, and why. It is found by its code rather than by its line, which moves. */
export interface Equivalent {
  /** Path relative to the package. Every file is meant if it is missing. */
  readonly file?: string;
  /** The line of the source in which the change begins, without its indentation. */
  readonly text?: string;
  readonly original?: string;
  /** A regular expression for the original, in place of `original`. */
  readonly pattern?: string;
  /** Every replacement is meant if it is missing. */
  readonly replacement?: string;
  readonly reason: string;
}

/** The entries of `test/equivalent-mutants.json` for a package, and those for all packages, which are at `*`. */
export function readEquivalents(root: string, name: string): readonly Equivalent[] {
  const path = join(root, "test", "equivalent-mutants.json");
  if (!existsSync(path)) return [];
  const all: Record<string, readonly Equivalent[]> = JSON.parse(readFileSync(path, "utf8"));
  return [...(all["*"] ?? []), ...(all[name] ?? [])];
}

export function isEquivalent(equivalents: readonly Equivalent[], mutant: Mutant): boolean {
  return equivalents.some((entry) => describes(entry, mutant));
}

/** Entries of one package that describe none of its mutants, because its source has changed. */
export function stale(equivalents: readonly Equivalent[], mutants: readonly Mutant[]): readonly Equivalent[] {
  return equivalents.filter((entry) => entry.file !== undefined && !mutants.some((mutant) => describes(entry, mutant)));
}

function describes({ file, text, original, pattern, replacement }: Equivalent, mutant: Mutant): boolean {
  return (
    (file ?? mutant.file) === mutant.file &&
    (text ?? mutant.text) === mutant.text &&
    (original ?? mutant.original) === mutant.original &&
    (replacement ?? mutant.replacement) === mutant.replacement &&
    (pattern === undefined || new RegExp(pattern).test(mutant.original))
  );
}
