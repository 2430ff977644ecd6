import { type Clock, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, integer, positiveDuration } from "@seaworthy/core/options";
import type { Operation, RunOptions } from "../call.ts";
import { describeLayer } from "../internal/facts.ts";
import type { Layer } from "../internal/guarded-call.ts";
import { checkName, otherwise } from "../internal/options.ts";
import { createPipeline, exposePipeline, type Pipeline, startRun } from "../internal/pipeline.ts";
import { trackState } from "../internal/tracked-state.ts";
import { inUseGauge, slotsGauge, waitingGauge } from "../telemetry.ts";
import type { Bulkhead, BulkheadOptions, BulkheadStats, QueueOptions } from "./bulkhead.ts";
import { Slots } from "./slots.ts";

/** Most slots, and most places in a queue. */
export const MOST_CALLS = 1_000_000;
const OPTIONS: readonly string[] = ["concurrency", "queue", "queueTimeout", "releaseAfter", "name", "clock"];

/**
 * Creates a bulkhead: at most `concurrency` calls at once, a queue in order of arrival behind them.
 *
 * A slot is held until the operation has really ended, even if its caller got a timeout before; `releaseAfter` limits
 * that. A queued call leaves at once if its signal aborts, and is refused only by `queueTimeout`. An idle bulkhead owns no
 * timer.
 *
 * @throws TypeError when an option is out of bounds
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
  const name = checkName(otherwise(options.name, "bulkhead"), "createBulkhead");
  const limit = integer("concurrency", options.concurrency, 1, MOST_CALLS);
  const plan = planQueue(options);
  const slots = new Slots({ name, clock, limit, ...plan });
  const layer: Layer = (next) => (call, exit) => slots.hold(call, next, exit);
  return bulkheadOf(name, clock, slots, describeBulkhead(layer, `${limit} calls at once`, plan));
}

/** The options of a queue, checked and resolved. */
export function planQueue(options: QueueOptions): { queue: number; queueTimeout: number; releaseAfter: number } {
  const { queueTimeout, releaseAfter } = options;
  return {
    releaseAfter: releaseAfter === undefined ? Number.POSITIVE_INFINITY : toMilliseconds(releaseAfter, "releaseAfter"),
    queue: integer("queue", otherwise(options.queue, 0), 0, MOST_CALLS),
    queueTimeout:
      queueTimeout === undefined ? Number.POSITIVE_INFINITY : positiveDuration("queueTimeout", queueTimeout),
  };
}

/** Notes what a layer with slots does. */
export function describeBulkhead(layer: Layer, limit: string, plan: { queue: number; queueTimeout: number }): Layer {
  const queue = plan.queue === 0 ? "no queue" : `a queue of ${plan.queue}`;
  const wait = plan.queue === 0 ? 0 : plan.queueTimeout;
  return describeLayer(layer, () => ({ guard: "bulkhead", limit: `${limit}, ${queue}`, wait }));
}

/** What hosts see of slots and the layer that uses them. */
export function bulkheadOf(name: string, clock: Clock, slots: Slots, layer: Layer): Bulkhead {
  const pipeline = createPipeline(name, clock, [layer]);
  const bulkhead = new SlotBulkhead(pipeline, slots);
  exposePipeline(bulkhead, pipeline);
  return bulkhead;
}

const TRACKED = [
  { gauge: inUseGauge, read: (slots: Slots) => slots.active },
  { gauge: waitingGauge, read: (slots: Slots) => slots.queued },
  { gauge: slotsGauge, read: (slots: Slots) => slots.limit },
];

class SlotBulkhead implements Bulkhead {
  readonly name: string;
  readonly #pipeline: Pipeline;
  readonly #slots: Slots;
  #untrack: (() => void) | undefined;

  constructor(pipeline: Pipeline, slots: Slots) {
    this.name = pipeline.name;
    this.#pipeline = pipeline;
    this.#slots = slots;
    // The slots and not this object: a composition keeps only them.
    this.#untrack = trackState(slots, { bulkhead: pipeline.name }, TRACKED);
  }

  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T> {
    return startRun(this.#pipeline, operation, options);
  }

  get active(): number {
    return this.#slots.active;
  }

  get queued(): number {
    return this.#slots.queued;
  }

  get limit(): number {
    return this.#slots.limit;
  }

  stats(): BulkheadStats {
    return this.#slots.stats();
  }

  dispose(): void {
    this.#untrack?.();
    this.#untrack = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
  }
}
