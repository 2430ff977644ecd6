import { refuse } from "./refusal.ts";
import { convertedText, type Schema } from "./zod.ts";

/** A kind of text that stands for a number with a unit. */
export interface Measure {
  /** @throws TypeError when the text is none */
  readonly convert: (text: string) => number;
  readonly code: string;
  readonly message: string;
}

/** A schema for a measure from `min` to `max`; `shown` is how the bounds are told. */
export function inRange(
  measure: Measure,
  min: number,
  max: number,
  shown: { readonly min: number | string; readonly max: number | string },
): Schema<number, string> {
  if (min > max) throw new TypeError(`min must not be more than max; got ${shown.min}`);
  return convertedText(
    (text) => {
      let value: number;
      try {
        value = measure.convert(text);
      } catch {
        return refuse(measure.code, measure.message); // the converter's own message quotes the text
      }
      if (value > max) return refuse("too_big", `must be ${shown.max} or less`);
      return value < min ? refuse("too_small", `must be ${shown.min} or more`) : value;
    },
    { type: "number" },
  );
}
