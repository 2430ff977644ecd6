import { checkOptions } from "@seaworthy/core/options";
import { createField, type FieldSchema, refuse } from "./zod.ts";

/** A kind of value with a unit, such as a duration. */
export interface Measure {
  /** The function that makes the field, for error messages and as its kind. */
  readonly owner: string;
  /** What the field takes, in words. */
  readonly expected: string;
  /** The type of the number in JSON Schema. */
  readonly type: "integer" | "number";
  /** @throws TypeError naming the option if the value is not such a measure */
  readonly convert: (value: number | string, name?: string) => number;
  /** The units from the largest to the smallest, each with its factor. */
  readonly units: Readonly<Record<string, number>>;
}

interface Bounds {
  min?: number | string;
  max?: number | string;
}

const OPTIONS = ["min", "max"];

/**
 * Returns a field for numbers, and for strings with a unit, within the bounds.
 *
 * @throws TypeError if an option is unknown or not such a measure, or `min` is more than `max`
 */
export function measureField<In extends number | string>(measure: Measure, options: Bounds): FieldSchema<number, In> {
  const { owner, type, units } = measure;
  checkOptions(owner, options, OPTIONS);
  const min = measure.convert(options.min === undefined ? 0 : options.min, `${owner}: min`);
  const max = measure.convert(options.max === undefined ? Number.MAX_SAFE_INTEGER : options.max, `${owner}: max`);
  if (min > max)
    throw new TypeError(`${owner}: min must not be more than max; got ${inUnit(min, units)} and ${inUnit(max, units)}`);
  const bounds = [
    ...(options.min === undefined ? [] : [` of at least ${inUnit(min, units)}`]),
    ...(options.max === undefined ? [] : [` of at most ${inUnit(max, units)}`]),
  ];
  const expected = `${measure.expected}${bounds.join(" and")}`;
  const json = { anyOf: [{ type: "string" }, { type, minimum: min, maximum: max }] };
  const toText = (value: unknown): string | undefined => (typeof value === "number" ? inUnit(value, units) : undefined);
  return createField({ kind: owner, expected, json, toText }, (value) => {
    const read = typeof value === "number" || typeof value === "string" ? convert(value, measure) : undefined;
    if (read !== undefined && read >= min && read <= max) return read;
    const lacksUnit = typeof value === "string" && /^\d+$/.test(value);
    return refuse(lacksUnit ? { expected, hint: "write a unit after the number" } : { expected });
  });
}

function convert(value: number | string, measure: Measure): number | undefined {
  try {
    return measure.convert(value);
  } catch {
    return undefined; // the message of the converter quotes the value
  }
}

/** The number in the largest unit that divides it. */
function inUnit(value: number, units: Readonly<Record<string, number>>): string {
  const found = Object.entries(units).find(([, size]) => value > 0 && value % size === 0);
  const [smallest = ""] = Object.keys(units).slice(-1);
  return found === undefined ? `${value}${smallest}` : `${value / found[1]}${found[0]}`;
}
