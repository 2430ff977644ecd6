/** The groups of audits, in the order of the report. */
export const GROUPS: readonly AuditGroup[] = [
  "start",
  "health",
  "shutdown",
  "protection",
  "errors",
  "observability",
  "dependencies",
];

/** A group of audits. */
export type AuditGroup = "start" | "health" | "shutdown" | "protection" | "errors" | "observability" | "dependencies";

/** How much a failure weighs. A failed critical audit limits the score to 49. */
export type Severity = "critical" | "major" | "minor";

/** What an audit found. `error` means that the survey could not carry the audit out; it never counts as a pass. */
export type Outcome = "pass" | "fail" | "not-applicable" | "error";
