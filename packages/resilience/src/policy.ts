import type { Clock, Duration } from "@seaworthy/core";
import type { Breaker, BreakerOptions } from "./breaker/breaker.ts";
import type { Bulkhead, BulkheadOptions } from "./bulkhead/bulkhead.ts";
import type { Operation, Runner, RunOptions } from "./call.ts";
import type { PolicyExplanation } from "./explanation.ts";
import type { HedgeOptions } from "./hedge-options.ts";
import type { RetryBudget, RetryBudgetOptions } from "./retry-budget.ts";
import type { RetryOptions } from "./retry-options.ts";
import type { Tier, Tiers } from "./tier.ts";

/** The guards that `policy` puts around an operation. A guard that is left out does not exist and costs nothing. */
export interface PolicyOptions<F = never> {
  /** How long a run may take in all, waits included; more than 0. @default no limit of its own */
  timeout?: Duration;
  /**
   * How long a fallback may take after the time of the run is up; more than 0. While more time is left, it may take that.
   * @default the timeout, at most 1 s; no limit if neither a timeout nor a deadline bounds the run
   */
  fallbackTimeout?: Duration;
  /** Repeats failed calls. @default one call */
  retry?: RetryOptions;
  /** Stops calling an upstream that fails: `true` or options for one of its own, or one shared with other policies. */
  breaker?: true | Omit<BreakerOptions, "name" | "clock"> | Breaker;
  /** Bounds the calls in flight: options, or a bulkhead (adaptive or shared). */
  bulkhead?: Omit<BulkheadOptions, "name" | "clock"> | Bulkhead;
  /** Sends a second call if the first is slow or fails. Setting this declares the operations safe to repeat. */
  hedge?: HedgeOptions;
  /**
   * Answers if everything else failed: a function of the error, or tiers that are tried in order, listed here or made by
   * `tiers`. Whatever the function returns is the answer, `null` and `undefined` included; what it throws is the error of
   * the run, with the operation's error as its cause.
   */
  fallback?: Tiers<unknown, F> | readonly Tier<unknown, F>[] | ((error: unknown) => F | PromiseLike<F>);
  /** Bounds retries and hedges together. @default a `retryBudget()` of the policy's own; `false` for none */
  budget?: RetryBudget | RetryBudgetOptions | false;
  /** Whether the operation runs in a context that carries this policy's deadline and signal, for guards further down. @default false */
  propagate?: boolean;
  /**
   * Whether a run holds the process open while a timeout, a backoff, a hedge or a queue waits, so that a script does not
   * end in the middle of a guarded call.
   * @default true
   */
  keepAlive?: boolean;
  /** @default systemClock */
  clock?: Clock;
  /** A number from 0 to 1, for the jitter of the retries. @default Math.random */
  random?: () => number;
}

/** How a run ended, as a value. */
export type Outcome<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** Calls of the operation. */
      readonly attempts: number;
      /** The fallback tier that answered. */
      readonly tier?: string;
      /** What the operation failed with, if a fallback answered. */
      readonly error?: unknown;
      /** Retries and hedges that the budget refused, if it refused any. */
      readonly refused?: number;
    }
  | {
      readonly ok: false;
      readonly error: unknown;
      /** Calls of the operation. */
      readonly attempts: number;
      /** Retries and hedges that the budget refused, if it refused any. */
      readonly refused?: number;
    };

/** Guards laid around each other, ready for any number of calls at once. */
export interface Policy<F = never> extends Runner {
  readonly name: string;
  /** Only a type: what a fallback may answer, so that a policy with a fallback does not pass for one without. */
  readonly "~fallback"?: F;
  readonly breaker: Breaker | undefined;
  readonly bulkhead: Bulkhead | undefined;
  readonly budget: RetryBudget | undefined;
  /** Runs the operation under guard. */
  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T | F>;
  /**
   * Returns a function that runs under guard; `this` is kept. Without a fallback, an asynchronous function keeps its type,
   * overloads included; a subclass of `Promise` that it returns becomes a plain promise.
   */
  wrap<Fn extends (...args: never[]) => Promise<unknown>>(fn: Fn & ([F] extends [never] ? unknown : never)): Fn;
  wrap<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => Promise<Awaited<R> | F>;
  /** Runs the operation and returns how it ended; never rejects. */
  execute<T>(operation: Operation<T>, options?: RunOptions): Promise<Outcome<T | F>>;
  /** Describes the guards in their order, with the worst case of time and calls, and warns about options that do not fit. */
  explain(): PolicyExplanation;
  /**
   * Releases the breaker and the bulkhead that the policy made for itself: their timers and gauges end. Calls still go
   * through, without the breaker.
   */
  dispose(): void;
  [Symbol.asyncDispose](): Promise<void>;
}
