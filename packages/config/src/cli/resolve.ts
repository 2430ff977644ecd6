import { formatIssue } from "../errors.ts";
import { checkLoadOptions } from "../internal/load-options.ts";
import { type Resolved, resolveConfig } from "../internal/resolve.ts";
import type { Schema } from "../internal/zod.ts";
import { type Invocation, loadOptions } from "./invocation.ts";

/** Loads the configuration with the options of the command line. Warnings are written to standard error. */
export async function resolve(schema: Schema, invocation: Invocation): Promise<Resolved> {
  const options = loadOptions(invocation);
  checkLoadOptions("seaworthy-config", options);
  const result = await resolveConfig(schema, options);
  for (const warning of result.state.findings.warnings) options.onWarning?.(warning);
  return result;
}

/** Writes every problem to standard error. */
export function printIssues({ state, issues }: Resolved, { io }: Invocation): void {
  const count = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
  io.err(`The configuration for profile "${state.profile}" has ${count}:\n`);
  for (const issue of issues) io.err(`  ${formatIssue(issue).replaceAll("\n", "\n  ")}\n`);
}
