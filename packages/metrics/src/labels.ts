import type { LabelValue } from "@seaworthy/core";

/**
 * How a metric's labels are declared: an array of names, or, if every value is known beforehand, an object of name to
 * values. The second form makes all of its series at zero and accepts no other value.
 */
export type LabelSpec = readonly string[] | Readonly<Record<string, readonly LabelValue[]>>;

/** Labels of a metric that has none. */
// Not a Record: TypeScript compares two of these by their arguments, and finds that one of no keys fits any other.
export interface NoLabels {
  readonly [label: string]: never;
}

/** The labels that a recording call takes if they were declared as `S`. */
export type LabelsOf<S extends LabelSpec> = S extends readonly []
  ? NoLabels
  : S extends readonly (infer N extends string)[]
    ? Readonly<Record<N, LabelValue>>
    : { readonly [K in keyof S]: S[K] extends readonly (infer V)[] ? V : never };

/** Arguments of a recording call: the labels first, unless the metric has none. */
export type Recording<L, Rest extends unknown[]> = [L] extends [NoLabels]
  ? Rest | [labels: L, ...Rest]
  : [labels: L, ...Rest];
