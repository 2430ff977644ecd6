import { defineErrors, type ErrorFactory, isSeaworthyError, SeaworthyError } from "@seaworthy/core";
import { inLine } from "./internal/text.ts";

const codes: { readonly CONFIG_INVALID: ErrorFactory } = defineErrors(
  { CONFIG_INVALID: { status: 500, title: "The configuration is invalid" } },
  { owner: "@seaworthy/config" },
);

/** What is wrong with a value. */
export type ConfigProblem =
  | "missing"
  | "invalid"
  | "weak"
  | "conflict"
  | "unknown"
  | "unresolved"
  | "unreadable"
  | "malformed";

/** One problem of a configuration. It holds names, places and expectations, never a value. */
export interface ConfigIssue {
  /** Dotted path in the schema, such as `database.url`; empty when a whole file or the whole configuration is meant. */
  readonly path: string;
  /** The environment variable that sets the value; absent where none does. */
  readonly env?: string;
  readonly problem: ConfigProblem;
  /** What would have been right, in words. */
  readonly expected: string;
  /** What to do about it. */
  readonly hint?: string;
  /** A name that was given, is used by nothing, and is near to the one that is missing; or the reverse. */
  readonly didYouMean?: string;
  /** Where the refused value stands, as `explainConfig` writes it. */
  readonly source?: string;
}

/**
 * A configuration was refused; `issues` holds all of its problems at once. Its code is `CONFIG_INVALID`.
 *
 * No value of the configuration is in it: not in the message, the stack, the issues, nor a cause, of which it has none.
 * Recognize it with {@link isConfigError}.
 */
export class ConfigError extends SeaworthyError {
  readonly profile: string;
  readonly issues: readonly ConfigIssue[];

  constructor(profile: string, issues: readonly ConfigIssue[]) {
    super(codes.CONFIG_INVALID.code, messageOf(profile, issues), { context: { profile, problems: issues.length } });
    this.profile = profile;
    this.issues = Object.freeze(issues.map((issue) => Object.freeze({ ...issue })));
    // The message has them all; printed as a member, they would stand there twice.
    Object.defineProperty(this, "issues", { enumerable: false });
  }
}
Object.defineProperty(ConfigError.prototype, "name", { value: "ConfigError", writable: true, configurable: true });

/** Whether `value` is a {@link ConfigError}, made by any copy of this package. */
export function isConfigError(value: unknown): value is ConfigError {
  return isSeaworthyError(value, codes.CONFIG_INVALID.code) && Array.isArray((value as { issues?: unknown }).issues);
}

/** One issue as lines of text for people. Control characters in names are made visible. */
export function formatIssue(issue: ConfigIssue): string {
  const path = inLine(issue.path);
  const both = issue.env !== undefined && path !== "" && path !== issue.env;
  const name = both ? `${issue.env} (${path})` : (issue.env ?? path);
  const place = issue.source === undefined ? "" : ` at ${inLine(issue.source, 4200)}`;
  const lines = [
    `${name || "configuration"} is ${VERDICTS[issue.problem]}${place}: expected ${inLine(issue.expected, 1000)}`,
  ];
  if (issue.didYouMean !== undefined) lines.push(`  did you mean ${inLine(issue.didYouMean)}?`);
  if (issue.hint !== undefined) lines.push(`  ${inLine(issue.hint, 5000)}`);
  return lines.join("\n");
}

/** Problems in a message; a file with thousands of unknown keys would make one of megabytes. */
const MOST_TOLD = 500;
const VERDICTS: Readonly<Record<ConfigProblem, string>> = {
  missing: "missing",
  invalid: "invalid",
  weak: "too weak",
  conflict: "given twice",
  unknown: "unknown",
  unresolved: "unresolved",
  unreadable: "unreadable",
  malformed: "malformed",
};

function messageOf(profile: string, issues: readonly ConfigIssue[]): string {
  const count = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
  const lines = issues.slice(0, MOST_TOLD).map((issue) => `  ${formatIssue(issue).replaceAll("\n", "\n  ")}`);
  if (issues.length > MOST_TOLD) lines.push(`  and ${issues.length - MOST_TOLD} more, which are in its issues`);
  return `The configuration for profile "${profile}" has ${count}:\n${lines.join("\n")}`;
}
