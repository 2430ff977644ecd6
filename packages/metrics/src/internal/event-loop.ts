import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Clock } from "@seaworthy/core";
import type { Gauge } from "../gauge.ts";
import type { Makers } from "./makers.ts";

const RESOLUTION = 10; // milliseconds between two samples
const PERIOD = 30_000; // milliseconds after which the figures of a period are kept as the previous one's

interface LoopFigures {
  readonly min: number;
  readonly mean: number;
  readonly deviation: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly utilization: number;
}

const IDLE: LoopFigures = { min: 0, mean: 0, deviation: 0, p50: 0, p90: 0, p99: 0, max: 0, utilization: 0 };

/** What is read off Node's `monitorEventLoopDelay`: nanoseconds between two ticks of its timer. */
export type LoopMonitor = Pick<
  ReturnType<typeof monitorEventLoopDelay>,
  "enable" | "disable" | "reset" | "count" | "min" | "mean" | "stddev" | "max" | "percentile"
>;

/**
 * Measures how long the event loop keeps timers waiting, and how busy it is. Returns a function that stops this.
 */
export function observeEventLoop(
  target: Pick<Makers, "gauge">,
  clock: Clock,
  monitor: LoopMonitor = monitorEventLoopDelay({ resolution: RESOLUTION }),
): () => void {
  monitor.enable();
  let since = clock.monotonic();
  let busy = performance.eventLoopUtilization();
  let previous = IDLE;
  // A sample is the time between two ticks of the monitor's own timer: what exceeds its resolution is delay.
  const delay = (nanoseconds: number): number =>
    monitor.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - RESOLUTION / 1000);
  const read = (): LoopFigures => ({
    min: delay(monitor.min),
    mean: delay(monitor.mean),
    deviation: monitor.count === 0 ? 0 : monitor.stddev / 1e9,
    p50: delay(monitor.percentile(50)),
    p90: delay(monitor.percentile(90)),
    p99: delay(monitor.percentile(99)),
    max: delay(monitor.max),
    utilization: performance.eventLoopUtilization(busy).utilization,
  });
  // Resetting on each render would hide from one scraper what another has just read: the larger of two periods is shown.
  const collect = (): void => {
    const current = read();
    for (const [name, gauge] of gauges) gauge.set(Math.max(current[name], previous[name]));
    if (clock.monotonic() - since < PERIOD) return;
    previous = current;
    since = clock.monotonic();
    busy = performance.eventLoopUtilization();
    monitor.reset();
  };
  const gauges = loopGauges(target, collect);
  observeTurn(target);
  return () => void monitor.disable();
}

function loopGauges(target: Pick<Makers, "gauge">, collect: () => void): (readonly [keyof LoopFigures, Gauge])[] {
  const help = (which: string): string => `${which} event-loop delay in the last 30 to 60 seconds.`;
  const shown: readonly (readonly [keyof LoopFigures, string, string])[] = [
    ["min", "nodejs_eventloop_lag_min_seconds", help("Smallest")],
    ["mean", "nodejs_eventloop_lag_mean_seconds", help("Mean")],
    ["deviation", "nodejs_eventloop_lag_stddev_seconds", help("Standard deviation of the")],
    ["p50", "nodejs_eventloop_lag_p50_seconds", help("Median")],
    ["p90", "nodejs_eventloop_lag_p90_seconds", help("90th percentile of")],
    ["p99", "nodejs_eventloop_lag_p99_seconds", help("99th percentile of")],
    ["max", "nodejs_eventloop_lag_max_seconds", help("Largest")],
    ["utilization", "nodejs_eventloop_utilization_ratio", "Share of time the event loop was not idle."],
  ];
  return shown.map(([member, name, text], i) => {
    const first = i === 0 ? { collect } : undefined; // one reading sets them all
    return [member, target.gauge({ name, help: text, aggregate: "max", ...first })];
  });
}

/**
 * Measures how long a callback that is due at once waits, which is all that prom-client measured once. As there, a render
 * starts a measurement and shows the last one: it does not wait for a turn of the event loop.
 */
function observeTurn(target: Pick<Makers, "gauge">): void {
  const lag = target.gauge({
    name: "nodejs_eventloop_lag_seconds",
    help: "Time from the render before to the next turn of the event loop.",
    aggregate: "max",
    collect: () => {
      const start = performance.now();
      setImmediate(() => lag.set((performance.now() - start) / 1000)).unref();
    },
  });
}
