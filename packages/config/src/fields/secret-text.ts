import { isSecret, type Secret, secret } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, integer } from "@seaworthy/core/options";
import { isGuessable, isOneCharacter, isPattern } from "../internal/weak.ts";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/** Options of {@link secretText}. */
export interface SecretTextOptions {
  /** The fewest bytes in UTF-8. @default 1 */
  minBytes?: number;
  /** An example value from the documentation, which is refused. @default none */
  example?: string;
}

const OPTIONS = ["minBytes", "example"];

/**
 * A secret string. The output is core's `Secret`, which does not show its content. A secret is refused if it is too short,
 * one repeated character, a simple pattern, a well-known default or placeholder, or equal to the example.
 *
 * @throws TypeError if an option is unknown or has the wrong type
 * @example
 * ```ts
 * import { secretText } from "@seaworthy/config";
 * const key = secretText({ minBytes: 16 }).parse("Zk3v9Qw1LmX8c0Tr");
 * console.log(`${key}`, key.reveal().length); // [redacted] 16
 * ```
 */
export function secretText(options: SecretTextOptions = {}): FieldSchema<Secret<string>, string | Secret<string>> {
  checkOptions("secretText", options, OPTIONS);
  if (options.minBytes !== undefined) integer("secretText: minBytes", options.minBytes, 1, 65_536);
  if (options.example !== undefined) boundedString("secretText: example", options.example, 1, 65_536);
  const { minBytes = 1, example } = options;
  const size = minBytes === 1 ? "" : ` of at least ${minBytes} bytes`;
  const expected = `a secret${size}`;
  // JSON Schema counts characters, each of which has up to four bytes.
  const minLength = minBytes > 4 ? Math.ceil(minBytes / 4) : undefined;
  const json = withoutUndefined({ type: "string", writeOnly: true, minLength });
  return createField({ kind: "secretText", expected, secret: "value", json }, (value) => {
    const text: unknown = isSecret(value) ? value.reveal() : value;
    if (typeof text !== "string" || text === "") return refuse({ expected });
    const hint = weakness(text, minBytes, example);
    if (hint !== undefined) return refuse({ expected, hint, problem: "weak" });
    // A given secret is kept, so that code which compares secrets by identity still works.
    return secret(value as string | Secret<string>);
  });
}

/** Returns why a secret is too weak and what to do, or undefined. */
function weakness(text: string, minBytes: number, example: string | undefined): string | undefined {
  const advice = `generate one with: openssl rand -base64 ${Math.max(24, Math.ceil(minBytes / 24) * 24)}`;
  if (Buffer.byteLength(text) < minBytes) return `it has fewer bytes; ${advice}`;
  if (text === example) return `it is the value of the example; ${advice}`;
  if (text.length > 1 && isOneCharacter(text)) return `it is one repeated character; ${advice}`;
  if (isPattern(text)) return `it follows a simple pattern; ${advice}`;
  return isGuessable(text) ? `it is a well-known default; ${advice}` : undefined;
}
