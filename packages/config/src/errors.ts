import { defineErrors, type ErrorFactory, isSeaworthyError, SeaworthyError } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { inLine } from "./internal/text.ts";

const errors: { readonly CONFIG_INVALID: ErrorFactory } = defineErrors(
  { CONFIG_INVALID: { status: 500, title: "The configuration is invalid" } },
  { owner: "@seaworthy/config" },
);

/** The kind of a problem. */
export type ConfigProblem =
  | "missing"
  | "invalid"
  | "weak"
  | "conflict"
  | "unknown"
  | "unresolved"
  | "unreadable"
  | "malformed";

/** One problem of a configuration. It contains names, places and expectations, but no values. */
export interface ConfigIssue {
  /** Dotted path in the schema, such as `database.url`. Empty if the problem concerns a file or the whole configuration. */
  readonly path: string;
  /** The environment variable that sets the value, if there is one. */
  readonly env?: string;
  readonly problem: ConfigProblem;
  /** What is accepted, in words. */
  readonly expected: string;
  /** What to do about it. */
  readonly hint?: string;
  /** A similar name: for a missing value, one that is set but not read; for an unknown key, one that the schema has. */
  readonly didYouMean?: string;
  /** Where the refused value was read, in the notation of `explainConfig`. */
  readonly source?: string;
}

/**
 * The error of a refused configuration. `issues` has all of its problems. Its code is `CONFIG_INVALID`.
 *
 * It contains no value of the configuration: not in the message, the stack or the issues, and it does not have a cause.
 * Recognize it with {@link isConfigError}.
 */
export class ConfigError extends SeaworthyError {
  readonly profile: string;
  readonly issues: readonly ConfigIssue[];

  constructor(profile: string, issues: readonly ConfigIssue[]) {
    super(errors.CONFIG_INVALID.code, messageOf(profile, issues), { context: { profile, problems: issues.length } });
    this.profile = profile;
    this.issues = Object.freeze(issues.map((issue) => Object.freeze({ ...issue })));
    // The message contains the issues already, so printing them as a member would repeat them.
    Object.defineProperty(this, "issues", { enumerable: false });
  }
}
Object.defineProperty(ConfigError.prototype, "name", { value: "ConfigError", writable: true, configurable: true });

/** Returns whether `value` is a {@link ConfigError} of any copy of this package. */
export function isConfigError(value: unknown): value is ConfigError {
  return isSeaworthyError(value, errors.CONFIG_INVALID.code) && Array.isArray(readMember(value, "issues"));
}

/** Returns an issue as lines of text for people. Control characters in names are made visible. */
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

/** The most problems in a message. A file with thousands of unknown keys would otherwise make a message of megabytes. */
const MOST_SHOWN = 500;
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
  const lines = issues.slice(0, MOST_SHOWN).map((issue) => `  ${formatIssue(issue).replaceAll("\n", "\n  ")}`);
  if (issues.length > MOST_SHOWN) lines.push(`  and ${issues.length - MOST_SHOWN} more, which are in its issues`);
  return `The configuration for profile "${profile}" has ${count}:\n${lines.join("\n")}`;
}
