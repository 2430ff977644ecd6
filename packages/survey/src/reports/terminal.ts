import { styleText } from "node:util";
import { AUDITS } from "../audits/index.ts";
import { GROUPS, type Outcome } from "../outcome.ts";
import type { AuditResult, SurveyReport } from "../report.ts";
import { coverageText, failuresOf, gradeOf } from "./grade.ts";

/** Options of {@link toTerminal}. */
export interface TerminalOptions {
  /** Whether colors are used. @default false */
  colors?: boolean;
}

type Style = Parameters<typeof styleText>[0];

const MARKS: Readonly<Record<Outcome, string>> = { pass: "✓", fail: "✗", "not-applicable": "–", error: "!" };
const STYLES: Readonly<Record<Outcome, Style>> = {
  pass: "green",
  fail: "red",
  "not-applicable": "dim",
  error: "yellow",
};
const SCORE_STYLES = { good: "green", fair: "yellow", poor: "red" } as const;

/** One line about an audit, for the progress of a survey. */
export function terminalLine(result: AuditResult, { colors = false }: TerminalOptions = {}): string {
  const { outcome, title, severity, reason, wavered } = result;
  const paint = painter(colors);
  const suffix = severity === "critical" ? paint("bold", " (critical)") : "";
  const line = `  ${paint(STYLES[outcome], MARKS[outcome])} ${title}${suffix}`;
  const wavering = wavered === undefined ? "" : ` The runs differed: ${wavered.join(", ")}.`;
  return outcome === "pass" && wavered === undefined
    ? line
    : `${line}\n    ${paint("dim", printable(reason) + wavering)}`;
}

/** The report for a terminal: the score, what failed, and how each failure is mended. */
export function toTerminal(report: SurveyReport, options: TerminalOptions = {}): string {
  const paint = painter(options.colors === true);
  const lines: string[] = [];
  for (const group of GROUPS) {
    const results = report.audits.filter((result) => result.group === group);
    if (results.length === 0) continue;
    const passed = results.filter(({ outcome }) => outcome === "pass").length;
    const executed = results.filter(({ outcome }) => outcome === "pass" || outcome === "fail").length;
    lines.push(`${paint("bold", group)} ${passed}/${executed}`);
  }
  const failures = failuresOf(report.audits);
  if (failures.length > 0) lines.push("", paint("bold", "What failed, and what mends it"));
  for (const result of failures) {
    const audit = AUDITS.find(({ id }) => id === result.id);
    lines.push(terminalLine(result, options), `    ${paint("cyan", audit?.mend.otherwise ?? "")}`);
    lines.push(`    ${paint("dim", `npx @seaworthy/survey explain ${result.id}`)}`);
  }
  const score = paint(["bold", SCORE_STYLES[gradeOf(report.score)]], `${report.score}`);
  const cap = report.isCapped ? " (a critical audit failed, so it is at most 49)" : "";
  lines.push("", `Score ${score} of 100${cap}`, `${coverageText(report.coverage)}.`);
  return lines.join("\n");
}

/** A text of the service without characters that a terminal would obey. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, " ");

const painter =
  (colors: boolean) =>
  (style: Style, text: string): string =>
    // The stream is not asked here, because the caller has decided.
    colors ? styleText(style, text, { validateStream: false }) : text;
