import { type Clock, toMilliseconds } from "@seaworthy/core";
import { integer, positiveDuration, withDefault } from "@seaworthy/core/options";
import type { Bulkhead, BulkheadStats, QueueOptions } from "../../bulkhead/bulkhead.ts";
import type { Operation, RunOptions } from "../../call.ts";
import { inUseGauge, slotsGauge, waitingGauge } from "../../telemetry.ts";
import { describeLayer } from "../facts.ts";
import type { Layer } from "../layer.ts";
import { createPipeline, exposePipeline, type Pipeline, startRun } from "../pipeline.ts";
import { trackState } from "../tracked-state.ts";
import type { Slots } from "./slots.ts";

/** Most slots, and most places in a queue. */
export const MOST_CALLS = 1_000_000;

/** The options of a queue, checked and resolved. */
export function planQueue(options: QueueOptions): { queue: number; queueTimeout: number; releaseAfter: number } {
  const { queueTimeout, releaseAfter } = options;
  return {
    releaseAfter: releaseAfter === undefined ? Number.POSITIVE_INFINITY : toMilliseconds(releaseAfter, "releaseAfter"),
    queue: integer("queue", withDefault(options.queue, 0), 0, MOST_CALLS),
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
