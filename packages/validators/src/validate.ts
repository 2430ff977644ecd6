import { showValue } from "@seaworthy/core/options";
import { ValidationError } from "./errors.ts";
import { cleanIssue, MOST_ISSUES, type RawIssue } from "./internal/issues.ts";
import { isAsyncError, isOwnSchema, type Outcome, run, runAsync } from "./internal/zod.ts";
import { rejected } from "./telemetry.ts";

/** A schema of any library that follows Standard Schema 1: zod, valibot, arktype and others. */
export interface StandardSchema<Out = unknown, In = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Out> | Promise<StandardResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

/** What a Standard Schema answers. */
export type StandardResult<Out = unknown> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** The type of what a schema lets through. */
export type OutputOf<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

/**
 * What `schema` makes of `input`, or a {@link ValidationError} with every problem at its JSON pointer.
 *
 * Prevents an error of the schema library from reaching a client, or a log, with the refused password quoted in it:
 * a message that repeats any of the input is replaced by what was expected. At most 100 issues are kept, so that a body
 * of a million faults makes no reply of a hundred megabytes. A zod schema is compiled on its second use, unless zod's
 * `jitless` setting forbids it; its checks may then run twice on an input that they refuse.
 *
 * @throws VALIDATION_FAILED when the schema refuses the input, or the input is nested too deeply for it
 * @throws TypeError when `schema` is not a Standard Schema, or needs {@link validateAsync}
 * @example
 * ```ts
 * import { isValidationError, validate } from "@seaworthy/validators";
 * import * as z from "zod";
 * const order = z.object({ items: z.array(z.object({ qty: z.int() })) });
 * try {
 *   validate(order, { items: [{ qty: "two" }] });
 * } catch (error) {
 *   if (isValidationError(error)) console.log(error.issues[0]?.path); // /items/0/qty
 * }
 * ```
 */
export function validate<S extends StandardSchema>(schema: S, input: unknown): OutputOf<S> {
  const { vendor, validate: ask } = standardOf(schema);
  try {
    if (isOwnSchema(schema)) return outputOf(vendor, run(schema, input, MOST_ISSUES), input);
    const result = ask(input);
    if (!(result instanceof Promise)) return settle(vendor, result, input);
    result.catch(() => undefined); // nobody will look at it
  } catch (error) {
    if (isTooDeep(error)) throw tooDeep(vendor);
    if (!isAsyncError(error)) throw error;
  }
  throw new TypeError("schema is asynchronous: use validateAsync");
}

/**
 * As {@link validate}, for schemas with asynchronous checks.
 *
 * @throws VALIDATION_FAILED when the schema refuses the input, or the input is nested too deeply for it
 * @throws TypeError when `schema` is not a Standard Schema
 * @example
 * ```ts
 * import { validateAsync } from "@seaworthy/validators";
 * import * as z from "zod";
 * const name = z.string().refine(async (text) => text !== "taken");
 * console.log(await validateAsync(name, "free")); // free
 * ```
 */
export async function validateAsync<S extends StandardSchema>(schema: S, input: unknown): Promise<OutputOf<S>> {
  const { vendor, validate: ask } = standardOf(schema);
  try {
    if (isOwnSchema(schema)) return outputOf(vendor, await runAsync(schema, input, MOST_ISSUES), input);
    return settle(vendor, await ask(input), input);
  } catch (error) {
    throw isTooDeep(error) ? tooDeep(vendor) : error;
  }
}

function standardOf(schema: unknown): StandardSchema["~standard"] {
  // A schema of arktype is a function.
  const held = typeof schema === "function" || (typeof schema === "object" && schema !== null);
  const standard = held ? (schema as Partial<StandardSchema>)["~standard"] : undefined;
  if (typeof standard?.validate !== "function")
    throw new TypeError(
      `schema must be a Standard Schema, such as one of zod, valibot or arktype; got ${showValue(schema)}`,
    );
  return standard;
}

function settle(vendor: string, result: StandardResult, input: unknown): unknown {
  if (result.issues === undefined) return result.value;
  throw refusal(vendor, result.issues, result.issues.length, input);
}

function outputOf(vendor: string, outcome: Outcome, input: unknown): unknown {
  if (outcome.ok) return outcome.value;
  throw refusal(vendor, outcome.issues, outcome.total, input);
}

function refusal(vendor: string, issues: readonly RawIssue[], total: number, input: unknown): ValidationError {
  if (rejected.active) rejected.emit({ vendor }, undefined, { issues: total });
  const kept = issues.slice(0, MOST_ISSUES);
  return new ValidationError(
    kept.map((issue) => cleanIssue(issue, input)),
    total - kept.length,
  );
}

// A recursive schema that walks off the stack is the input's doing: 422, not 500.
function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}

function tooDeep(vendor: string): ValidationError {
  return refusal(vendor, [{ code: "too_deep", message: "is nested too deeply" }], 1, undefined);
}
