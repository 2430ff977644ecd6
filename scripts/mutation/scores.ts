import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { interval } from "./statistics.ts";

export type Outcome = "killed" | "survived" | "timeout" | "not reached" | "equivalent";

/** What became of one random sample. */
export interface Score {
  /** Day of the run, as an ISO 8601 date. */
  readonly date: string;
  readonly seed: number;
  /** How many mutants the package has. */
  readonly mutants: number;
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly notReached: number;
  readonly equivalent: number;
}

/** The samples of each package, in the order in which they were tried. */
export type Scores = Readonly<Record<string, readonly Score[]>>;

/** The page of the documentation that shows the scores. */
export const PAGE = "docs/explanation/how-well-the-tests-notice.md";

const pathOf = (root: string): string => join(root, "test", "mutation-scores.json");

export function scoreOf(outcomes: readonly Outcome[], facts: Pick<Score, "date" | "seed" | "mutants">): Score {
  const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  return {
    ...facts,
    ...{ killed: count("killed"), timeout: count("timeout"), survived: count("survived") },
    ...{ notReached: count("not reached"), equivalent: count("equivalent") },
  };
}

export function readScores(root: string): Scores {
  return existsSync(pathOf(root)) ? JSON.parse(readFileSync(pathOf(root), "utf8")) : {};
}

/** Adds a sample to those of its package, in the place of an earlier one with the same seed, and writes the page anew. */
export function recordScore(root: string, name: string, score: Score): void {
  const scores = readScores(root);
  const others = (scores[name] ?? []).filter(({ seed }) => seed !== score.seed);
  const all: Scores = { ...scores, [name]: [...others, score] };
  writeFileSync(pathOf(root), `${JSON.stringify(all, undefined, 2)}\n`);
  const page = join(root, PAGE);
  writeFileSync(page, withTable(readFileSync(page, "utf8"), tableOfScores(all)));
}

/** The page with another table between its markers. */
export function withTable(page: string, table: string): string {
  const [begin, end] = ["<!-- scores: begin -->", "<!-- scores: end -->"];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE} lacks its markers`);
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`;
}

/** A sample in words, for a table: how many were tried, how many were noticed, and the interval of confidence. */
export function describeScore({ killed, timeout, survived, notReached }: Score): readonly [string, string, string] {
  const noticed = killed + timeout;
  const tried = noticed + survived + notReached;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const [low, high] = interval(noticed, tried);
  return [String(tried), percent(noticed / Math.max(1, tried)), `${percent(low)} to ${percent(high)}`];
}

/** The table of the documentation. */
export function tableOfScores(scores: Scores): string {
  const rows = Object.keys(scores)
    .sort()
    .flatMap((name) =>
      (scores[name] ?? []).map((score) => {
        const [tried, noticed, between] = describeScore(score);
        const cells = [name, score.date, score.seed, score.mutants, tried, noticed, between, score.equivalent];
        return `| ${cells.join(" | ")} |`;
      }),
    );
  const head = ["Package", "Date", "Seed", "Mutants", "Tried", "Noticed", "95 % confidence", "Left out as equivalent"];
  return [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...rows].join("\n");
}
