import { checkOptions, integer } from "@seaworthy/core/options";
import { refuse } from "./internal/refusal.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link identifier}. */
export interface IdentifierOptions {
  /** The most characters, 1 to 1024. @default 64 */
  max?: number;
}

const MOST = 64;
const CEILING = 1024;
const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * A schema for names that programs use: an ASCII letter, then letters, digits, `_` and `-`. It comes back as it is.
 *
 * Prevents names that mean something where they end up: in a path, a URL, a log line, a shell, or as the key of an
 * object, where `__proto__`, `constructor` and whatever else every object has would be found without being there. ASCII
 * alone also keeps out look-alikes. Codes: `too_big`, `identifier`, `reserved`.
 *
 * @throws TypeError when an option is out of its bounds
 * @example
 * ```ts
 * import { identifier } from "@seaworthy/validators";
 * console.log(identifier().safeParse("order-items").success, identifier().safeParse("constructor").success); // true false
 * ```
 */
export function identifier(options: IdentifierOptions = {}): Schema<string> {
  checkOptions("identifier", options, ["max"]);
  const max = integer("max", options.max ?? MOST, 1, CEILING);
  return textSchema((text) => {
    if (text.length > max) return refuse("too_big", `must have ${max} characters or fewer`);
    if (!IDENTIFIER.test(text)) return refuse("identifier", "must begin with a letter and have only A-Z a-z 0-9 _ -");
    return isInherited(text) ? refuse("reserved", "must not be a name that every object has") : text;
  });
}

/** Whether every plain object seems to have a member of this name. */
export function isInherited(name: string): boolean {
  return name in Object.prototype || name === "prototype";
}
