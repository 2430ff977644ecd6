import { createHash } from "node:crypto";
import type { ParsedLine } from "../../destinations/destination.ts";
import { isShownError, type ShownError } from "../console/errors.ts";

const DIGITS = 16;
const MOST_CAUSES = 5;
// What a message says before it is cut; far more than tells two kinds of errors apart.
const LONGEST_MESSAGE = 300;

const FRAME = /^\s*at (?:async )?(?:new )?(?:(.*?) \()?(.*?)(?::\d+)?(?::\d+)?\)?$/;
// A frame is a line of text that anything may have written; longer ones would cost too much to match.
const LONGEST_FRAME = 512;
/** A content hash in the name of a bundled file, such as in `chunk-4FA2B9C1.js`. */
const CONTENT_HASH = /[-.](?=\w*\d)\w{6,}(?=\.[cm]?js$)/;

/** Parts of a message that differ from one occurrence to the next. */
const VARIABLE_PARTS: readonly RegExp[] = [
  /"[^"]*"|'[^']*'|`[^`]*`/g, // quoted values
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, // UUIDs
  /\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, // hexadecimal ids
  /\d+(?:\.\d+)*/g, // numbers, addresses and durations
];

/** Returns the error of a line: the one under `err` or `error`, or under the first other name. */
export function errorOf({ fields }: ParsedLine): ShownError | undefined {
  for (const key of ["err", "error", ...Object.keys(fields)]) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (isShownError(value) && (key === "err" || key === "error" || typeof value.stack === "string")) return value;
  }
  return undefined;
}

/**
 * Returns a name for the kind of failure that a line reports. It depends on the code or the class of the error and of its
 * causes, and on the functions and files of the topmost frames of the service itself. It does not depend on line numbers,
 * directories, or values in messages. A line without an error is named by the constant parts of its message.
 */
export function fingerprintOf(line: ParsedLine, frames: number): string {
  const error = errorOf(line);
  const parts = error === undefined ? [constantParts(line.message ?? "")] : partsOf(error, frames);
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, DIGITS);
}

function partsOf(error: ShownError, frames: number): string[] {
  const places = placesOf(error.stack, frames);
  // Without frames, only the message is left to tell two errors of one class apart.
  const parts = [nameOf(error), ...(places.length > 0 ? places : [constantParts(error.message)])];
  let cause = error.cause;
  for (let depth = 0; depth < MOST_CAUSES && isShownError(cause); depth++) {
    parts.push(nameOf(cause));
    cause = cause.cause;
  }
  return parts;
}

const nameOf = ({ code, type }: ShownError): string => (typeof code === "string" && code !== "" ? code : type);

/** The topmost frames of the service itself; those of packages and Node.js if there are no others. */
function placesOf(stack: unknown, most: number): string[] {
  if (typeof stack !== "string") return [];
  const all: string[] = [];
  const own: string[] = [];
  for (const text of stack.split("\n")) {
    const [, caller = "", path = ""] = FRAME.exec(text.slice(0, LONGEST_FRAME)) ?? [];
    if (path === "") continue;
    // The directories before the last two segments differ from one deployment to the next.
    const segments = path.replace(/[?#].*$/, "").split(/[/\\]/);
    const file = segments.slice(-2).join("/").replace(CONTENT_HASH, "");
    const place = `${caller.replace(/ \[as .*\]$/, "")} ${file}`;
    all.push(place);
    if (!path.startsWith("node:") && !path.includes("node_modules")) own.push(place);
  }
  return (own.length > 0 ? own : all).slice(0, most);
}

function constantParts(message: string): string {
  let text = message.slice(0, LONGEST_MESSAGE);
  for (const pattern of VARIABLE_PARTS) text = text.replace(pattern, "*");
  return text;
}
