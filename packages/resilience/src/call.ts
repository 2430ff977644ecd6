/** What a guarded operation is given. */
export interface Call {
  /**
   * Aborted when nobody waits for this attempt any more: a timeout, the caller's own signal, a lost hedge. Never aborted
   * after the attempt has succeeded, so a response's body stays readable. Made on first reading.
   */
  readonly signal: AbortSignal;
  /** 1 for the first call, 2 for the first retry. */
  readonly attempt: number;
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
