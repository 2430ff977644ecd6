import type { Clock, Duration } from "@seaworthy/core";
import type { Operation, Runner, RunOptions } from "../call.ts";

/** Options of the queue and the slots of a bulkhead. */
export interface QueueOptions {
  /** Calls that may wait for a slot, 0 to 1 000 000; one more is refused. @default 0 */
  queue?: number;
  /** The longest wait for a slot; more than 0. @default no limit of its own */
  queueTimeout?: Duration;
  /**
   * How long an operation keeps its slot after its caller has stopped waiting for it; 0 or more. The slot of an operation
   * that hangs and ignores its signal is then given to another call, although the operation may still run.
   * @default until the operation ends
   */
  releaseAfter?: Duration;
}

/** Options of `createBulkhead`. */
export interface BulkheadOptions extends QueueOptions {
  /** Calls in flight at once, 1 to 1 000 000. */
  concurrency: number;
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
  /** Operations that keep a slot although their caller has stopped waiting for them. */
  readonly abandoned: number;
  /** Milliseconds since the oldest of those was abandoned; 0 if there is none. */
  readonly oldestAbandoned: number;
  /** Slots taken back by `releaseAfter` since it was created. */
  readonly released: number;
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
   * @throws RESILIENCE_BULKHEAD_FULL if the queue is full too, or the wait took longer than `queueTimeout`
   */
  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T>;
  stats(): BulkheadStats;
  /** Ends its gauges. It still limits its calls. */
  dispose(): void;
  [Symbol.asyncDispose](): Promise<void>;
}
