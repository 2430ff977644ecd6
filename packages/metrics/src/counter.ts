import type { LabelSpec, NoLabels, Recording } from "./labels.ts";

/** What every metric is described with. */
export interface MetricOptions<S extends LabelSpec = readonly []> {
  /** Name of the series, to which the instance's prefix is put. Letters, digits and `_`. */
  name: string;
  /** One sentence: what is measured. */
  help: string;
  /** Names of the labels, or an object of name to every value it can take. @default none */
  labels?: S;
  /** The largest number of label sets that get a series of their own, 1 to 1 000 000. @default the instance's, 1000 */
  seriesLimit?: number;
}

/** Options of `metrics.counter()`. The name must end in `_total`, as OpenMetrics asks. */
export interface CounterOptions<S extends LabelSpec = readonly []> extends MetricOptions<S> {
  /**
   * Called before each render to bring the counter up to date. It may be asynchronous: a render waits for it, for as
   * long as the instance's `collectTimeout` allows.
   */
  collect?: () => void;
}

/** One series of a counter. */
export interface BoundCounter {
  /** Adds `amount`, a finite number of 0 or more. Never throws; anything else is counted as dropped. @default 1 */
  readonly add: (amount?: number) => void;
}

// The members are properties and not methods: TypeScript compares the parameters of a method loosely, and would let a
// counter with labels pass where one without labels is expected.

/** A number that only grows. */
export interface Counter<L = NoLabels> {
  /** Adds to the series of these labels. Never throws; what does not fit is counted as dropped. */
  readonly add: (...recording: Recording<L, [amount?: number]>) => void;
  /** The series of these labels, which exists at zero from now on: recording on it looks nothing up. */
  readonly bind: (...labels: Recording<L, []>) => BoundCounter;
  /** Takes the series of these labels out. A series that exists from the start goes back to zero instead. Never throws. */
  readonly remove: (...labels: Recording<L, []>) => void;
  /** Takes every series out. Series that exist from the start go back to zero instead. */
  readonly reset: () => void;
}
