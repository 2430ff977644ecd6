import { isSecret, type Secret, secret } from "@seaworthy/core";
import { boundedString, checkOptions, integer } from "@seaworthy/core/options";
import { isGuessable, isOneCharacter, isPattern } from "../internal/weak.ts";
import { createField, type FieldSchema, type Refusal, refuse } from "../internal/zod.ts";

/** Options of {@link secretText}. */
export interface SecretTextOptions {
  /** Fewest bytes in UTF-8. @default 1 */
  minBytes?: number;
  /** A value that documents show; it is refused. @default none */
  example?: string;
}

/**
 * A secret: a string that comes out as core's `Secret` and is shown nowhere. One that is too short, one repeated
 * character, a well-known default or placeholder, or the example's own value is refused.
 *
 * @throws TypeError if an option is unknown or not of its type
 * @example
 * ```ts
 * import { secretText } from "@seaworthy/config";
 * const key = secretText({ minBytes: 16 }).parse("Zk3v9Qw1LmX8c0Tr");
 * console.log(`${key}`, key.reveal().length); // [redacted] 16
 * ```
 */
export function secretText(options: SecretTextOptions = {}): FieldSchema<Secret<string>, string | Secret<string>> {
  checkOptions("secretText", options, ["minBytes", "example"]);
  if (options.minBytes !== undefined) integer("secretText: minBytes", options.minBytes, 1, 65_536);
  if (options.example !== undefined) boundedString("secretText: example", options.example, 1, 65_536);
  const { minBytes = 1, example } = options;
  const size = minBytes === 1 ? "" : ` of at least ${minBytes} bytes`;
  const expected = `a secret${size}`;
  // JSON Schema counts characters, each of which has up to four bytes.
  const json = { type: "string", writeOnly: true, ...(minBytes > 4 ? { minLength: Math.ceil(minBytes / 4) } : {}) };
  return createField({ kind: "secretText", expected, secret: "value", json }, (value) => {
    const text = isSecret(value) ? value.reveal() : value;
    if (typeof text !== "string" || text === "") return refuse({ expected });
    const fault = weakness(text, minBytes, example);
    return fault === undefined
      ? secret(value as string | Secret<string>)
      : refuse({ ...fault, expected, problem: "weak" });
  });
}

function weakness(text: string, minBytes: number, example: string | undefined): Pick<Refusal, "hint"> | undefined {
  const make = `make one with: openssl rand -base64 ${Math.max(24, Math.ceil(minBytes / 24) * 24)}`;
  if (Buffer.byteLength(text) < minBytes) return { hint: `it has fewer bytes; ${make}` };
  if (text === example) return { hint: `it is the example's own value; ${make}` };
  if (text.length > 1 && isOneCharacter(text)) return { hint: `it is one character over and over; ${make}` };
  if (isPattern(text)) return { hint: `it follows a simple pattern; ${make}` };
  return isGuessable(text) ? { hint: `it is a well-known default; ${make}` } : undefined;
}
