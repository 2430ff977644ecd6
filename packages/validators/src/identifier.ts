import { checkOptions, integer } from "@seaworthy/core/options";
import { isInherited } from "./internal/inherited-name.ts";
import { refuse } from "./internal/refusal.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link identifier}. */
export interface IdentifierOptions {
  /** The most characters, 1 to 1024. @default 64 */
  max?: number;
}

const OPTIONS = ["max"];
const MOST = 64;
const CEILING = 1024;
const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * A schema for names that programs use: an ASCII letter, then letters, digits, `_` and `-`. The output is the same name.
 *
 * Prevents names with a special meaning in a path, a URL, a log line or a shell, and names such as `__proto__` and
 * `constructor`, which every object seems to have as a key. Because only ASCII is accepted, look-alike letters are
 * refused too. Codes: `too_big`, `identifier`, `reserved`.
 *
 * @throws TypeError if an option is out of its bounds
 * @example
 * ```ts
 * import { identifier } from "@seaworthy/validators";
 * console.log(identifier().safeParse("order-items").success, identifier().safeParse("constructor").success); // true false
 * ```
 */
export function identifier(options: IdentifierOptions = {}): Schema<string> {
  checkOptions("identifier", options, OPTIONS);
  const { max = MOST } = options;
  integer("max", max, 1, CEILING);
  return textSchema((text) => {
    if (text.length > max) return refuse("too_big", `must have ${max} characters or fewer`);
    if (!IDENTIFIER.test(text)) return refuse("identifier", "must begin with a letter and have only A-Z a-z 0-9 _ -");
    return isInherited(text) ? refuse("reserved", "must not be a name that every object inherits") : text;
  });
}
