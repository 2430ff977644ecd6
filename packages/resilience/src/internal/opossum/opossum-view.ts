import { EventEmitter } from "node:events";
import { showValue } from "@seaworthy/core/options";
import CircuitBreaker from "opossum";
import type { Breaker, BreakerChange } from "../../breaker/breaker.ts";
import type { Runner } from "../../call.ts";
import { hasCode } from "../../errors.ts";
import type { OpossumFacade, OpossumStats, OpossumStatus } from "../../opossum/opossum-facade.ts";
import type { ObservableBreaker } from "../breaker/call-observer.ts";
import type { Verdict } from "../breaker/judge.ts";
import { isTimeout } from "../invoke.ts";
import { reportCallback } from "../report.ts";
import { legacyError, shutdownError } from "./legacy-error.ts";

type Counted = "failures" | "fallbacks" | "successes" | "rejects" | "fires" | "timeouts" | "semaphoreRejections";

/** The methods of `Status` that its published types leave out. */
interface CountingStatus extends OpossumStatus {
  increment(property: Counted, latency?: number): void;
  open(): void;
  close(): void;
  shutdown(): void;
}

/** Of opossum's `Status`. */
export interface StatusOptions {
  readonly rollingCountTimeout: number;
  readonly rollingCountBuckets: number;
  readonly rollingPercentilesEnabled: boolean;
  readonly enableSnapshots: boolean;
}

/** What `toOpossum` returns. */
export class OpossumView<A extends unknown[], R> extends EventEmitter implements OpossumFacade<A, R> {
  readonly status: CountingStatus;
  readonly #guard: Runner;
  readonly #breaker: Breaker;
  readonly #action: (...args: A) => R | PromiseLike<R>;
  readonly #stops: (() => void)[];
  #fallback: ((...args: [...A, unknown]) => R | PromiseLike<R>) | undefined;
  #isShutdown = false;
  /** Of the call of `fire` that is just beginning. */
  #args: unknown[] = [];

  constructor(
    guard: Runner,
    breaker: ObservableBreaker,
    action: (...args: A) => R | PromiseLike<R>,
    options: StatusOptions,
  ) {
    super();
    this.#guard = guard;
    this.#breaker = breaker;
    this.#action = action;
    const status: unknown = CircuitBreaker.newStatus({ ...options });
    this.status = status as CountingStatus;
    this.#stops = [
      breaker.observeCalls({ begin: () => this.#begin(), refused: (error) => this.#refused(error) }),
      breaker.onChange((change) => this.#changed(change)),
    ];
  }

  #begin(): (verdict: Verdict, outcome: unknown, latency: number) => void {
    const args = this.#args;
    this.status.increment("fires");
    this.#emit("fire", args);
    return (verdict, outcome, latency) => {
      if (this.#isShutdown || verdict === "ignored") return;
      if (verdict === "success") {
        this.status.increment("successes", latency);
        this.#emit("success", outcome, latency);
        return;
      }
      if (isTimeout(outcome)) {
        this.status.increment("timeouts", latency);
        this.#emit("timeout", legacyError(outcome), latency, args);
      }
      this.status.increment("failures", latency);
      this.#emit("failure", legacyError(outcome), latency, args);
    };
  }

  #refused(error: Error): void {
    this.status.increment("fires");
    this.#emit("fire", this.#args);
    this.status.increment("rejects");
    this.#emit("reject", legacyError(error));
  }

  /** A listener that throws must not fail the call that it is notified of. */
  #emit(event: string, ...args: unknown[]): void {
    try {
      this.emit(event, ...args);
    } catch (error) {
      reportCallback(this, "A listener of toOpossum", error);
    }
  }

  #changed({ to }: BreakerChange): void {
    if (to === "closed") {
      this.status.close();
      this.#emit("close");
    } else if (to === "half-open") this.#emit("halfOpen", this.#breaker.stats().openRemaining);
    else {
      this.status.open();
      this.#emit("open");
    }
  }

  fire(...args: A): Promise<R> {
    return this.#call(undefined, args);
  }

  call(context: unknown, ...args: A): Promise<R> {
    return this.#call(context, args);
  }

  async #call(context: unknown, args: A): Promise<R> {
    if (this.#isShutdown) throw shutdownError();
    this.#args = args;
    // The guards begin within the call of run(), so its events have these arguments.
    const work = this.#guard.run(() => this.#action.apply(context, args)) as Promise<R>;
    this.#args = [];
    try {
      return await work;
    } catch (error) {
      const failure = legacyError(error);
      if (hasCode(error, "RESILIENCE_BULKHEAD_FULL")) {
        this.status.increment("semaphoreRejections");
        this.#emit("semaphoreLocked", failure, 0);
      }
      if (this.#fallback === undefined) throw failure;
      const answer = this.#fallback(...args, failure);
      this.status.increment("fallbacks");
      this.#emit("fallback", answer, failure);
      return answer;
    }
  }

  fallback(answer: (...args: [...A, unknown]) => R | PromiseLike<R>): this {
    if (typeof answer !== "function") throw new TypeError(`fallback takes a function; got ${showValue(answer)}`);
    this.#fallback = answer;
    return this;
  }

  get name(): string {
    return this.#breaker.name;
  }

  get group(): string {
    return this.name;
  }

  get opened(): boolean {
    return this.#breaker.state === "open" || this.#breaker.state === "isolated";
  }

  get closed(): boolean {
    return this.#breaker.state === "closed";
  }

  get halfOpen(): boolean {
    return this.#breaker.state === "half-open";
  }

  get pendingClose(): boolean {
    return this.halfOpen;
  }

  get enabled(): boolean {
    return this.#breaker.mode === "enforcing";
  }

  get warmUp(): boolean {
    return false;
  }

  get isShutdown(): boolean {
    return this.#isShutdown;
  }

  get stats(): OpossumStats {
    return this.status.stats;
  }

  open(): void {
    if (!this.opened) this.#breaker.trip();
  }

  close(): void {
    if (!this.closed) this.#breaker.reset();
  }

  enable(): void {
    this.#breaker.setMode("enforcing");
  }

  disable(): void {
    this.#breaker.setMode("disabled");
  }

  toJSON(): { state: object; status: OpossumStats } {
    const { name, enabled, closed, opened: open, halfOpen, warmUp, isShutdown: shutdown } = this;
    return { state: { name, enabled, closed, open, halfOpen, warmUp, shutdown }, status: this.stats };
  }

  shutdown(): void {
    if (this.#isShutdown) return;
    this.#isShutdown = true;
    this.#emit("shutdown");
    for (const stop of this.#stops.splice(0)) stop();
    this.removeAllListeners();
    this.status.shutdown();
  }
}
