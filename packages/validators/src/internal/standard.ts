import { showValue } from "@seaworthy/core/options";
import { ValidationError } from "../errors.ts";
import type { StandardResult, StandardSchema } from "../standard-schema.ts";
import { rejectedEvent } from "../telemetry.ts";
import { cleanIssue, MOST_ISSUES } from "./issues.ts";
import type { RawIssue } from "./raw-issue.ts";
import type { Outcome } from "./zod.ts";

/** Returns the interface of a Standard Schema. @throws TypeError if `schema` is not one */
export function standardOf(schema: unknown): StandardSchema["~standard"] {
  // A schema of arktype is a function.
  const isHolder = typeof schema === "function" || (typeof schema === "object" && schema !== null);
  const { "~standard": standard }: Partial<StandardSchema> = isHolder ? schema : {};
  if (typeof standard?.validate !== "function")
    throw new TypeError(
      `schema must be a Standard Schema, such as one of zod, valibot or arktype; got ${showValue(schema)}`,
    );
  return standard;
}

/** Returns the output of a schema of another library, or throws its issues. */
export function settle(vendor: string, result: StandardResult, input: unknown): unknown {
  if (result.issues === undefined) return result.value;
  throw refusal(vendor, result.issues, result.issues.length, input);
}

/** Returns the output of a schema of the same copy of zod, or throws its issues. */
export function outputOf(vendor: string, outcome: Outcome, input: unknown): unknown {
  if (outcome.ok) return outcome.value;
  throw refusal(vendor, outcome.issues, outcome.total, input);
}

function refusal(vendor: string, issues: readonly RawIssue[], total: number, input: unknown): ValidationError {
  if (rejectedEvent.active) rejectedEvent.emit({ vendor }, undefined, { issues: total });
  const kept = issues.slice(0, MOST_ISSUES);
  return new ValidationError(
    kept.map((issue) => cleanIssue(issue, input)),
    total - kept.length,
  );
}

/** Returns whether a recursive schema overflowed the stack. The input causes that, so the status is 422 and not 500. */
export function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}

export function tooDeep(vendor: string): ValidationError {
  return refusal(vendor, [{ code: "too_deep", message: "is nested too deeply" }], 1, undefined);
}
