import type { ParsedLine } from "../../destinations/destination.ts";
import { brief, errorBlock, headline, isShownError, type ShownError } from "./errors.ts";
import { BOLD, CYAN, colorOf, createPaint, DIM, type Paint, RED, widthOf, YELLOW } from "./paint.ts";
import { type Sentence, sentenceOf } from "./sentences.ts";
import { escapeUnsafe, showTime, showValue } from "./values.ts";

/** Options of {@link render}. */
export interface RenderOptions {
  readonly color: boolean;
  /** Returns the width of the terminal. It is called for each line, because windows are resized. `undefined` means that lines are not wrapped. */
  readonly columns: () => number | undefined;
  /** Whether ids are cut to eight characters. */
  readonly shortIds: boolean;
  /** Paths below this directory are shown relative to it. */
  readonly directory: string;
}

/** A line for people. */
export interface Rendered {
  /** With a line feed at the end of each line. */
  readonly text: string;
  /** The text without times, ids and durations, which is the same for lines that are folded. */
  readonly key: string;
  readonly time: string;
  readonly id: string;
}

const LEVELS: Readonly<Record<string, [name: string, ...colors: number[]]>> = {
  10: ["TRACE", DIM],
  20: ["DEBUG", CYAN],
  40: ["WARN", YELLOW],
  50: ["ERROR", RED],
  60: ["FATAL", BOLD, RED],
};
const INFO = 30;
const ERROR = 50;
const SHORT_ID = 8;
/** Spaces of the width of a time and a space. */
export const INDENT: string = " ".repeat(13);

/** Renders a parsed line. */
export function render(line: ParsedLine, options: RenderOptions): Rendered {
  const paint = createPaint(options.color);
  const time = showTime(line.time);
  const level = levelText(line.level, paint);
  const { traceId, spanId, ...rest } = line.fields;
  const fields = options.shortIds ? rest : line.fields;
  const whole = line.correlationId ?? (typeof traceId === "string" ? traceId : "");
  const id = escapeUnsafe(options.shortIds ? whole.slice(0, SHORT_ID) : whole);
  const columns = options.columns();
  const room =
    columns === undefined ? Number.POSITIVE_INFINITY : columns - INDENT.length - widthOf(level) - id.length - 2;
  const said = sentenceOf(line.message, fields, paint, room);
  const { error, key: errorKey } = errorIn(fields);
  const shownId = said?.ofService === true ? "" : id;
  const isBlock =
    error !== undefined && (said === undefined || (typeof line.level === "number" && line.level >= ERROR));
  const head = said?.text ?? headOf(line.message, error, paint);
  const words = [head, ...fieldWords(fields, said, errorKey, paint)];
  if (error !== undefined && !isBlock && said?.used.includes(errorKey) !== true)
    words.push(`(${paint(brief(error), RED)})`);
  const block = isBlock ? errorBlock(error, paint, options.directory, !head.includes(headline(error))) : [];
  const body = [level, ...words].filter((each) => each !== "");
  const first = wrap([paint(time, DIM), ...body, shownId === "" ? "" : paint(shownId, colorOf(whole))], columns);
  const below = block.map((each) => `${INDENT}${each}\n`).join("");
  return {
    text: `${first}\n${below}`,
    key: `${[level, said?.key ?? head, ...words.slice(1)].join(" ")}\n${below}`,
    time,
    id: shownId,
  };
}

function levelText(level: number | string, paint: Paint): string {
  if (level === INFO) return "";
  const [name, ...colors] = LEVELS[level] ?? [escapeUnsafe(String(level))];
  return paint(name, ...colors);
}

/** The message, with the class of the error if the error was logged alone. */
function headOf(message: string | undefined, error: ShownError | undefined, paint: Paint): string {
  if (error !== undefined && (message === undefined || message === error.message)) return paint(headline(error), RED);
  return message === undefined ? "" : escapeUnsafe(message);
}

function errorIn(fields: Readonly<Record<string, unknown>>): { error: ShownError | undefined; key: string } {
  for (const key of ["err", "error", ...Object.keys(fields)]) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (isShownError(value) && typeof value.stack === "string") return { error: value, key };
  }
  return { error: undefined, key: "" };
}

function fieldWords(
  fields: Readonly<Record<string, unknown>>,
  said: Sentence | undefined,
  errorKey: string,
  paint: Paint,
): string[] {
  const used = new Set([...(said?.used ?? []), errorKey]);
  return Object.entries(fields)
    .filter(([key]) => !used.has(key))
    .map(([key, value]) => `${paint(`${escapeUnsafe(key)}=`, DIM)}${showValue(withoutStacks(value, 0))}`);
}

/** Removes the frames of errors inside other values, which would be too long to read. */
function withoutStacks(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > 12) return value;
  if (Array.isArray(value)) return value.map((each) => withoutStacks(each, depth + 1));
  const isError = isShownError(value) && typeof value.stack === "string";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isError || key !== "stack")
      .map(([key, each]) => [key, withoutStacks(each, depth + 1)]),
  );
}

/** Joins words by spaces, and continues with an indent on the next row at the width of the terminal. */
function wrap(words: readonly string[], columns: number | undefined): string {
  let text = "";
  let used = 0;
  for (const word of words) {
    if (word === "") continue;
    const width = widthOf(word);
    if (text === "") text = word;
    else if (columns !== undefined && used + 1 + width > columns && used > INDENT.length) {
      text += `\n${INDENT}${word}`;
      used = INDENT.length;
    } else {
      text += ` ${word}`;
      used++;
    }
    used += width;
  }
  return text;
}
