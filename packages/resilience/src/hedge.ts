import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, integer, showValue } from "@seaworthy/core/options";
import type { Operation } from "./call.ts";
import { unwind } from "./internal/exit-frames.ts";
import { describeLayer } from "./internal/facts.ts";
import type { Layer } from "./internal/guarded-call.ts";
import { HedgeRace } from "./internal/hedge-race.ts";
import { LatencyWindow } from "./internal/latency-window.ts";
import { checkName, checkSignal, optionalFlag, otherwise } from "./internal/options.ts";
import { createPipeline, startRun } from "./internal/pipeline.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { checkBudget } from "./retry-options.ts";

/** When a second call is sent beside a slow one. */
export interface HedgeOptions {
  /**
   * How long to wait before calling again beside the first: a duration, or a quantile of the last 256 latencies such as
   * `"p95"`, which holds from the 20th call on; before that nothing is hedged.
   */
  after: Duration | `p${number}`;
  /** Calls beside the first one, 1 to 10, each `after` later than the last. @default 1 */
  max?: number;
  /** Whether the next call begins at once if one has failed, in place of waiting for `after`. @default false */
  onFailure?: boolean;
  /** Shared with retries; a hedge that it refuses is not made. */
  budget?: RetryBudget;
}

/** Options of {@link hedge}. */
export interface HedgeRunOptions extends HedgeOptions {
  /** Label of events. @default "hedge" */
  name?: string;
  /** Ends the run at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** @default systemClock */
  clock?: Clock;
}

/** {@link HedgeOptions}, checked and resolved. */
export interface HedgePlan {
  readonly delay: () => number | undefined;
  readonly max: number;
  readonly onFailure: boolean;
  readonly after: number | string;
  readonly budget: RetryBudget | undefined;
  /** Whether first calls earn budget here; not if a retry above does that. */
  readonly deposits: boolean;
  readonly latencies: LatencyWindow;
}

const DEFAULTS = { max: 1 } as const;
const QUANTILE = /^p(\d{1,2}(?:\.\d{1,3})?)$/;
const MOST_HEDGES = 10;
/** The names of {@link HedgeOptions}. */
export const HEDGE_OPTIONS: readonly string[] = ["after", "max", "onFailure", "budget"];
const OPTIONS: readonly string[] = [...HEDGE_OPTIONS, "name", "signal", "clock"];
const windows = new WeakMap<object, LatencyWindow>();

/**
 * Calls `operation`, and if it is slow calls it again beside the first call; the first success is the answer, and the
 * others are aborted. Use it only for operations that are safe to repeat: to call it is to declare that.
 *
 * A failure is an answer too if no other call is running, unless `onFailure` is set. With a quantile, the latencies are
 * kept by the function that is passed, so pass the same one each time.
 *
 * @throws TypeError when an option is wrong
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
  checkSignal(signal);
  if (typeof operation !== "function")
    throw new TypeError(`hedge: the operation must be a function; got ${showValue(operation)}`);
  const plan = planHedge(options, windowOf(operation), true, OPTIONS);
  const pipeline = createPipeline(checkName(otherwise(options.name, "hedge"), "hedge"), clock, [hedgeLayer(plan)]);
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

/** Checks the options of a hedge. */
export function planHedge(
  options: HedgeOptions,
  latencies: LatencyWindow,
  deposits: boolean,
  known: readonly string[] = HEDGE_OPTIONS,
): HedgePlan {
  checkOptions("hedge", options, known);
  checkBudget(options.budget);
  const max = integer("max", otherwise(options.max, DEFAULTS.max), 1, MOST_HEDGES);
  optionalFlag("onFailure", options.onFailure);
  const delay = planDelay(options.after, latencies);
  const after = typeof options.after === "string" && QUANTILE.test(options.after) ? options.after : (delay() as number);
  return { delay, after, max, onFailure: options.onFailure === true, budget: options.budget, deposits, latencies };
}

function planDelay(after: unknown, latencies: LatencyWindow): () => number | undefined {
  const quantile = typeof after === "string" ? QUANTILE.exec(after) : null;
  if (quantile === null) {
    const fixed = toMilliseconds(after as Duration, "after");
    return () => fixed;
  }
  const part = Number(quantile[1]) / 100;
  if (part <= 0) throw new TypeError(`after must be a quantile above p0; got ${showValue(after)}`);
  return () => latencies.quantile(part);
}

/** Hedges what lies beneath. */
export function hedgeLayer(plan: HedgePlan): Layer {
  const layer: Layer = (next) => (call, exit) => {
    if (plan.deposits) plan.budget?.deposit();
    if (!call.root.idempotent) return next(call, exit);
    const race = new Promise((resolve, reject) => new HedgeRace(plan, call, next, resolve, reject).launch());
    return unwind(race, exit);
  };
  return describeLayer(layer, () => ({ guard: "hedge", max: plan.max, after: plan.after, ratio: plan.budget?.ratio }));
}
