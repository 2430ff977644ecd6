import { type Clock, currentContext, remainingTime, sleep, startTimer } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { RateLimitDecision } from "../rate-limiter.ts";
import { waitEvent } from "../telemetry.ts";

/** Options of {@link Turns}. */
export interface TurnsOptions {
  readonly limiter: string;
  readonly maxWaiting: number;
  readonly clock: Clock;
  readonly consume: (key: string, cost: number) => Promise<RateLimitDecision>;
  /** Gives back what was consumed for a call that was cancelled meanwhile. */
  readonly refund: (key: string, cost: number) => Promise<unknown>;
}

/** One call that waits. */
export interface TurnRequest {
  readonly cost: number;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds. */
  readonly maxWait: number;
}

interface Waiting {
  readonly cost: number;
  /** On the clock. */
  readonly until: number;
  /** Whether it was answered, or does not wait any more. */
  isOver: boolean;
  readonly resolve: (decision: RateLimitDecision) => void;
  readonly reject: (error: unknown) => void;
}

interface Queue {
  readonly waiting: Waiting[];
  /** Ends the pause of the loop, because the first one has left. */
  wake: AbortController;
}

/** Calls that wait until they are allowed. For each key, the first one asks, and the others wait behind it. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #queues = new Map<string, Queue>();
  #count = 0;
  #isClosed = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#count;
  }

  /** Waits for the turn of a call. */
  async take(key: string, request: TurnRequest): Promise<RateLimitDecision> {
    const { clock, limiter, maxWaiting } = this.#options;
    const signal = request.signal ?? currentContext().signal;
    const maxWait = Math.min(request.maxWait, remainingTime(clock));
    signal?.throwIfAborted();
    if (this.#count >= maxWaiting) throw errors.RATELIMIT_QUEUE_FULL({ limiter });
    if (maxWait <= 0 && this.#queues.has(key)) throw errors.RATELIMIT_WAIT_TOO_LONG({ limiter });
    const started = clock.monotonic();
    const emit = (outcome: string): void => {
      if (waitEvent.active) waitEvent.emit({ limiter, outcome }, (clock.monotonic() - started) / 1000);
    };
    try {
      const decision = await this.#wait(key, { ...request, maxWait, signal }, started);
      emit("ok");
      return decision;
    } catch (error) {
      emit(signal?.aborted === true ? "cancelled" : "refused");
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { waiting, wake } of this.#queues.values()) {
      for (const { reject } of [...waiting]) reject(errors.RATELIMIT_CLOSED({ limiter: this.#options.limiter }));
      wake.abort();
    }
  }

  #wait(key: string, { cost, signal, maxWait }: TurnRequest, started: number): Promise<RateLimitDecision> {
    const { clock, limiter } = this.#options;
    this.#count += 1;
    return new Promise<RateLimitDecision>((resolve, reject) => {
      let cancelTimer: (() => void) | undefined;
      const onAbort = (): void => waiting.reject(signal?.reason);
      const leave = (): boolean => {
        if (waiting.isOver) return false;
        waiting.isOver = true;
        this.#count -= 1;
        cancelTimer?.();
        signal?.removeEventListener("abort", onAbort);
        return true;
      };
      const waiting: Waiting = {
        cost,
        until: started + maxWait,
        isOver: false,
        resolve: (decision) => void (leave() && resolve(decision)),
        reject: (error) => {
          if (!leave()) return;
          reject(error);
          this.#left(key, waiting);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      if (maxWait > 0 && Number.isFinite(maxWait))
        cancelTimer = startTimer(clock, maxWait, () => waiting.reject(errors.RATELIMIT_WAIT_TOO_LONG({ limiter })), {
          keepAlive: true,
        });
      this.#enqueue(key, waiting);
    });
  }

  #enqueue(key: string, waiting: Waiting): void {
    const queue = this.#queues.get(key);
    if (queue !== undefined) {
      queue.waiting.push(waiting);
      return;
    }
    const created: Queue = { waiting: [waiting], wake: new AbortController() };
    this.#queues.set(key, created);
    void this.#serve(key, created);
  }

  #left(key: string, former: Waiting): void {
    const queue = this.#queues.get(key);
    if (queue === undefined) return;
    const place = queue.waiting.indexOf(former);
    if (place === 0) queue.wake.abort();
    // Behind a first one that waits for long, those that left would fill the memory.
    else if (place > 0) queue.waiting.splice(place, 1);
  }

  async #serve(key: string, queue: Queue): Promise<void> {
    for (let first = queue.waiting[0]; first !== undefined; first = queue.waiting[0]) {
      const pause = first.isOver || this.#isClosed ? 0 : await this.#ask(key, first);
      if (first.isOver) {
        queue.waiting.shift();
        continue;
      }
      queue.wake = new AbortController();
      // The wait itself has a listener for its signal; this one ends when the first call leaves.
      await sleep(pause, { clock: this.#options.clock, signal: queue.wake.signal, keepAlive: true }).catch(() => 0);
    }
    this.#queues.delete(key);
  }

  /** @returns milliseconds until the call may be allowed; it is over if it was answered */
  async #ask(key: string, first: Waiting): Promise<number> {
    const { consume, refund, clock, limiter } = this.#options;
    let decision: RateLimitDecision;
    try {
      decision = await consume(key, first.cost);
    } catch (error) {
      first.reject(error);
      return 0;
    }
    if (decision.allowed) {
      if (first.isOver) await refund(key, first.cost).catch(() => undefined);
      else first.resolve(decision);
      return 0;
    }
    const { retryAfter, source } = decision;
    if (retryAfter === Number.POSITIVE_INFINITY) {
      const make = source === "block-list" ? errors.RATELIMIT_EXCEEDED : errors.RATELIMIT_COST_TOO_LARGE;
      first.reject(make({ limiter, cost: first.cost }));
    } else if (clock.monotonic() + retryAfter > first.until) {
      first.reject(errors.RATELIMIT_WAIT_TOO_LONG({ limiter }, { retryAfter }));
    }
    return retryAfter;
  }
}
