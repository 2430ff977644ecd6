import { isArrayBuffer } from "node:util/types";
import { type ByteSize, toBytes } from "@seaworthy/core";
import { checkOptions, integer } from "@seaworthy/core/options";
import { failure } from "./internal/failure.ts";
import { scanJson } from "./internal/scan-json.ts";

/** Options of {@link boundedJson}. */
export interface BoundedJsonOptions {
  /** The most UTF-8 bytes of the whole text, at most 256 MiB. @default "1mb" */
  bytes?: ByteSize;
  /** Levels of arrays and objects, 1 to 1000. A number or a string alone has depth 0. @default 32 */
  depth?: number;
  /** The most members, counted over all objects. @default 10_000 */
  keys?: number;
}

const OPTIONS = ["bytes", "depth", "keys"];
const BYTES = "1mb";
const MOST_BYTES = 268_435_456;
const DEPTH = 32;
const MOST_DEPTH = 1000;
const KEYS = 10_000;

/**
 * Parses a JSON text (RFC 8259) after a scan without recursion has shown that the text is within the limits.
 *
 * Prevents a small body from being expensive later: nesting that overflows the stack of recursive code (validators,
 * cloners, loggers), millions of members, and the names through which a merge can change every object of the process
 * (CWE-1321): `__proto__`, and `prototype` inside `constructor`, also if they are written with escapes. Bytes must be
 * well-formed UTF-8. The limits are checked before the text is parsed, and the error never quotes the text. Codes:
 * `invalid_type`, `too_big`, `too_deep`, `too_many_keys`, `forbidden_key`, `invalid_json`.
 *
 * @param text - a string, or its bytes in UTF-8
 * @throws VALIDATION_FAILED if the text is not JSON or over a limit
 * @throws TypeError if an option is out of its bounds
 * @example
 * ```ts
 * import { boundedJson, isValidationError } from "@seaworthy/validators";
 * console.log(boundedJson('{"qty":2}', { bytes: "64kib", depth: 8, keys: 100 })); // { qty: 2 }
 * try {
 *   boundedJson("[".repeat(5000));
 * } catch (error) {
 *   if (isValidationError(error)) console.log(error.issues[0]?.code); // too_deep
 * }
 * ```
 */
export function boundedJson(text: string | Uint8Array | ArrayBuffer, options: BoundedJsonOptions = {}): unknown {
  checkOptions("boundedJson", options, OPTIONS);
  const { bytes = BYTES, depth = DEPTH, keys = KEYS } = options;
  const mostBytes = integer("bytes", toBytes(bytes, "bytes"), 1, MOST_BYTES);
  integer("depth", depth, 1, MOST_DEPTH);
  integer("keys", keys, 0);
  const source = decoded(isArrayBuffer(text) ? new Uint8Array(text) : text, mostBytes);
  const found = scanJson(source, depth, keys);
  if (found !== undefined) throw failure(found.code, found.message);
  try {
    return JSON.parse(source);
  } catch (error) {
    throw failure("invalid_json", `must be JSON${placeOf(error)}`);
  }
}

function decoded(text: string | Uint8Array, most: number): string {
  const sound = typeof text === "string" || text instanceof Uint8Array;
  if (!sound) throw failure("invalid_type", "must be JSON text");
  // A UTF-16 unit takes one to three bytes, so the bytes of most texts need not be counted.
  const big =
    text.length > most || (typeof text === "string" && text.length * 3 > most && Buffer.byteLength(text) > most);
  if (big) throw failure("too_big", `must have ${most} bytes or fewer`);
  if (typeof text === "string") return text;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    throw failure("invalid_json", "must be well-formed UTF-8");
  }
}

// The parser's own message quotes the text; its position does not.
function placeOf(error: unknown): string {
  const position = error instanceof Error ? /at position (\d{1,10})\b/.exec(error.message)?.[1] : undefined;
  return position === undefined ? "" : `: the fault is at character ${position}`;
}
