import { randomInt } from "node:crypto";
import { type Secret, secret } from "@seaworthy/core";
import { checkOptions, integer } from "@seaworthy/core/options";
import { shown } from "./internal/check.ts";

/** Options of {@link generateSecret}. */
export interface GenerateOptions {
  /** Characters, 8 to 4096. @default 32 */
  length?: number;
  /** The characters to choose from, each of them once; at least 2. @default A to Z, a to z, 0 to 9 */
  alphabet?: string;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * A random string, each character chosen independently and with equal probability by the system's generator.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { generateSecret } from "@seaworthy/vault";
 * console.log(generateSecret({ length: 24 }).reveal().length); // 24
 * ```
 */
export function generateSecret(options: GenerateOptions = {}): Secret<string> {
  checkOptions("generateSecret", options, ["length", "alphabet"]);
  const length = integer("length", options.length ?? 32, 8, 4096);
  const { alphabet = ALPHABET } = options;
  const characters = typeof alphabet === "string" ? [...alphabet] : [];
  if (characters.length < 2 || new Set(characters).size < characters.length)
    throw new TypeError(`alphabet must be a string of at least 2 different characters; got ${shown(alphabet)}`);
  return secret(Array.from({ length }, () => characters[randomInt(characters.length)]).join(""));
}
