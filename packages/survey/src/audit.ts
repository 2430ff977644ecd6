import type { AuditGroup, Severity } from "./outcome.ts";
import type { AuditRun } from "./run.ts";

/** What an audit returns. */
export interface Verdict {
  readonly outcome: "pass" | "fail" | "not-applicable";
  /** One or two sentences with the measured values. */
  readonly reason: string;
}

/** One audit: what it does to the service, what passes, and how a failure is mended. */
export interface Audit {
  /** Group and name, such as `"shutdown/exits-cleanly"`. */
  readonly id: `${AuditGroup}/${string}`;
  readonly severity: Severity;
  /** What holds if the audit passes, as a sentence. */
  readonly title: string;
  readonly why: string;
  /** What the audit does to the service. */
  readonly does: string;
  /** What has to be seen for a pass. */
  readonly passes: string;
  readonly mend: {
    readonly seaworthy: string;
    /** Without Seaworthy. */
    readonly otherwise: string;
  };
  /** A page with the background. */
  readonly link: string;
  /** Whether it needs a process that the survey starts, so that it does not apply to `attach`. @default false */
  readonly needsProcess?: boolean;
  /** How often it runs; the worst outcome counts. More than once for what depends on timing. @default 1 */
  readonly times?: number;
  run(run: AuditRun): Promise<Verdict>;
}

/** The audit passes. */
export const pass = (reason: string): Verdict => ({ outcome: "pass", reason });
/** The audit fails. */
export const fail = (reason: string): Verdict => ({ outcome: "fail", reason });
/** The audit says nothing about this service, for a reason that the report shows. */
export const notApplicable = (reason: string): Verdict => ({ outcome: "not-applicable", reason });
