import { type Clock, startTimer } from "@seaworthy/core";
import type { BulkheadStats } from "../../bulkhead/bulkhead.ts";
import { errors } from "../../errors.ts";
import { rejectionEvent } from "../../telemetry.ts";
import { ExitFrame, type ExitHandler, unwind } from "../exit-frames.ts";
import type { GuardedCall } from "../guarded-call.ts";
import { timeoutError } from "../invoke.ts";
import type { Next } from "../layer.ts";
import { Place, WaitingLine } from "./waiting-line.ts";

/** Bounds of {@link Slots}. */
export interface SlotOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly limit: number;
  readonly queue: number;
  readonly queueTimeout: number;
  readonly releaseAfter: number;
}

/** An operation that is no longer waited for, and that keeps its slot. */
interface AbandonedOperation {
  readonly since: number;
  cancel: (() => void) | undefined;
}

/**
 * Slots for calls in flight, and a queue in order of arrival. A slot that falls free is handed to the first in the
 * queue, not put back, so no call can overtake another, and a queued call is never refused because there is no room. A
 * slot is held until the work has really ended, although the caller may have got a timeout long before.
 */
export class Slots {
  limit: number;
  active = 0;
  rejected = 0;
  readonly #options: SlotOptions;
  readonly #line = new WaitingLine();
  readonly #abandonedOperations = new Set<AbandonedOperation>();
  #released = 0;
  readonly #exitHandler: ExitHandler = { onReturn: (call) => this.#over(call), onThrow: (call) => this.#over(call) };

  constructor(options: SlotOptions) {
    this.#options = options;
    this.limit = options.limit;
  }

  get queued(): number {
    return this.#line.length;
  }

  /** Runs the rest of the pipeline in a slot. */
  hold(call: GuardedCall, next: Next, exit: ExitFrame | undefined): Promise<unknown> {
    if (this.active >= this.limit) return unwind(this.#enterLater(call, next), exit);
    this.active += 1;
    return next(call, new ExitFrame(this.#exitHandler, call, undefined, exit));
  }

  async #enterLater(call: GuardedCall, next: Next): Promise<unknown> {
    await this.#wait(call);
    return next(call, new ExitFrame(this.#exitHandler, call, undefined, undefined));
  }

  #over(call: GuardedCall): undefined {
    if (call.abandonedOperations === 0) this.#release();
    else this.#keep(call);
  }

  /** Holds the slot for work that still runs, no longer than `releaseAfter`. */
  #keep(call: GuardedCall): void {
    const { clock, releaseAfter } = this.#options;
    const straggler: AbandonedOperation = { since: clock.monotonic(), cancel: undefined };
    this.#abandonedOperations.add(straggler);
    const leave = (): void => {
      if (!this.#abandonedOperations.delete(straggler)) return;
      straggler.cancel?.();
      this.#release();
    };
    if (releaseAfter !== Number.POSITIVE_INFINITY)
      straggler.cancel = startTimer(clock, releaseAfter, () => {
        this.#released += 1;
        leave();
      });
    call.whenIdle(leave);
  }

  stats(): BulkheadStats {
    const { active, queued, limit, rejected } = this;
    // A set keeps the order of insertion.
    const [oldest] = this.#abandonedOperations;
    const oldestAbandoned = oldest === undefined ? 0 : this.#options.clock.monotonic() - oldest.since;
    const abandoned = this.#abandonedOperations.size;
    return { active, queued, limit, rejected, abandoned, oldestAbandoned, released: this.#released };
  }

  #release(): void {
    this.active -= 1;
    this.admit();
  }

  /** Lets in as many of the queue as there is room for; to be called when the limit has grown. */
  admit(): void {
    for (let place = this.#line.first; place !== undefined && this.active < this.limit; place = this.#line.first) {
      this.active += 1;
      place.enter();
    }
  }

  #wait(call: GuardedCall): Promise<void> {
    if (call.aborted) return Promise.reject(call.reason);
    const { queue, clock, queueTimeout } = this.#options;
    if (this.#line.length >= queue) return Promise.reject(this.#refusal(call, "bulkhead_full"));
    const since = clock.monotonic();
    const left = call.armed ? Number.POSITIVE_INFINITY : Math.max(0, call.remaining());
    call.queued = true;
    return new Promise((resolve, reject) => {
      let cancel: (() => void) | undefined;
      const leave = (): void => {
        this.#line.remove(place);
        cancel?.();
        call.waiter = undefined;
      };
      const place = new Place(() => {
        leave();
        call.queued = false;
        call.waited += clock.monotonic() - since;
        resolve();
      });
      const expire = (): void => {
        leave();
        reject(queueTimeout <= left ? this.#refusal(call, "queue_timeout") : timeoutError(call.name, left));
      };
      const limit = Math.min(queueTimeout, left);
      if (limit !== Number.POSITIVE_INFINITY) cancel = startTimer(clock, limit, expire, { keepAlive: true });
      call.waiter = (reason) => {
        leave();
        reject(reason);
      };
      this.#line.join(place);
    });
  }

  #refusal(call: GuardedCall, reason: "bulkhead_full" | "queue_timeout"): Error {
    this.rejected += 1;
    const { name } = this.#options;
    if (rejectionEvent.active) rejectionEvent.emit({ policy: call.name, reason }, undefined, { bulkhead: name });
    return errors.RESILIENCE_BULKHEAD_FULL({ bulkhead: name, reason, limit: this.limit });
  }
}
