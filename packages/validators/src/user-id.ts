import { checkOptions, integer } from "@seaworthy/core/options";
import { isInherited } from "./internal/inherited-name.ts";
import { refuse } from "./internal/refusal.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link userId}. */
export interface UserIdOptions {
  /** The most characters, 1 to 255. @default 128 */
  max?: number;
}

const OPTIONS = ["max"];
const MOST = 128;
const CEILING = 255;
const EDGE = /^[A-Za-z0-9]$/;
const USER_ID = /^[A-Za-z0-9._:|@+~-]+$/;
const ACCIDENTS = new Set(["undefined", "null", "nan", "true", "false", "none", "nil", "0"]);

/**
 * A schema for the id of a user as identity providers write it: a number, a UUID, `auth0|5f7c`, `ada@example.com`. It is
 * ASCII with a letter or digit at both ends. The output is the same string.
 *
 * Prevents ids that are accidents (`"undefined"`, `"null"`, `"NaN"`, `"0"`, `"[object Object]"`), under which the records
 * of all users without an id would be mixed, and ids that break out of a path, a key or a log line (`../`, white space,
 * line breaks, look-alike letters). Case is kept, so compare ids exactly. Codes: `too_big`, `user_id`, `reserved`.
 *
 * @throws TypeError if an option is out of its bounds
 * @example
 * ```ts
 * import { userId } from "@seaworthy/validators";
 * console.log(userId().safeParse("auth0|5f7c8ec7").success, userId().safeParse(String(undefined)).success); // true false
 * ```
 */
export function userId(options: UserIdOptions = {}): Schema<string> {
  checkOptions("userId", options, OPTIONS);
  const { max = MOST } = options;
  integer("max", max, 1, CEILING);
  return textSchema((text) => {
    if (text.length > max) return refuse("too_big", `must have ${max} characters or fewer`);
    const sound = USER_ID.test(text) && EDGE.test(text.charAt(0)) && EDGE.test(text.at(-1) ?? "");
    if (!sound || text.includes("..")) return refuse("user_id", "must be an id of letters, digits and . _ : | @ + ~ -");
    return ACCIDENTS.has(text.toLowerCase()) || isInherited(text)
      ? refuse("reserved", "must not be a placeholder for a missing id")
      : text;
  });
}
