import { AUDITS } from "../audits/index.ts";
import type { Severity } from "../outcome.ts";
import type { SurveyReport } from "../report.ts";
import { failuresOf } from "./grade.ts";

const LEVELS: Readonly<Record<Severity, string>> = { critical: "error", major: "error", minor: "warning" };

/** The failures as SARIF 2.1.0, for code scanning. */
export function toSarif(report: SurveyReport): string {
  const rules = AUDITS.map(({ id, title, why, mend, link, severity }) => ({
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: mend.otherwise },
    helpUri: link,
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: [severity] },
  }));
  const results = failuresOf(report.audits).map(({ id, severity, reason }) => ({
    ruleId: id,
    ruleIndex: rules.findIndex((rule) => rule.id === id),
    level: LEVELS[severity],
    message: { text: reason },
    // A survey sees a running service. Code scanning needs a file all the same.
    locations: [{ physicalLocation: { artifactLocation: { uri: "package.json" }, region: { startLine: 1 } } }],
    partialFingerprints: { audit: id },
  }));
  const driver = {
    name: "Seaworthy survey",
    informationUri: "https://github.com/seaworthy/seaworthy/blob/main/docs/reference/survey.md",
    rules,
  };
  const $schema = "https://json.schemastore.org/sarif-2.1.0.json";
  return `${JSON.stringify({ $schema, version: "2.1.0", runs: [{ tool: { driver }, results }] }, undefined, 2)}\n`;
}
