import type { Schema } from "../internal/zod.ts";
import { type Invocation, UsageError, writeJson } from "./invocation.ts";
import { printIssues, resolve } from "./resolve.ts";

/** `check`: exits with 0 if the configuration is valid, and else with 1. */
export async function check(schema: Schema, invocation: Invocation): Promise<number> {
  const { values, rest, io } = invocation;
  if (rest.length > 0) throw new UsageError(`check takes no argument; got ${JSON.stringify(rest[0])}`);
  const result = await resolve(schema, invocation);
  const { issues, state } = result;
  const { profile, model } = state;
  const valid = issues.length === 0;
  if (values.json === true) writeJson(io, { profile, valid, issues });
  else if (valid) io.out(`The configuration for profile "${profile}" is valid: ${model.fields.length} values.\n`);
  else printIssues(result, invocation);
  return valid ? 0 : 1;
}
