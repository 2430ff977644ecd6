import { type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, integer, showValue, withDefault } from "@seaworthy/core/options";
import type { HedgeOptions } from "../hedge-options.ts";
import type { RetryBudget } from "../retry-budget.ts";
import type { LatencyWindow } from "./latency-window.ts";
import { optionalFlag } from "./options.ts";
import { checkBudget } from "./retry-plan.ts";

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

/** Checks the options of a hedge. */
export function planHedge(
  options: HedgeOptions,
  latencies: LatencyWindow,
  deposits: boolean,
  known: readonly string[] = HEDGE_OPTIONS,
): HedgePlan {
  checkOptions("hedge", options, known);
  checkBudget(options.budget);
  const max = integer("max", withDefault(options.max, DEFAULTS.max), 1, MOST_HEDGES);
  optionalFlag("onFailure", options.onFailure);
  const timing = planDelay(options.after, latencies);
  return { ...timing, max, onFailure: options.onFailure === true, budget: options.budget, deposits, latencies };
}

function planDelay(after: HedgeOptions["after"], latencies: LatencyWindow): Pick<HedgePlan, "after" | "delay"> {
  const quantile = typeof after === "string" ? QUANTILE.exec(after) : null;
  if (quantile === null) {
    const fixed = toMilliseconds(after as Duration, "after");
    return { after: fixed, delay: () => fixed };
  }
  const part = Number(quantile[1]) / 100;
  if (part <= 0) throw new TypeError(`after must be a quantile above p0; got ${showValue(after)}`);
  return { after, delay: () => latencies.quantile(part) };
}
