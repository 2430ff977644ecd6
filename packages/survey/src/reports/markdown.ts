import type { AuditResult, SurveyReport } from "../report.ts";
import { coverageText, failuresOf } from "./grade.ts";

/** The report for a comment on a pull request, as GitHub Flavored Markdown. */
export function toMarkdown(report: SurveyReport): string {
  const failures = failuresOf(report.audits);
  const wavered = report.audits.filter((result) => result.wavered !== undefined);
  const errors = report.audits.filter(({ outcome }) => outcome === "error");
  const cap = report.isCapped ? " A critical audit failed, so the score is at most 49." : "";
  return [
    `## Production readiness: ${report.score} of 100`,
    "",
    `${coverageText(report.coverage)}.${cap}`,
    "",
    ...table("Failed", failures),
    ...table("Could not be carried out", errors),
    ...table("Differed between runs", wavered),
  ].join("\n");
}

function table(title: string, results: readonly AuditResult[]): readonly string[] {
  if (results.length === 0) return [];
  const rows = results.map(({ id, severity, reason }) => `| \`${id}\` | ${severity} | ${escaped(reason)} |`);
  return [`### ${title}`, "", "| Audit | Severity | Reason |", "|---|---|---|", ...rows, ""];
}

/** Text that came from the service must not become markup. */
const escaped = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>|#@!~]/g, (character) => `\\${character}`).replace(/\s+/g, " ");
