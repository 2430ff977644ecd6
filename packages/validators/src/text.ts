import { type ByteSize, toBytes } from "@seaworthy/core";
import { checkOptions, flag, integer, oneOf, showValue } from "@seaworthy/core/options";
import {
  BIDI_CONTROL,
  CONTROL,
  CONTROL_BUT_BREAKS,
  hidesText,
  NOT_FOR_INTERCHANGE,
  TOO_MANY_MARKS,
  VISIBLE,
} from "./internal/characters.ts";
import { type Refused, refuse } from "./internal/refusal.ts";
import { mixesScripts } from "./internal/scripts.ts";
import { withoutZeroWidth } from "./internal/zero-width.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** An upper bound, or a lower and an upper bound. Both are inclusive. */
export type Bounds<T = number> = T | { readonly min?: T; readonly max?: T };

/** Options of {@link text}. */
export interface TextOptions {
  /** Characters as people count them: an emoji sequence or a letter with its accents counts once. @default `{ min: 1 }` */
  graphemes?: Bounds;
  /** Unicode code points, which PostgreSQL's `varchar(n)` counts. @default no bounds */
  codePoints?: Bounds;
  /** UTF-8 bytes, at most 16 MiB, which indexes, headers and disks count. @default `{ max: "64kib" }` */
  bytes?: Bounds<ByteSize>;
  /** Whether tabs and line breaks (LF, CRLF) are accepted. @default false */
  multiline?: boolean;
  /** Whether white space at both ends is removed before anything is counted. @default false */
  trim?: boolean;
  /**
   * What happens to zero-width characters that do not change what is displayed: `"refuse"` refuses the string with the
   * code `zero_width`, `"strip"` removes the characters. @default "refuse"
   */
  zeroWidth?: "refuse" | "strip";
  /**
   * Whether a word may mix scripts that are not written together, as in `"p\u0430ypal"` with a Cyrillic letter. Latin
   * letters are allowed beside Chinese, Japanese and Korean. Words of one script can still look alike. @default true
   */
  mixedScripts?: boolean;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

const OPTIONS = ["graphemes", "codePoints", "bytes", "multiline", "trim", "zeroWidth", "mixedScripts"];
const MOST_BYTES = 65_536;
const CEILING = 16 * 1_048_576;
const PRINTABLE_ASCII = /^[ -~]*$/;

/**
 * A schema for text that people write, with bounds in named units. The output is in Unicode normalization form C.
 *
 * Refuses characters that deceive readers or break programs: control characters (log and terminal injection),
 * bidirectional overrides and isolates (Trojan Source, CVE-2021-42574), text without a visible character, lone
 * surrogates (which UTF-8 cannot encode), hidden text in tag characters and variation selectors, zero-width characters,
 * which make two different names look alike, and more than 30 combining marks in a row. The length is checked first,
 * because normalizing is quadratic in combining marks. Emoji sequences, and the joiners that Persian and Indic scripts
 * need, are accepted. Codes: `too_big`, `too_small`, `lone_surrogate`, `control_character`, `bidi_control`,
 * `not_for_interchange`, `hidden_text`, `too_many_marks`, `invisible`, `zero_width`, `mixed_scripts`.
 *
 * The empty string is refused unless one of the bounds has a `min` of 0.
 *
 * @throws TypeError if an option is out of its bounds
 * @example
 * ```ts
 * import { text } from "@seaworthy/validators";
 * const displayName = text({ graphemes: 40, bytes: 400 });
 * console.log(displayName.parse("Zoe\u0308")); // Zoë, of three code points
 * console.log(displayName.safeParse("invoice\u202Egpj.exe").success); // false
 * ```
 */
export function text(options: TextOptions = {}): Schema<string> {
  checkOptions("text", options, OPTIONS);
  const units = [
    { name: "characters", range: countRange(options.graphemes, "graphemes"), count: graphemeCount() },
    { name: "code points", range: countRange(options.codePoints, "codePoints"), count: codePointCount },
  ].filter(({ range }) => range.min > 0 || range.max < Number.POSITIVE_INFINITY);
  const bytes = byteRange(options.bytes);
  const { multiline = false, trim = false, zeroWidth = "refuse", mixedScripts = true } = options;
  const control = flag("multiline", multiline) ? CONTROL_BUT_BREAKS : CONTROL;
  flag("trim", trim);
  const strip = oneOf("zeroWidth", zeroWidth, ["refuse", "strip"]) === "strip";
  flag("mixedScripts", mixedScripts);
  const mayBeEmpty = [options.graphemes, options.codePoints, options.bytes].some(startsAtZero);
  const parse = (value: string): string | Refused => {
    // A UTF-16 unit takes at least one UTF-8 byte.
    if (value.length > bytes.max) return tooBig(bytes.max, "bytes");
    const fault = faultOf(value, control);
    if (fault !== undefined) return fault;
    const form = value.normalize("NFC");
    // Composing again can move a joiner to a place where it does not belong, so the result is stripped again.
    const kept = strip ? withoutZeroWidth(withoutZeroWidth(form).normalize("NFC")) : form;
    const normal = trim ? kept.trim() : kept;
    if (normal === "") return mayBeEmpty ? normal : refuse("too_small", "must not be empty");
    if (!VISIBLE.test(normal)) return refuse("invisible", "must contain a visible character");
    if (withoutZeroWidth(normal) !== normal) return refuse("zero_width", "must not contain zero-width characters");
    if (!mixedScripts && mixesScripts(normal)) return refuse("mixed_scripts", "must not mix scripts in one word");
    for (const { name, range, count } of units) {
      const found = outOfRange(normal, name, range, count);
      if (found !== undefined) return found;
    }
    return outOfRange(normal, "bytes", bytes, (whole) => Buffer.byteLength(whole)) ?? normal;
  };
  return textSchema(parse);
}

function faultOf(value: string, control: RegExp): Refused | undefined {
  if (!value.isWellFormed()) return refuse("lone_surrogate", "must not contain half of a surrogate pair");
  if (PRINTABLE_ASCII.test(value)) return undefined;
  if (control.test(value)) return refuse("control_character", "must not contain control characters");
  if (BIDI_CONTROL.test(value)) return refuse("bidi_control", "must not override the direction of writing");
  if (NOT_FOR_INTERCHANGE.test(value))
    return refuse("not_for_interchange", "must contain only characters for interchange");
  if (hidesText(value)) return refuse("hidden_text", "must not contain hidden text");
  if (TOO_MANY_MARKS.test(value)) return refuse("too_many_marks", "must not have more than 30 marks on one character");
  return undefined;
}

function outOfRange(
  value: string,
  name: string,
  range: Range,
  count: (value: string, range: Range) => number,
): Refused | undefined {
  const found = count(value, range);
  if (found > range.max) return tooBig(range.max, name);
  return found < range.min ? refuse("too_small", `must have ${range.min} ${name} or more`) : undefined;
}

function tooBig(max: number, name: string): Refused {
  return refuse("too_big", `must have ${max} ${name} or fewer`);
}

/** Stops counting above the upper bound, and does not count if the number of UTF-16 units decides. */
function graphemeCount(): (value: string, range: Range) => number {
  let segmenter: Intl.Segmenter | undefined;
  return (value, { min, max }) => {
    const decided = value.length <= max && min <= 1;
    if (decided || PRINTABLE_ASCII.test(value)) return value.length;
    segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
    let count = 0;
    for (const _ of segmenter.segment(value)) if (++count > max) break;
    return count;
  };
}

function codePointCount(value: string): number {
  let pairs = 0;
  for (let i = 0; i < value.length; i++) if ((value.charCodeAt(i) & 0xfc00) === 0xdc00) pairs++;
  return value.length - pairs;
}

function countRange(bounds: Bounds | undefined, name: string): Range {
  if (bounds === undefined) return { min: 0, max: Number.POSITIVE_INFINITY };
  if (typeof bounds === "number") return { min: 0, max: integer(name, bounds, 1) };
  checkOptions(name, bounds, ["min", "max"]);
  const min = bounds.min === undefined ? 0 : integer(`${name}.min`, bounds.min, 0);
  const max = bounds.max === undefined ? Number.POSITIVE_INFINITY : integer(`${name}.max`, bounds.max, 1);
  return ordered(min, max, name);
}

function byteRange(bounds: Bounds<ByteSize> = {}): Range {
  const { min = 0, max = MOST_BYTES } = typeof bounds === "object" && bounds !== null ? bounds : { max: bounds };
  if (typeof bounds === "object") checkOptions("bytes", bounds, ["min", "max"]);
  return ordered(toBytes(min, "bytes.min"), integer("bytes", toBytes(max, "bytes"), 1, CEILING), "bytes");
}

function ordered(min: number, max: number, name: string): Range {
  if (min > max) throw new TypeError(`${name}.min must not be more than ${name}.max; got ${showValue(min)}`);
  return { min, max };
}

function startsAtZero(bounds: Bounds<ByteSize> | undefined): boolean {
  return typeof bounds === "object" && bounds.min === 0;
}
