import { checkOptions, flag } from "@seaworthy/core/options";
import { type Refused, refuse } from "./internal/refusal.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link cron}. */
export interface CronOptions {
  /** Whether the first field is for seconds. @default false */
  seconds?: boolean;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const OPTIONS = ["seconds"];
const LONGEST = 256;
const SECOND: Field = { name: "second", min: 0, max: 59 };
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const FIELDS: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, words: MONTHS },
  { name: "day of the week", min: 0, max: 7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const MACROS = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]);
const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const PART = /^(?:\*|(\w{1,3})(?:-(\w{1,3}))?)(?:\/(\d{1,2}))?$/;

/**
 * A schema for a schedule in the five fields of crontab (POSIX, with steps and names), or a macro such as `@daily`. The
 * output has one space between the fields.
 *
 * Prevents schedules that do not mean what they seem to mean: a sixth field, which turns "every minute" into "every
 * second", ranges that run backwards, steps that are wider than their field (a step of 90 minutes runs once per hour),
 * and days that do not exist (`0 0 31 2 *`). Codes: `cron`, `never`.
 *
 * @throws TypeError if an option is unknown or has the wrong type
 * @example
 * ```ts
 * import { cron } from "@seaworthy/validators";
 * console.log(cron().safeParse("30 2 * * mon-fri").success, cron().safeParse("0 0 30 2 *").success); // true false
 * ```
 */
export function cron(options: CronOptions = {}): Schema<string> {
  checkOptions("cron", options, OPTIONS);
  const { seconds = false } = options;
  const fields = flag("seconds", seconds) ? [SECOND, ...FIELDS] : FIELDS;
  return textSchema((value) => {
    if (value.length > LONGEST) return refuse("cron", `must have ${LONGEST} characters or fewer`);
    const words = value
      .trim()
      .toLowerCase()
      .split(/[ \t]+/);
    const [first = ""] = words;
    if (words.length === 1 && MACROS.has(first)) return first;
    if (words.length !== fields.length) return refuse("cron", `must have ${fields.length} fields`);
    return scheduleFault(fields, words) ?? words.join(" ");
  });
}

function scheduleFault(fields: readonly Field[], words: readonly string[]): Refused | undefined {
  const sets: Set<number>[] = [];
  for (const [i, field] of fields.entries()) {
    const values = valuesOf(field, words[i] ?? "");
    if (values !== undefined) {
      sets.push(values);
      continue;
    }
    const { name, min, max } = field;
    return refuse("cron", `must have a ${name} from ${min} to ${max}, written as *, a, a-b or a,b, with steps /n`);
  }
  const [days = new Set<number>(), months = new Set<number>()] = sets.slice(-3);
  // If a day of the week is given too, the schedule runs when either of the two days matches.
  const anyWeekday = words.at(-1)?.startsWith("*") === true;
  const exists = [...months].some((month) => [...days].some((day) => day <= (LONGEST_MONTH[month - 1] ?? 0)));
  return anyWeekday && !exists ? refuse("never", "must name a day that exists") : undefined;
}

function valuesOf(field: Field, text: string): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = PART.exec(part);
    if (match === null) return undefined;
    const [, first, last, stepText] = match;
    const low = first === undefined ? field.min : numberOf(field, first);
    const high = last !== undefined ? numberOf(field, last) : first === undefined || stepText ? field.max : low;
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!(low <= high) || step < 1 || step > field.max) return undefined;
    for (let value = low; value <= high; value += step) values.add(value);
  }
  return values;
}

/** The number that a word stands for in this field, or NaN. */
function numberOf(field: Field, word: string): number {
  const named = field.words?.indexOf(word) ?? -1;
  if (named >= 0) return named + field.min;
  const value = /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  return value >= field.min && value <= field.max ? value : Number.NaN;
}
