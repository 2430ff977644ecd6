import type { LabelValue } from "@seaworthy/core";

/**
 * How a metric's labels are declared: a list of names, or, where every value is known beforehand, an object of name to
 * values. The second form makes all of its series at zero and admits no other value.
 */
export type LabelSpec = readonly string[] | Readonly<Record<string, readonly LabelValue[]>>;

/** Labels of a metric that has none. */
export type NoLabels = Readonly<Record<string, never>>;

/** What a recording call has to be given for labels declared as `S`. */
export type LabelsOf<S extends LabelSpec> = S extends readonly []
  ? NoLabels
  : S extends readonly (infer N extends string)[]
    ? Readonly<Record<N, LabelValue>>
    : { readonly [K in keyof S]: S[K] extends readonly (infer V)[] ? V : never };

/** Arguments of a recording call: the labels first, unless the metric has none. */
export type Recording<L, Rest extends unknown[]> = [L] extends [NoLabels]
  ? Rest | [labels: L, ...Rest]
  : [labels: L, ...Rest];
