import { systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, integer, withDefault } from "@seaworthy/core/options";
import { bulkheadOf, describeBulkhead, MOST_CALLS, planQueue } from "../internal/bulkhead/slot-bulkhead.ts";
import { Slots } from "../internal/bulkhead/slots.ts";
import type { Layer } from "../internal/layer.ts";
import { checkName } from "../internal/options.ts";
import type { Bulkhead, BulkheadOptions } from "./bulkhead.ts";

const OPTIONS: readonly string[] = ["concurrency", "queue", "queueTimeout", "releaseAfter", "name", "clock"];

/**
 * Creates a bulkhead: at most `concurrency` calls at once, a queue in order of arrival behind them.
 *
 * A slot is held until the operation has really ended, even if its caller got a timeout before; `releaseAfter` limits
 * that. A queued call leaves at once if its signal aborts, and is refused only by `queueTimeout`. An idle bulkhead owns no
 * timer.
 *
 * @throws TypeError if an option is out of bounds
 * @example
 * ```ts
 * import { createBulkhead } from "@seaworthy/resilience";
 * const reports = createBulkhead({ concurrency: 2, queue: 10, queueTimeout: "1s" });
 * const sizes = await Promise.all([1, 2, 3].map((size) => reports.run(async () => size * 10)));
 * console.log(sizes); // [ 10, 20, 30 ]
 * ```
 */
export function createBulkhead(options: BulkheadOptions): Bulkhead {
  checkOptions("createBulkhead", options, OPTIONS);
  const { clock = systemClock } = options;
  clockOption("clock", clock);
  const name = checkName(withDefault(options.name, "bulkhead"), "createBulkhead");
  const limit = integer("concurrency", options.concurrency, 1, MOST_CALLS);
  const plan = planQueue(options);
  const slots = new Slots({ name, clock, limit, ...plan });
  const layer: Layer = (next) => (call, exit) => slots.hold(call, next, exit);
  return bulkheadOf(name, clock, slots, describeBulkhead(layer, `${limit} calls at once`, plan));
}
