import { coerce } from "./coerce.ts";
import type { Unwrapped } from "./shape.ts";
import { type Schema, type Validation, validateSync } from "./zod.ts";

/** The parts of a field that are checked. */
interface Defaulted {
  readonly path: string;
  readonly schema: Schema;
  readonly expected: string;
  readonly fallback: (() => unknown) | undefined;
  readonly defaultIn: ReadonlyMap<string, unknown>;
}

/**
 * Checks the defaults of a field when its schema is read. Otherwise, a wrong default would fail only in an environment that
 * uses it.
 *
 * @throws TypeError that names the field and does not show the value
 */
export function checkDefaults(field: Defaulted, { defaulted, transforms }: Unwrapped): void {
  const fail = (key: string): never => {
    throw new TypeError(`schema: ${key} of ${field.path} is refused by its own schema; expected ${field.expected}`);
  };
  // The default of a transform is an output, which the schema cannot check.
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

// A default that cannot be computed or checked synchronously is left to the load, which reports it.
function isRefused(schema: Schema, value: (() => unknown) | undefined): boolean {
  let result: Validation;
  try {
    result = validateSync(schema, value?.());
  } catch {
    return false;
  }
  return "issues" in result;
}
