import { formatIssue } from "../errors.ts";
import { checkLoadOptions } from "../internal/load-options.ts";
import { type Resolved, resolveConfig } from "../internal/resolve.ts";
import type { Schema } from "../internal/zod.ts";
import { type Invocation, loadOptions, UsageError } from "./load-schema.ts";

/** `check`: exit code 0 when the configuration is valid, else 1. */
export async function check(schema: Schema, invocation: Invocation): Promise<number> {
  const { values, rest, io } = invocation;
  if (rest.length > 0) throw new UsageError(`check takes no argument; got ${JSON.stringify(rest[0])}`);
  const { run } = await resolved(schema, invocation);
  if (values.json === true) {
    io.out(
      `${JSON.stringify({ profile: run.profile, valid: run.issues.length === 0, issues: run.issues }, null, 2)}\n`,
    );
  } else if (run.issues.length === 0) {
    io.out(`The configuration for profile "${run.profile}" is valid: ${run.model.fields.length} values.\n`);
  } else printIssues({ run }, invocation);
  return run.issues.length === 0 ? 0 : 1;
}

/** Resolves with the options of the command line; warnings go to standard error. */
export async function resolved(schema: Schema, invocation: Invocation): Promise<Resolved> {
  const options = loadOptions(invocation);
  checkLoadOptions("seaworthy-config", options);
  const result = await resolveConfig(schema, options);
  for (const warning of result.run.warnings) options.onWarning?.(warning);
  return result;
}

/** Writes every problem to standard error. */
export function printIssues({ run }: Resolved, { io }: Invocation): void {
  const count = run.issues.length === 1 ? "1 problem" : `${run.issues.length} problems`;
  io.err(`The configuration for profile "${run.profile}" has ${count}:\n`);
  for (const issue of run.issues) io.err(`  ${formatIssue(issue).replaceAll("\n", "\n  ")}\n`);
}
