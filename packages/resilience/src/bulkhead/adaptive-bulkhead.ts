import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import { checkOptions, finiteNumber, soundClock, wholeNumber } from "@seaworthy/core/options";
import { Exit, type Leave } from "../internal/exit.ts";
import type { Layer, Next } from "../internal/guarded-call.ts";
import { isTimeout } from "../internal/invoke.ts";
import { checkName, otherwise, share } from "../internal/options.ts";
import { limitEvent } from "../telemetry.ts";
import { type Bulkhead, bulkheadOf, MOST_CALLS, planQueue } from "./create-bulkhead.ts";
import { FastLimit } from "./fast-limit.ts";
import { Slots } from "./slots.ts";

/** Options of {@link adaptiveBulkhead}. */
export interface AdaptiveBulkheadOptions {
  /** The limit to begin with. @default 20 */
  initial?: number;
  /** The limit never goes below this; 1 or more. @default 1 */
  min?: number;
  /** The limit never goes above this; at most 1 000 000. @default 1000 */
  max?: number;
  /** Calls that may queue in the upstream; 1 to 1000. More uses a jittery upstream better, fewer keeps latency lower. @default 4 */
  headroom?: number;
  /** Weight of each new estimate, more than 0 and at most 1. @default 0.5 */
  smoothing?: number;
  /** Calls that may wait for a slot, 0 to 1 000 000. @default 0 */
  queue?: number;
  /** The longest wait for a slot; more than 0. @default no limit of its own */
  queueTimeout?: Duration;
  /** Label of events. @default "bulkhead" */
  name?: string;
  /** @default systemClock */
  clock?: Clock;
}

const DEFAULTS = { initial: 20, min: 1, max: 1000, headroom: 4, smoothing: 0.5 } as const;
const KNOWN: readonly string[] = [
  ["initial", "min", "max", "headroom", "smoothing"],
  ["queue", "queueTimeout", "name", "clock"],
].flat();

/**
 * Creates a bulkhead whose limit follows the upstream's latency: up while calls come back as fast as ever, down as
 * soon as they queue in the upstream. The rule is FAST TCP's window update (Jin, Wei, Low, INFOCOM 2004), with
 * `headroom` as its α and `smoothing` as its γ.
 *
 * Successes and timeouts are measured; other failures say nothing of the load. About once in thirty windows the limit
 * is halved for a moment to measure the latency without load.
 *
 * @throws TypeError when an option is out of bounds, or `initial` is not from `min` to `max`
 * @example
 * ```ts
 * import { adaptiveBulkhead } from "@seaworthy/resilience";
 * const search = adaptiveBulkhead({ initial: 10, max: 200 });
 * console.log(await search.run(async () => "found"), search.limit); // found 10
 * ```
 */
export function adaptiveBulkhead(options: AdaptiveBulkheadOptions = {}): Bulkhead {
  checkOptions("adaptiveBulkhead", options, KNOWN);
  const { clock = systemClock } = options;
  soundClock("clock", clock);
  const name = checkName(otherwise(options.name, "bulkhead"), "adaptiveBulkhead");
  const min = wholeNumber("min", otherwise(options.min, DEFAULTS.min), 1, MOST_CALLS);
  const max = wholeNumber("max", otherwise(options.max, DEFAULTS.max), min, MOST_CALLS);
  const initial = wholeNumber(
    "initial",
    otherwise(options.initial, Math.min(max, Math.max(min, DEFAULTS.initial))),
    min,
    max,
  );
  const headroom = finiteNumber("headroom", otherwise(options.headroom, DEFAULTS.headroom), 1, 1000);
  const smoothing = share("smoothing", otherwise(options.smoothing, DEFAULTS.smoothing));
  const rule = new FastLimit({ initial, min, max, headroom, smoothing });
  const slots = new Slots({ name, clock, limit: initial, ...planQueue(options) });
  return bulkheadOf(name, clock, slots, measured(name, clock, slots, rule));
}

function measured(name: string, clock: Clock, slots: Slots, rule: FastLimit): Layer {
  const learn = ({ startedAt, inFlight, phase }: Start): undefined => {
    if (!rule.sample(clock.monotonic() - startedAt, inFlight, phase) || slots.limit === rule.current) return;
    slots.limit = rule.current;
    if (limitEvent.active) limitEvent.emit({ bulkhead: name }, slots.limit);
    slots.admit();
  };
  const leave: Leave<Start> = {
    returned: (_call, _value, start) => learn(start),
    threw: (_call, error, start) => (isTimeout(error) ? learn(start) : undefined),
  };
  return (next) => {
    const timed: Next = (call, exit) => {
      const start: Start = { startedAt: clock.monotonic(), inFlight: slots.active, phase: rule.phase };
      return next(call, new Exit(leave, call, start, exit));
    };
    return (call, exit) => slots.hold(call, timed, exit);
  };
}

/** What a call found when it got its slot. */
interface Start {
  readonly startedAt: number;
  readonly inFlight: number;
  readonly phase: number;
}
