import type { Outcome, Severity } from "./outcome.ts";

/** What the score needs to know of an audit. */
export interface Scored {
  readonly severity: Severity;
  readonly outcome: Outcome;
}

/** The score of a survey. */
export interface Score {
  readonly score: number;
  readonly isCapped: boolean;
  readonly coverage: {
    readonly total: number;
    readonly executed: number;
    readonly notApplicable: number;
    readonly errors: number;
  };
}

/** How much an audit counts. */
export const WEIGHTS: Readonly<Record<Severity, number>> = { critical: 10, major: 4, minor: 1 };
/** The highest score if a critical audit failed. */
export const CAP = 49;

/**
 * The score: the weight of the audits that passed, as a share of the weight of those that passed or failed, rounded down to
 * an integer. Audits that do not apply and audits that could not be carried out do not count. Without any executed audit it
 * is 0.
 */
export function scoreOf(audits: readonly Scored[]): Score {
  const executed = audits.filter(({ outcome }) => outcome === "pass" || outcome === "fail");
  const weight = (all: readonly Scored[]): number => all.reduce((sum, { severity }) => sum + WEIGHTS[severity], 0);
  const total = weight(executed);
  const passed = weight(executed.filter(({ outcome }) => outcome === "pass"));
  const raw = total === 0 ? 0 : Math.floor((100 * passed) / total);
  const hasCriticalFailure = executed.some(({ severity, outcome }) => severity === "critical" && outcome === "fail");
  const count = (wanted: Outcome): number => audits.filter(({ outcome }) => outcome === wanted).length;
  return {
    score: hasCriticalFailure ? Math.min(CAP, raw) : raw,
    isCapped: hasCriticalFailure && raw > CAP,
    coverage: {
      total: audits.length,
      executed: executed.length,
      notApplicable: count("not-applicable"),
      errors: count("error"),
    },
  };
}
