import { type Clock, systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, showValue, signalOption, withDefault } from "@seaworthy/core/options";
import type { Operation } from "./call.ts";
import type { HedgeOptions } from "./hedge-options.ts";
import { hedgeLayer } from "./internal/hedge-layer.ts";
import { HEDGE_OPTIONS, planHedge } from "./internal/hedge-plan.ts";
import { LatencyWindow } from "./internal/latency-window.ts";
import { checkName } from "./internal/options.ts";
import { createPipeline, startRun } from "./internal/pipeline.ts";

/** Options of {@link hedge}. */
export interface HedgeRunOptions extends HedgeOptions {
  /** Label of events. @default "hedge" */
  name?: string;
  /** Ends the run at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS: readonly string[] = [...HEDGE_OPTIONS, "name", "signal", "clock"];
const windows = new WeakMap<object, LatencyWindow>();

/**
 * Calls `operation`, and if it is slow calls it again beside the first call; the first success is the answer, and the
 * others are aborted. Use it only for operations that are safe to repeat: to call it is to declare that.
 *
 * A failure is an answer too if no other call is running, unless `onFailure` is set. With a quantile, the latencies are
 * kept by the function that is passed, so pass the same one each time.
 *
 * @throws TypeError if an option is wrong
 * @example
 * ```ts
 * import { hedge } from "@seaworthy/resilience";
 * const price = await hedge(async () => 42, { after: "50ms", max: 1 });
 * console.log(price); // 42
 * ```
 */
export async function hedge<T>(operation: Operation<T>, options: HedgeRunOptions): Promise<T> {
  checkOptions("hedge", options, OPTIONS);
  const { clock = systemClock, signal } = options;
  clockOption("clock", clock);
  signalOption("signal", signal);
  if (typeof operation !== "function")
    throw new TypeError(`hedge: the operation must be a function; got ${showValue(operation)}`);
  const plan = planHedge(options, windowOf(operation), true, OPTIONS);
  const pipeline = createPipeline(checkName(withDefault(options.name, "hedge"), "hedge"), clock, [hedgeLayer(plan)]);
  return startRun(pipeline, operation, { signal });
}

function windowOf(operation: object): LatencyWindow {
  let found = windows.get(operation);
  if (found === undefined) {
    found = new LatencyWindow();
    windows.set(operation, found);
  }
  return found;
}
