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

/** The most that is allowed, or the least and the most. */
export type Bounds<T = number> = T | { readonly min?: T; readonly max?: T };

/** Options of {@link text}. */
export interface TextOptions {
  /** What people count as characters: an emoji sequence or a letter with its accents is one. @default `{ min: 1 }` */
  graphemes?: Bounds;
  /** Unicode code points: what PostgreSQL's `varchar(n)` counts. @default no bounds */
  codePoints?: Bounds;
  /** UTF-8 bytes, at most 16 MiB: what indexes, headers and disks count. @default `{ max: "64kib" }` */
  bytes?: Bounds<ByteSize>;
  /** Whether tabs and line breaks (LF, CRLF) are let through. @default false */
  multiline?: boolean;
  /** Whether blanks and line breaks at both ends are removed, before anything is counted. @default false */
  trim?: boolean;
  /**
   * What happens to zero-width characters that change nothing that is seen: `"refuse"` refuses the text with the code
   * `zero_width`, `"strip"` removes them. @default "refuse"
   */
  zeroWidth?: "refuse" | "strip";
  /**
   * Whether one word may mix scripts that are not written together, as in `"p\u0430ypal"` with a Cyrillic letter. Latin
   * letters may stand beside Chinese, Japanese and Korean. Words of one script can still look alike. @default true
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
 * A schema for text that people wrote, in Unicode normalisation form C, with its lengths in named units.
 *
 * Refuses what makes text lie or break things: control characters (log and terminal injection), bidirectional overrides
 * and isolates (Trojan Source, CVE-2021-42574), text with nothing to see in it, lone surrogates (which UTF-8 cannot
 * hold), hidden text in tag characters and variation selectors, zero-width characters, by which two names look alike and
 * differ, and over 30 combining marks in a row. The length is
 * capped before anything else looks, because normalising is quadratic in combining marks. Emoji sequences, and the
 * joiners that Persian and Indic scripts need, come through. Codes: `too_big`, `too_small`, `lone_surrogate`,
 * `control_character`, `bidi_control`, `not_for_interchange`, `hidden_text`, `too_many_marks`, `invisible`, `zero_width`,
 * `mixed_scripts`.
 *
 * Text must not be empty unless a `min` of 0 is given.
 *
 * @throws TypeError when an option is out of its bounds
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
  const control = flag("multiline", options.multiline ?? false) ? CONTROL_BUT_BREAKS : CONTROL;
  const trim = flag("trim", options.trim ?? false);
  const strip = oneOf("zeroWidth", options.zeroWidth ?? "refuse", ["refuse", "strip"]) === "strip";
  const mixed = flag("mixedScripts", options.mixedScripts ?? true);
  const mayBeEmpty = [options.graphemes, options.codePoints, options.bytes].some(startsAtZero);
  const parse = (value: string): string | Refused => {
    // A UTF-16 unit is one UTF-8 byte or more.
    if (value.length > bytes.max) return tooBig(bytes.max, "bytes");
    const fault = faultOf(value, control);
    if (fault !== undefined) return fault;
    const form = value.normalize("NFC");
    // Composing again can bring a joiner to a place where it does not belong, so what is stripped is looked at once more.
    const kept = strip ? withoutZeroWidth(withoutZeroWidth(form).normalize("NFC")) : form;
    const normal = trim ? kept.trim() : kept;
    if (normal === "") return mayBeEmpty ? normal : refuse("too_small", "must not be empty");
    if (!VISIBLE.test(normal)) return refuse("invisible", "must have something to see in it");
    if (withoutZeroWidth(normal) !== normal) return refuse("zero_width", "must not have zero-width characters in it");
    if (!mixed && mixesScripts(normal)) return refuse("mixed_scripts", "must not mix scripts in one word");
    for (const { name, range, count } of units) {
      const found = outOfRange(normal, name, range, count);
      if (found !== undefined) return found;
    }
    return outOfRange(normal, "bytes", bytes, (whole) => Buffer.byteLength(whole)) ?? normal;
  };
  return textSchema(parse);
}

function faultOf(value: string, control: RegExp): Refused | undefined {
  if (!value.isWellFormed()) return refuse("lone_surrogate", "must not have half of a surrogate pair in it");
  if (PRINTABLE_ASCII.test(value)) return undefined;
  if (control.test(value)) return refuse("control_character", "must not have control characters in it");
  if (BIDI_CONTROL.test(value)) return refuse("bidi_control", "must not override the direction of writing");
  if (NOT_FOR_INTERCHANGE.test(value))
    return refuse("not_for_interchange", "must have only characters for interchange");
  if (hidesText(value)) return refuse("hidden_text", "must not have hidden text in it");
  if (TOO_MANY_MARKS.test(value)) return refuse("too_many_marks", "must not have over 30 marks on one character");
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

/** Counts no further than one over the most, and not at all where the number of UTF-16 units decides. */
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
