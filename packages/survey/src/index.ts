export { AUDITS as audits } from "./audits/index.ts";
export { compareReports } from "./compare.ts";
export { errors as surveyErrors } from "./errors.ts";
export { defineSurvey } from "./options.ts";
export { toHtml } from "./reports/html.ts";
export { toJunit } from "./reports/junit.ts";
export { toMarkdown } from "./reports/markdown.ts";
export { toSarif } from "./reports/sarif.ts";
export { toTerminal } from "./reports/terminal.ts";
export { survey } from "./survey.ts";

export type { Audit, Verdict } from "./audit.ts";
export type { Change, Comparison } from "./compare.ts";
export type { SurveyErrorCode } from "./errors.ts";
export type { Evidence, Series, ShownExchange, TimelinePoint } from "./evidence.ts";
export type { Dependency, LoginAsk, ProbePaths, RouteAsk, SurveyOptions, Thresholds } from "./options.ts";
export type { AuditGroup, Outcome, Severity } from "./outcome.ts";
export type { AuditResult, SurveyReport } from "./report.ts";
export type { TerminalOptions } from "./reports/terminal.ts";
