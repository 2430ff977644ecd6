import type { AuditResult, Outcome, SurveyReport } from "../src/index.ts";
import { scoreOf } from "../src/score.ts";

/** A result as an audit would give it. */
export function result(id: string, outcome: Outcome, more: Partial<AuditResult> = {}): AuditResult {
  return {
    id,
    group: "start",
    title: `The title of ${id}`,
    severity: "major",
    outcome,
    reason: `The reason of ${id}.`,
    evidence: [],
    duration: 12.5,
    ...more,
  };
}

export function report(audits: readonly AuditResult[]): SurveyReport {
  const at = "2026-01-02T03:04:05.000Z";
  return {
    version: 1,
    at,
    target: "node server.js",
    duration: 1500,
    ...scoreOf(audits),
    found: { live: "/livez" },
    audits,
  };
}
