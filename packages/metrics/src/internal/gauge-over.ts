import type { Clock } from "@seaworthy/core";
import type { BoundGauge, Gauge } from "../gauge.ts";
import type { NoLabels } from "../labels.ts";
import { Binding } from "./binding.ts";
import type { Family } from "./family.ts";
import type { GaugeSeries } from "./gauge-series.ts";
import { boundTimer, timerOver } from "./timers.ts";

/** The gauge over a family of series. */
export function gaugeOver(family: Family<GaugeSeries>, clock: Clock): Gauge<NoLabels> {
  const put = (series: GaugeSeries, value: unknown): void => {
    if (typeof value === "number" && Number.isFinite(value)) series.value = value;
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
