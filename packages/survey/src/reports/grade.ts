import type { AuditResult } from "../report.ts";

/** Where the colours of the gauge change. */
const GOOD = 90;
const FAIR = 50;

/** One word for a score. */
export function gradeOf(score: number): "good" | "fair" | "poor" {
  if (score >= GOOD) return "good";
  return score >= FAIR ? "fair" : "poor";
}

/** One sentence about how much of the survey was carried out. */
export function coverageText({ executed, total, notApplicable, errors }: Coverage): string {
  return `${executed} of ${total} audits were carried out, ${notApplicable} do not apply, ${errors} could not be carried out`;
}

interface Coverage {
  readonly total: number;
  readonly executed: number;
  readonly notApplicable: number;
  readonly errors: number;
}

const RANK = { critical: 0, major: 1, minor: 2 } as const;

/** The audits that failed, the most severe first. */
export function failuresOf(audits: readonly AuditResult[]): readonly AuditResult[] {
  return audits.filter(({ outcome }) => outcome === "fail").toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
}
