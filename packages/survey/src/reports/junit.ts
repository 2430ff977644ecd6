import { GROUPS } from "../outcome.ts";
import type { AuditResult, SurveyReport } from "../report.ts";
import { escapeXml } from "./xml.ts";

/** The report as JUnit XML: one suite per group, one case per audit. */
export function toJunit({ audits, duration, at }: SurveyReport): string {
  const suites = GROUPS.map((group) => {
    const results = audits.filter((result) => result.group === group);
    const counts = countsOf(results);
    const cases = results.map(caseOf).join("");
    return `  <testsuite name="${group}" ${counts} timestamp="${at}" time="${seconds(sum(results))}">\n${cases}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="survey" ${countsOf(audits)} time="${seconds(duration)}">\n${suites.join("")}</testsuites>\n`;
}

const sum = (results: readonly AuditResult[]): number => results.reduce((all, { duration }) => all + duration, 0);
const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

function countsOf(results: readonly AuditResult[]): string {
  const count = (wanted: string): number => results.filter(({ outcome }) => outcome === wanted).length;
  return `tests="${results.length}" failures="${count("fail")}" errors="${count("error")}" skipped="${count("not-applicable")}"`;
}

function caseOf({ id, group, title, duration, outcome, reason }: AuditResult): string {
  const text = escapeXml(reason);
  const inner = {
    pass: "",
    fail: `<failure message="${text}"/>`,
    error: `<error message="${text}"/>`,
    "not-applicable": `<skipped message="${text}"/>`,
  }[outcome];
  return `    <testcase classname="${group}" name="${escapeXml(`${id}: ${title}`)}" time="${seconds(duration)}">${inner}</testcase>\n`;
}
