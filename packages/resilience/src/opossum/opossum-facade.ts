import type { EventEmitter } from "node:events";

/** The counts of opossum, summed up over the rolling window. */
export interface OpossumStats {
  readonly failures: number;
  readonly fallbacks: number;
  readonly successes: number;
  readonly rejects: number;
  readonly fires: number;
  readonly timeouts: number;
  readonly semaphoreRejections: number;
  readonly percentiles: Readonly<Record<number, number>>;
  readonly latencyTimes: readonly number[];
  readonly latencyMean: number;
}

/** The rolling statistics of opossum; emits `snapshot` with the stats. */
export interface OpossumStatus extends EventEmitter {
  readonly stats: OpossumStats;
  readonly window: readonly object[];
}

/**
 * A breaker of this package with the members of one of opossum. Emits `fire`, `success`, `failure`, `timeout`, `reject`,
 * `semaphoreLocked`, `fallback`, `open`, `halfOpen`, `close` and `shutdown`, with opossum's arguments.
 */
export interface OpossumFacade<A extends unknown[], R> extends EventEmitter {
  readonly name: string;
  readonly group: string;
  readonly opened: boolean;
  readonly closed: boolean;
  readonly halfOpen: boolean;
  readonly pendingClose: boolean;
  readonly enabled: boolean;
  readonly warmUp: boolean;
  readonly isShutdown: boolean;
  readonly stats: OpossumStats;
  readonly status: OpossumStatus;
  /** Calls the action under guard. An error of a guard has the code that opossum would have given it. */
  fire(...args: A): Promise<R>;
  /** The same with a `this` for the action. */
  call(context: unknown, ...args: A): Promise<R>;
  /** Sets the function that answers if a call fails: it is given the arguments and the error. Returns the object itself. */
  fallback(answer: (...args: [...A, unknown]) => R | PromiseLike<R>): this;
  open(): void;
  close(): void;
  enable(): void;
  disable(): void;
  toJSON(): { state: object; status: OpossumStats };
  /** Ends the statistics and the events; later calls reject. The breaker behind it goes on. */
  shutdown(): void;
}
