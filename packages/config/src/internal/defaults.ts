import { coerce } from "./coerce.ts";
import type { Unwrapped } from "./shape.ts";
import { type Schema, type Validation, validateSync } from "./zod.ts";

/** What is looked at of a field. */
interface Defaulted {
  readonly path: string;
  readonly schema: Schema;
  readonly expected: string;
  readonly fallback: (() => unknown) | undefined;
  readonly defaultIn: ReadonlyMap<string, unknown>;
}

/**
 * Checks the defaults of a field when its schema is read, and not in the one environment that has no other value.
 *
 * @throws TypeError naming the field; a value is never told
 */
export function checkDefaults(field: Defaulted, { defaulted, transforms }: Unwrapped): void {
  const fail = (key: string): never => {
    throw new TypeError(`schema: ${key} of ${field.path} is refused by its own schema; expected ${field.expected}`);
  };
  // The default of a transform is one of its outputs, about which the schema says nothing.
  if (defaulted?.prefault === true && isRefused(field.schema, () => undefined)) fail("default");
  if (defaulted?.prefault === false && !transforms && isRefused(defaulted.inner, field.fallback)) fail("default");
  for (const [profile, value] of field.defaultIn) {
    let refused = false;
    const read = (): unknown =>
      coerce(value, field.schema, () => {
        refused = true;
      });
    if (isRefused(field.schema, read) || refused) fail(`defaultIn.${profile}`);
  }
}

// What cannot be had or checked at once is left to the load, which tells it.
function isRefused(schema: Schema, value: (() => unknown) | undefined): boolean {
  let result: Validation;
  try {
    result = validateSync(schema, value?.());
  } catch {
    return false;
  }
  return "issues" in result;
}
