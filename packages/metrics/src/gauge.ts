import type { Clock } from "@seaworthy/core";
import type { MetricOptions } from "./counter.ts";
import { Binding } from "./internal/binding.ts";
import type { Family } from "./internal/family.ts";
import type { GaugeSeries } from "./internal/gauge-series.ts";
import type { Aggregation } from "./internal/prom.ts";
import { boundTimer, type StartTimer, timerOver } from "./internal/timers.ts";
import type { LabelSpec, NoLabels, Recording } from "./labels.ts";

/** Options of `metrics.gauge()`. */
export interface GaugeOptions<S extends LabelSpec = readonly []> extends MetricOptions<S> {
  /** How the values of several cluster workers become one. @default "sum" */
  aggregate?: Aggregation;
  /**
   * Called before each render to bring the gauge up to date. It may be asynchronous: a render waits for it, for as long
   * as the instance's `collectTimeout` allows, and shows what the last collection gave if it comes too late.
   */
  collect?: () => void;
}

/** One series of a gauge. */
export interface BoundGauge {
  /** Sets the gauge to `value`, a finite number. Never throws; anything else is counted as dropped. */
  readonly set: (value: number) => void;
  /** Adds `amount`, a finite number of either sign. Never throws. @default 1 */
  readonly add: (amount?: number) => void;
  /** Subtracts `amount`, a finite number of either sign. Never throws. @default 1 */
  readonly dec: (amount?: number) => void;
  /** Sets the gauge to the Unix time in seconds. */
  readonly setToCurrentTime: () => void;
  /** Starts to measure. The function it returns sets the gauge to the seconds that passed, and returns them. */
  readonly startTimer: () => () => number;
}

/** A number that goes up and down. */
export interface Gauge<L = NoLabels> {
  /** Sets the series of these labels to a finite number. Never throws; what does not fit is counted as dropped. */
  readonly set: (...recording: Recording<L, [value: number]>) => void;
  /** Adds a finite number of either sign to the series of these labels. Never throws. */
  readonly add: (...recording: Recording<L, [amount?: number]>) => void;
  /** Subtracts a finite number of either sign from the series of these labels. Never throws. */
  readonly dec: (...recording: Recording<L, [amount?: number]>) => void;
  /** Sets the series of these labels to the Unix time in seconds. */
  readonly setToCurrentTime: (...labels: Recording<L, []>) => void;
  /**
   * Starts to measure. The function it returns takes the labels that were not known at the start, sets the series to
   * the seconds that passed, and returns them. Only its first call counts.
   */
  readonly startTimer: StartTimer<L>;
  /** The series of these labels, which exists at zero from now on: recording on it looks nothing up. */
  readonly bind: (...labels: Recording<L, []>) => BoundGauge;
  /** Takes the series of these labels out. A series that exists from the start goes back to zero instead. Never throws. */
  readonly remove: (...labels: Recording<L, []>) => void;
  /** Takes every series out. Series that exist from the start go back to zero instead. */
  readonly reset: () => void;
}

/** The gauge over a family of series. */
export function gaugeOver(family: Family<GaugeSeries>, clock: Clock): Gauge<NoLabels> {
  const put = (series: GaugeSeries, value: unknown): void => {
    if (Number.isFinite(value)) series.value = value as number;
    else family.drop("value");
  };
  const move = (series: GaugeSeries, amount: unknown = 1): void =>
    put(series, typeof amount === "number" ? series.value + amount : amount);
  const lower = (series: GaugeSeries, amount: unknown = 1): void =>
    put(series, typeof amount === "number" ? series.value - amount : amount);
  const now = (): number => clock.now() / 1000;
  const record = (act: typeof put, first: unknown, second: unknown): void => {
    const series = family.of(first);
    if (series !== undefined) act(series, typeof first === "object" && first !== null ? second : first);
  };
  const set = (first?: unknown, second?: unknown): void => record(put, first, second);
  return {
    set,
    add: (first?: unknown, second?: unknown) => record(move, first, second),
    dec: (first?: unknown, second?: unknown) => record(lower, first, second),
    setToCurrentTime: (labels?: unknown) => (labels === undefined ? set(now()) : set(labels, now())),
    startTimer: timerOver(clock, set),
    bind(labels?: unknown): BoundGauge {
      const binding = new Binding(family, labels);
      const on = (act: typeof put, value: unknown): void => {
        const series = binding.get();
        if (series !== undefined) act(series, value);
      };
      return {
        set: (value) => on(put, value),
        add: (amount) => on(move, amount),
        dec: (amount) => on(lower, amount),
        setToCurrentTime: () => on(put, now()),
        startTimer: boundTimer(clock, (seconds) => on(put, seconds)),
      };
    },
    remove: (labels?: unknown) => family.remove(labels),
    reset: () => family.reset(),
  };
}
