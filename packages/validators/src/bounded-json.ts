import { isArrayBuffer } from "node:util/types";
import { type ByteSize, toBytes } from "@seaworthy/core";
import { checkOptions, integer } from "@seaworthy/core/options";
import { failure } from "./errors.ts";
import { scanJson } from "./internal/scan-json.ts";

/** Limits of {@link boundedJson}. */
export interface BoundedJsonOptions {
  /** UTF-8 bytes of the whole text, at most 256 MiB. @default "1mb" */
  bytes?: ByteSize;
  /** Arrays and objects inside one another, 1 to 1000; a number or text alone has depth 0. @default 32 */
  depth?: number;
  /** Members of all objects together. @default 10_000 */
  keys?: number;
}

const BYTES = "1mb";
const MOST_BYTES = 268_435_456;
const DEPTH = 32;
const MOST_DEPTH = 1000;
const KEYS = 10_000;

/**
 * The value that a JSON text (RFC 8259) writes, once a scan without recursion has found it within its limits.
 *
 * Prevents a small body from costing a lot later: nesting that walks recursive code off the stack (validators, cloners,
 * loggers), millions of members, and the names through which a merge changes every object of the process
 * (CWE-1321): `__proto__`, and `prototype` inside `constructor`, also when written with escapes. Bytes must be
 * well-formed UTF-8. The limits hold before anything is parsed; the error never quotes the text. Codes: `invalid_type`,
 * `too_big`, `too_deep`, `too_many_keys`, `forbidden_key`, `invalid_json`.
 *
 * @param text - text, or its bytes in UTF-8
 * @throws VALIDATION_FAILED when the text is not JSON or over a limit
 * @throws TypeError when an option is out of its bounds
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
  checkOptions("boundedJson", options, ["bytes", "depth", "keys"]);
  const bytes = integer("bytes", toBytes(options.bytes ?? BYTES, "bytes"), 1, MOST_BYTES);
  const depth = integer("depth", options.depth ?? DEPTH, 1, MOST_DEPTH);
  const keys = integer("keys", options.keys ?? KEYS, 0);
  const source = decoded(isArrayBuffer(text) ? new Uint8Array(text) : text, bytes);
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
  // A UTF-16 unit makes one to three bytes, so most texts need no count.
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
  return position === undefined ? "" : `: it goes wrong at character ${position}`;
}
