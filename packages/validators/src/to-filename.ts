import { checkOptions, showValue } from "@seaworthy/core/options";
import { BIDI_CONTROL } from "./internal/characters.ts";
import { segmentFault } from "./internal/segment.ts";
import { withoutZeroWidth } from "./internal/zero-width.ts";

/** Options of {@link toFilename}. */
export interface ToFilenameOptions {
  /** The result if nothing of the name is left. It must be a name that `filename()` accepts. @default "file" */
  fallback?: string;
}

const OPTIONS = ["fallback"];
const MOST_BYTES = 255;
const LONGEST = 4096;
const LONGEST_EXTENSION = 16;
const BREAKS_NAMES = /[\p{Cc}\u2028\u2029\ufffd<>:"|?*%]/gu;
// Full-width and other compatibility forms too, which some file systems turn into the plain ones.
const BREAKS_PATHS = /[/\\\uff0f\uff3c\u2044\u2215\u29f8\u29f9\ufe68]/gu;
const TELLING = /[\p{L}\p{N}\p{S}]/u;
const OUTER = /^[\s.]+|[\s.]+$/gu;

/**
 * Turns any string, such as the name that a client gave to an upload, into a name that {@link filename} accepts. The
 * result is in Unicode normalization form C. Folders in front are removed, characters with a meaning for a file system,
 * a shell or a URL become `_`, and a long name is cut before its extension. Two strings can give the same name, so store
 * files under a name of your own, and keep this name for display and for `Content-Disposition`.
 *
 * @param text - only the last 4096 characters are used
 * @throws TypeError if `text` is not a string or `fallback` is not a file name
 * @example
 * ```ts
 * import { toFilename } from "@seaworthy/validators";
 * console.log(toFilename("C:\\fakepath\\Q3: Umsätze?.xlsx")); // Q3_ Umsätze_.xlsx
 * console.log(toFilename("../../etc/passwd"), toFilename("con.txt"), toFilename("...")); // passwd _con.txt file
 * ```
 */
export function toFilename(text: string, options: ToFilenameOptions = {}): string {
  checkOptions("toFilename", options, OPTIONS);
  const { fallback = "file" } = options;
  if (typeof text !== "string") throw new TypeError(`text must be a string; got ${showValue(text)}`);
  if (typeof fallback !== "string" || segmentFault(fallback, false) !== undefined)
    throw new TypeError(`fallback must be the name of a file; got ${showValue(fallback)}`);
  const last = text.slice(-LONGEST).toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const plain = withoutZeroWidth(last.replace(new RegExp(BIDI_CONTROL, "gu"), ""))
    .normalize("NFC")
    .replace(BREAKS_NAMES, "_")
    .replace(BREAKS_PATHS, "_")
    .replace(OUTER, "");
  if (!TELLING.test(plain)) return fallback;
  for (const candidate of [cut(plain), cut(`_${plain}`), cut(`_${plain.replace(/[^\p{L}\p{N}._ -]/gu, "_")}`)]) {
    if (TELLING.test(candidate) && segmentFault(candidate, false) === undefined) return candidate;
  }
  return fallback;
}

/** The name within 255 bytes, with its extension, and without half a character. */
function cut(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= LONGEST_EXTENSION ? name.slice(dot) : "";
  const room = MOST_BYTES - Buffer.byteLength(extension);
  const { read } = new TextEncoder().encodeInto(name.slice(0, name.length - extension.length), new Uint8Array(room));
  return withoutZeroWidth(name.slice(0, read).replace(OUTER, "") + extension);
}
