import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Duration } from "@seaworthy/core";
import { checkOptions, optionalFunction } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { Findings } from "../internal/built-in.ts";
import { LATENCY, levelsOf } from "../internal/levels.ts";
import type { Thresholds } from "../thresholds.ts";

/** A record of event-loop delays, in milliseconds. */
export interface DelayMonitor {
  /** The delays since the last call. */
  take(): { p99: number; max: number };
}

/** Options of {@link eventLoopCheck}. */
export interface EventLoopCheckOptions extends Thresholds<Duration> {
  /** 99th percentile of the delay, above 0, in milliseconds. @default "100ms" */
  degradedAt?: Duration | "never";
  /** 99th percentile of the delay, above 0, in milliseconds. @default "1s" */
  unhealthyAt?: Duration | "never";
  /** Starts to measure. It is called on the first run. @default a monitor of node:perf_hooks that samples every 20 ms */
  monitor?: () => DelayMonitor;
}

const OPTIONS = ["degradedAt", "unhealthyAt", "monitor"];
const RESOLUTION = 20;

/**
 * Measures how long the event loop was delayed since the last run. Measuring starts with the first run, which has no
 * measurement yet and is healthy.
 *
 * Data: `p99` and `max` in milliseconds.
 *
 * @throws TypeError if an option is unknown or out of bounds, or `unhealthyAt` is below `degradedAt`
 * @example
 * ```ts
 * import { createHealth, eventLoopCheck } from "@seaworthy/health";
 * const health = createHealth();
 * health.add("event loop", eventLoopCheck(), { groups: ["live"], failureThreshold: 3 });
 * console.log((await health.report("live")).status); // healthy
 * ```
 */
export function eventLoopCheck(options: EventLoopCheckOptions = {}): Check {
  checkOptions("eventLoopCheck", options, OPTIONS);
  const levels = levelsOf(LATENCY, options, { degradedAt: "100ms", unhealthyAt: "1s" });
  const { monitor: start = startMonitor } = options;
  optionalFunction("monitor", start);
  let monitor: DelayMonitor | undefined;

  return () => {
    const found = new Findings();
    monitor ??= start();
    const { p99, max } = monitor.take();
    Object.assign(found.data, { p99, max });
    found.judge(p99, levels, "HEALTH_EVENT_LOOP_DELAYED");
    return found.outcome();
  };
}

function startMonitor(): DelayMonitor {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  // Node records the time between two samples, which includes the intended pause.
  const delay = (nanoseconds: number): number => Math.max(0, Math.round(nanoseconds / 1e6 - RESOLUTION));
  return {
    take: () => {
      const taken =
        histogram.count === 0
          ? { p99: 0, max: 0 }
          : { p99: delay(histogram.percentile(99)), max: delay(histogram.max) };
      histogram.reset();
      return taken;
    },
  };
}
