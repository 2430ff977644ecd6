import { types } from "node:util";
import { checkOptions, flag, integer, showValue } from "@seaworthy/core/options";
import { type Refused, refuse } from "./internal/refusal.ts";
import { type Schema, valueSchema } from "./internal/zod.ts";

/** A vector of numbers, as embedding models return it and vector indexes store it. */
export type Embedding = number[] | Float32Array | Float64Array;

/** Options of {@link embedding}. */
export interface EmbeddingOptions {
  /** The exact number of components, 1 to 65 536. */
  dimensions: number;
  /** Whether the Euclidean norm must be 1. @default false */
  normalized?: boolean;
  /** How far the norm may be from 1, more than 0 and less than 1. @default 0.001 */
  tolerance?: number;
}

const OPTIONS = ["dimensions", "normalized", "tolerance"];
const TOLERANCE = 1e-3;
const MOST_DIMENSIONS = 65_536;
const FORMS = "an array of numbers, a Float32Array or a Float64Array";

/**
 * A schema for embedding vectors: an exact number of components, each a finite number, and not all of them 0. The output
 * is the same vector, not a copy.
 *
 * Prevents mistakes that damage a vector index without an error: a vector of another model, a NaN that makes every
 * distance NaN, a zero vector whose cosine is undefined. A refused vector gives one issue, at its first bad component.
 * Codes: `invalid_type`, `wrong_dimensions`, `not_finite`, `zero_vector`, `not_normalized`.
 *
 * @throws TypeError if an option is out of its bounds
 * @example
 * ```ts
 * import { embedding } from "@seaworthy/validators";
 * import * as z from "zod";
 * const document = z.object({ id: z.string(), vector: embedding({ dimensions: 3 }) });
 * console.log(document.safeParse({ id: "a", vector: [1, Number.NaN, 0] }).error?.issues[0]?.path); // ["vector", 1]
 * ```
 */
export function embedding(options: EmbeddingOptions): Schema<Embedding> {
  checkOptions("embedding", options, OPTIONS);
  const { dimensions, normalized = false, tolerance = TOLERANCE } = options;
  integer("dimensions", dimensions, 1, MOST_DIMENSIONS);
  flag("normalized", normalized);
  if (typeof tolerance !== "number" || !(tolerance > 0 && tolerance < 1))
    throw new TypeError(`tolerance must be more than 0 and less than 1; got ${showValue(tolerance)}`);
  const parse = (value: unknown): Embedding | Refused => {
    const sum = sumOfSquares(value, dimensions);
    if (typeof sum !== "number") return sum;
    // Also true for NaN, infinity, and components whose squares overflow or underflow. The slow check decides.
    if (!(sum > 0 && sum < Number.POSITIVE_INFINITY)) {
      const fault = faultOf(value as Embedding); // `sumOfSquares` has checked the type
      if (fault !== undefined) return fault;
    }
    if (normalized && !(Math.abs(Math.sqrt(sum) - 1) <= tolerance))
      return refuse("not_normalized", `must have a norm of 1, to within ${tolerance}`);
    return value as Embedding;
  };
  const json = { type: "array", items: { type: "number" }, minItems: dimensions, maxItems: dimensions };
  return valueSchema<Embedding>(parse, json);
}

/**
 * The sum of squares shows in one pass, without a branch, whether the components are finite and not all zero, and gives
 * the norm. There is one loop for each kind of array, because a shared function would be several times slower.
 */
function sumOfSquares(value: unknown, dimensions: number): number | Refused {
  const fits = Array.isArray(value) || types.isFloat32Array(value) || types.isFloat64Array(value);
  if (!fits) return refuse("invalid_type", `must be ${FORMS}`);
  if (value.length !== dimensions)
    return refuse("wrong_dimensions", `must have ${dimensions} components, not ${value.length}`);
  if (Array.isArray(value)) return sumOfNumbers(value);
  return types.isFloat32Array(value) ? sumOfFloats(value) : sumOfDoubles(value);
}

// Four sums, because with one sum each addition would wait for the previous one. One function for both kinds of array
// takes 1.3 times as long for floats, and 2.3 times as long for doubles.
function sumOfFloats(values: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = values.length - (values.length % 4);
  for (let i = 0; i < end; i += 4) {
    const w = values[i] as number;
    const x = values[i + 1] as number;
    const y = values[i + 2] as number;
    const z = values[i + 3] as number;
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (let i = end; i < values.length; i++) a += (values[i] ?? 0) ** 2;
  return a + b + (c + d);
}

function sumOfDoubles(values: Float64Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = values.length - (values.length % 4);
  for (let i = 0; i < end; i += 4) {
    const w = values[i] as number;
    const x = values[i + 1] as number;
    const y = values[i + 2] as number;
    const z = values[i + 3] as number;
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (let i = end; i < values.length; i++) a += (values[i] ?? 0) ** 2;
  return a + b + (c + d);
}

// An array from outside may contain anything: a string would be multiplied as a number, and an object would run its own code.
function sumOfNumbers(values: readonly unknown[]): number {
  let a = 0;
  let b = 0;
  const end = values.length - (values.length % 2);
  for (let i = 0; i < end; i += 2) {
    const x = values[i];
    const y = values[i + 1];
    if (typeof x !== "number" || typeof y !== "number") return Number.NaN;
    a += x * x;
    b += y * y;
  }
  if (end === values.length) return a + b;
  const last = values[end];
  return typeof last === "number" ? a + b + last * last : Number.NaN;
}

function faultOf(values: Embedding): Refused | undefined {
  let zero = true;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) return refuse("not_finite", `component ${i} must be a finite number`, [i]);
    if (values[i] !== 0) zero = false;
  }
  return zero ? refuse("zero_vector", "must not be all zero") : undefined;
}
