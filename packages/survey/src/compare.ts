import type { Outcome } from "./outcome.ts";
import type { SurveyReport } from "./report.ts";

/** An audit whose outcome differs between two reports. */
export interface Change {
  readonly id: string;
  readonly before: Outcome | "absent";
  readonly after: Outcome | "absent";
}

/** What changed from one report to another. */
export interface Comparison {
  /** The score of the second report minus that of the first. */
  readonly score: number;
  /** Audits that failed or could not be carried out in the second report, and did not in the first. */
  readonly worse: readonly Change[];
  /** Audits that pass in the second report, and did not in the first. */
  readonly better: readonly Change[];
  /** Other differences. */
  readonly other: readonly Change[];
}

/** Compares two reports audit by audit. */
export function compareReports(before: SurveyReport, after: SurveyReport): Comparison {
  const outcomes = ({ audits }: SurveyReport): Map<string, Outcome> =>
    new Map(audits.map(({ id, outcome }) => [id, outcome]));
  const [first, second] = [outcomes(before), outcomes(after)];
  const changes: Change[] = [];
  for (const id of new Set([...first.keys(), ...second.keys()])) {
    const change = { id, before: first.get(id) ?? "absent", after: second.get(id) ?? "absent" } as const;
    if (change.before !== change.after) changes.push(change);
  }
  const isBad = (outcome: Outcome | "absent"): boolean => outcome === "fail" || outcome === "error";
  const worse = changes.filter((change) => isBad(change.after) || (change.before === "pass" && !isBad(change.after)));
  const better = changes.filter((change) => change.after === "pass");
  const other = changes.filter((change) => !worse.includes(change) && !better.includes(change));
  return { score: after.score - before.score, worse, better, other };
}
