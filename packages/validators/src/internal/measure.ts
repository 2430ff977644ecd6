import { checkOptions } from "@seaworthy/core/options";
import { refuse } from "./refusal.ts";
import { convertedText, type Schema } from "./zod.ts";

/** A kind of string that stands for a number with a unit, such as a duration. */
export interface Measure {
  /** The function that makes the schema, for error messages. */
  readonly owner: string;
  /** @throws TypeError naming the option if the value is not such a measure */
  readonly convert: (value: number | string, name?: string) => number;
  /** The upper bound if none is given. */
  readonly most: string;
  readonly code: string;
  readonly message: string;
}

interface Bounds {
  min?: number | string;
  max?: number | string;
}

const OPTIONS = ["min", "max"];

/**
 * Returns a schema for strings of one measure within the bounds. Its output is the number.
 *
 * @throws TypeError if an option is unknown or not such a measure, or `min` is more than `max`
 */
export function measureText(measure: Measure, options: Bounds): Schema<number, string> {
  const { owner, convert, code, message } = measure;
  checkOptions(owner, options, OPTIONS);
  const { min = 0, max = measure.most } = options;
  const least = convert(min, "min");
  const most = convert(max, "max");
  if (least > most) throw new TypeError(`min must not be more than max; got ${min}`);
  return convertedText(
    (text) => {
      const value = read(text, convert);
      if (value === undefined) return refuse(code, message);
      if (value > most) return refuse("too_big", `must be ${max} or less`);
      return value < least ? refuse("too_small", `must be ${min} or more`) : value;
    },
    { type: "number" },
  );
}

function read(text: string, convert: Measure["convert"]): number | undefined {
  try {
    return convert(text);
  } catch {
    return undefined; // the message of the converter quotes the text
  }
}
