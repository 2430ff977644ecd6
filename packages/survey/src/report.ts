import type { Evidence } from "./evidence.ts";
import type { AuditGroup, Outcome, Severity } from "./outcome.ts";

/** What one audit found. */
export interface AuditResult {
  readonly id: string;
  readonly group: AuditGroup;
  readonly title: string;
  readonly severity: Severity;
  readonly outcome: Outcome;
  /** Why, with the measured values. */
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  /** Milliseconds. */
  readonly duration: number;
  /** The outcomes of all runs, for an audit that ran several times with different outcomes. */
  readonly wavered?: readonly Outcome[];
}

/** The result of a survey. */
export interface SurveyReport {
  /** The version of this format. */
  readonly version: 1;
  /** When the survey began, in ISO 8601. */
  readonly at: string;
  /** The command or the URL. */
  readonly target: string;
  /** Milliseconds. */
  readonly duration: number;
  /** 0 to 100, over the audits that passed or failed, weighted by severity. */
  readonly score: number;
  readonly coverage: {
    readonly total: number;
    readonly executed: number;
    readonly notApplicable: number;
    readonly errors: number;
  };
  /** Whether a failed critical audit limits the score. */
  readonly isCapped: boolean;
  readonly found: Readonly<Record<string, string>>;
  readonly audits: readonly AuditResult[];
}
