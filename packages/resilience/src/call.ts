/** What a guarded operation receives. */
export interface Call {
  /**
   * Aborted if the attempt is no longer waited for: after a timeout, a lost hedge, or the abort of the caller's own
   * signal. After the attempt has succeeded only the caller's own signal aborts it, so a response's body stays readable
   * until the caller gives up. It is created when it is read.
   */
  readonly signal: AbortSignal;
  /** 1 for the first call, 2 for the first retry. */
  readonly attempt: number;
  /** 0 for the first call of an attempt, 1 for the first hedge beside it. */
  readonly hedge: number;
  /** When the attempt has to be over, in milliseconds since the Unix epoch; `undefined` when nothing bounds it. */
  readonly deadline: number | undefined;
}

/** Work that can be guarded. It may throw, return a value or a promise. */
export type Operation<T> = (call: Call) => T | PromiseLike<T>;

/** Options of one run. */
export interface RunOptions {
  /** Ends the run at once: it rejects with the signal's reason. Joined with the signal of core's context. */
  signal?: AbortSignal | undefined;
  /** Whether the operation may be repeated; `false` means neither retried nor hedged. @default true */
  idempotent?: boolean;
}

/** Anything that runs operations under guard: policies, breakers, bulkheads, and what hosts write themselves. */
export interface Runner {
  run(operation: Operation<unknown>, options?: RunOptions): Promise<unknown>;
}
