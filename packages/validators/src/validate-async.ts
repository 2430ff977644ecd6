import { MOST_ISSUES } from "./internal/issues.ts";
import { isTooDeep, outputOf, settle, standardOf, tooDeep } from "./internal/standard.ts";
import type { OutputOf, StandardSchema } from "./standard-schema.ts";

let zod: typeof import("./internal/zod.ts") | undefined;

/**
 * Does what `validate` does, for schemas with asynchronous checks. It loads zod when it is first given a zod schema.
 *
 * @throws VALIDATION_FAILED if the schema refuses the input, or the input is nested too deeply for it
 * @throws TypeError if `schema` is not a Standard Schema
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
    if (vendor === "zod") {
      zod ??= await import("./internal/zod.ts");
      if (zod.isOwnSchema(schema)) return outputOf(vendor, await zod.runAsync(schema, input, MOST_ISSUES), input);
    }
    return settle(vendor, await ask(input), input);
  } catch (error) {
    throw isTooDeep(error) ? tooDeep(vendor) : error;
  }
}
