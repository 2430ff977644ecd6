import { type Clock, systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, finiteNumber, integer, withDefault } from "@seaworthy/core/options";
import { GradientLimit } from "../internal/bulkhead/gradient-limit.ts";
import { bulkheadOf, describeBulkhead, MOST_CALLS, planQueue } from "../internal/bulkhead/slot-bulkhead.ts";
import { Slots } from "../internal/bulkhead/slots.ts";
import { ExitFrame, type ExitHandler } from "../internal/exit-frames.ts";
import { isTimeout } from "../internal/invoke.ts";
import type { Layer, Next } from "../internal/layer.ts";
import { checkName, share } from "../internal/options.ts";
import { statusOf } from "../internal/status.ts";
import { limitEvent } from "../telemetry.ts";
import type { Bulkhead, QueueOptions } from "./bulkhead.ts";

/** Options of {@link adaptiveBulkhead}. */
export interface AdaptiveBulkheadOptions extends QueueOptions {
  /** The limit to begin with. @default 20 */
  initial?: number;
  /** The limit never goes below this; 1 or more. @default 1 */
  min?: number;
  /** The limit never goes above this; at most 1 000 000. @default 1000 */
  max?: number;
  /** Calls that are added per window while latency stays within the tolerance; 1 to 1000. A large limit grows by an eighth of itself. @default 4 */
  headroom?: number;
  /** Weight of each new estimate, more than 0 and at most 1. @default 0.2 */
  smoothing?: number;
  /** How many times its usual latency the upstream may take before the limit falls; 1 to 10. @default 1.5 */
  tolerance?: number;
  /** Label of events. @default "bulkhead" */
  name?: string;
  /** @default systemClock */
  clock?: Clock;
}

const DEFAULTS = { initial: 20, min: 1, max: 1000, headroom: 4, smoothing: 0.2, tolerance: 1.5 } as const;
const OPTIONS: readonly string[] = [
  "initial",
  "min",
  "max",
  "headroom",
  "smoothing",
  "tolerance",
  "queue",
  "queueTimeout",
  "releaseAfter",
  "name",
  "clock",
];

/**
 * Creates a bulkhead whose limit follows the upstream: it grows while latency stays near its long average, and falls if
 * latency rises or the upstream sheds load. The rule is Gradient2 of Netflix's concurrency-limits, with a base latency
 * that does not follow an overload.
 *
 * The latency of successes is measured. Timeouts and the statuses 429 and 503, of an error or of a result, lower the limit
 * by their share of the calls. Other failures say nothing about the load and are not counted. While the limit binds, it is
 * halved for a moment once in 100 windows to measure the latency without a queue.
 *
 * @throws TypeError if an option is out of bounds, or `initial` is not from `min` to `max`
 * @example
 * ```ts
 * import { adaptiveBulkhead } from "@seaworthy/resilience";
 * const search = adaptiveBulkhead({ initial: 10, max: 200 });
 * console.log(await search.run(async () => "found"), search.limit); // found 10
 * ```
 */
export function adaptiveBulkhead(options: AdaptiveBulkheadOptions = {}): Bulkhead {
  checkOptions("adaptiveBulkhead", options, OPTIONS);
  const { clock = systemClock } = options;
  clockOption("clock", clock);
  const name = checkName(withDefault(options.name, "bulkhead"), "adaptiveBulkhead");
  const min = integer("min", withDefault(options.min, DEFAULTS.min), 1, MOST_CALLS);
  const max = integer("max", withDefault(options.max, Math.max(min, DEFAULTS.max)), min, MOST_CALLS);
  const byDefault = Math.min(max, Math.max(min, DEFAULTS.initial));
  const initial = integer("initial", withDefault(options.initial, byDefault), min, max);
  const rule = new GradientLimit({
    initial,
    min,
    max,
    headroom: finiteNumber("headroom", withDefault(options.headroom, DEFAULTS.headroom), 1, 1000),
    smoothing: share("smoothing", withDefault(options.smoothing, DEFAULTS.smoothing)),
    tolerance: finiteNumber("tolerance", withDefault(options.tolerance, DEFAULTS.tolerance), 1, 10),
  });
  const plan = planQueue(options);
  const slots = new Slots({ name, clock, limit: initial, ...plan });
  const layer = measured(name, clock, slots, rule);
  return bulkheadOf(name, clock, slots, describeBulkhead(layer, `an adaptive limit of ${min} to ${max}`, plan));
}

function measured(name: string, clock: Clock, slots: Slots, rule: GradientLimit): Layer {
  const learn = ({ startedAt, inFlight, probe }: Start, dropped: boolean): undefined => {
    if (!rule.end(clock.monotonic() - startedAt, inFlight, probe, dropped) || slots.limit === rule.current) return;
    slots.limit = rule.current;
    if (limitEvent.active) limitEvent.emit({ bulkhead: name }, slots.limit);
    slots.admit();
  };
  const handler: ExitHandler<Start> = {
    onReturn: (_call, value, start) => learn(start, isShed(value)),
    onThrow: (_call, error, start) => (isTimeout(error) || isShed(error) ? learn(start, true) : undefined),
  };
  return (next) => {
    const timed: Next = (call, exit) => {
      const start: Start = { startedAt: clock.monotonic(), inFlight: slots.active, probe: rule.begin() };
      return next(call, new ExitFrame(handler, call, start, exit));
    };
    return (call, exit) => slots.hold(call, timed, exit);
  };
}

/** Whether the upstream refused the call because it has too much to do (RFC 6585, 4; RFC 9110, 15.6.4). */
function isShed(outcome: unknown): boolean {
  const status = statusOf(outcome);
  return status === 429 || status === 503;
}

/** What a call found when it got its slot. */
interface Start {
  readonly startedAt: number;
  readonly inFlight: number;
  readonly probe: number;
}
