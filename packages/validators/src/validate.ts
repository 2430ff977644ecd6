import { MOST_ISSUES } from "./internal/issues.ts";
import { isTooDeep, outputOf, settle, standardOf, tooDeep } from "./internal/standard.ts";
import { isAsyncError, isOwnSchema, run } from "./internal/zod.ts";
import type { OutputOf, StandardSchema } from "./standard-schema.ts";

/**
 * Returns the output of `schema` for `input`, or throws a {@link ValidationError} with the JSON Pointer of every problem.
 *
 * Prevents an error of the schema library from reaching a client or a log with the refused password quoted in it: a
 * message that repeats any of the input is replaced by what was expected. At most 100 issues are kept, so that a body
 * with a million faults does not cause a huge response. A zod schema is compiled on its second use, unless zod's
 * `jitless` setting forbids it; its checks may then run twice on an input that they refuse.
 *
 * @throws VALIDATION_FAILED if the schema refuses the input, or the input is nested too deeply for it
 * @throws TypeError if `schema` is not a Standard Schema, or needs `validateAsync`
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
    result.catch(() => undefined); // its result is not used, and a rejection must not end the process
  } catch (error) {
    if (isTooDeep(error)) throw tooDeep(vendor);
    if (!isAsyncError(error)) throw error;
  }
  throw new TypeError("schema is asynchronous; use validateAsync");
}
