import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import { checkOptions, positiveDuration, soundClock, wholeNumber } from "@seaworthy/core/options";
import type { Operation, Runner, RunOptions } from "../call.ts";
import type { Layer } from "../internal/guarded-call.ts";
import { checkName, otherwise } from "../internal/options.ts";
import { createPipeline, exposePipeline, type Pipeline, startRun } from "../internal/pipeline.ts";
import { Slots } from "./slots.ts";

/** Options of {@link createBulkhead}. */
export interface BulkheadOptions {
  /** Calls in flight at once, 1 to 1 000 000. */
  concurrency: number;
  /** Calls that may wait for a slot, 0 to 1 000 000; one more is refused. @default 0 */
  queue?: number;
  /** The longest wait for a slot; more than 0. @default no limit of its own */
  queueTimeout?: Duration;
  /** Label of events. @default "bulkhead" */
  name?: string;
  /** @default systemClock */
  clock?: Clock;
}

/** Figures of a bulkhead. */
export interface BulkheadStats {
  readonly active: number;
  readonly queued: number;
  /** Calls that may be in flight at once, now. */
  readonly limit: number;
  /** Calls refused since it was created. */
  readonly rejected: number;
}

/** Bounds how many calls are in flight. */
export interface Bulkhead extends Runner {
  readonly name: string;
  readonly active: number;
  readonly queued: number;
  /** Calls that may be in flight at once, now. */
  readonly limit: number;
  /**
   * Runs the operation in a slot, at once or after a wait.
   * @throws RESILIENCE_BULKHEAD_FULL when the queue is full too, or the wait took longer than `queueTimeout`
   */
  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T>;
  stats(): BulkheadStats;
}

/** Most slots, and most places in a queue. */
export const MOST_CALLS = 1_000_000;
const KNOWN: readonly string[] = ["concurrency", "queue", "queueTimeout", "name", "clock"];

/**
 * Creates a bulkhead: at most `concurrency` calls at once, a queue in order of arrival behind them.
 *
 * A slot is held until the operation has really ended, even when its caller was told of a timeout before. A queued
 * call leaves at once when its signal aborts, and is refused only by `queueTimeout`. An idle bulkhead owns no timer.
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
  checkOptions("createBulkhead", options, KNOWN);
  const { clock = systemClock } = options;
  soundClock("clock", clock);
  const name = checkName(otherwise(options.name, "bulkhead"), "createBulkhead");
  const limit = wholeNumber("concurrency", options.concurrency, 1, MOST_CALLS);
  const slots = new Slots({ name, clock, limit, ...planQueue(options) });
  return bulkheadOf(name, clock, slots, (next) => (call, exit) => slots.hold(call, next, exit));
}

/** The options of a queue, checked and resolved. */
export function planQueue(options: { queue?: number; queueTimeout?: Duration }): {
  queue: number;
  queueTimeout: number;
} {
  const { queueTimeout } = options;
  return {
    queue: wholeNumber("queue", otherwise(options.queue, 0), 0, MOST_CALLS),
    queueTimeout:
      queueTimeout === undefined ? Number.POSITIVE_INFINITY : positiveDuration("queueTimeout", queueTimeout),
  };
}

/** What hosts see of slots and the layer that uses them. */
export function bulkheadOf(name: string, clock: Clock, slots: Slots, layer: Layer): Bulkhead {
  const pipeline = createPipeline(name, clock, [layer]);
  const bulkhead = new SlotBulkhead(pipeline, slots);
  exposePipeline(bulkhead, pipeline);
  return bulkhead;
}

class SlotBulkhead implements Bulkhead {
  readonly name: string;
  readonly #pipeline: Pipeline;
  readonly #slots: Slots;

  constructor(pipeline: Pipeline, slots: Slots) {
    this.name = pipeline.name;
    this.#pipeline = pipeline;
    this.#slots = slots;
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
    const { active, queued, limit, rejected } = this.#slots;
    return { active, queued, limit, rejected };
  }
}
