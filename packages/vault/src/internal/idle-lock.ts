import { type Clock, startTimer } from "@seaworthy/core";

/** Calls back once nothing has happened for a while. One timer, moved on only when it fires; it does not keep the process running. */
export class IdleLock {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #onIdle: () => void;
  #last = 0;
  #cancel: (() => void) | undefined;

  /** A limit of `Infinity` never calls. */
  constructor(clock: Clock, limit: number, onIdle: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#onIdle = onIdle;
  }

  start(): void {
    this.#last = this.#clock.monotonic();
    if (this.#cancel === undefined && this.#limit !== Number.POSITIVE_INFINITY) this.#arm(this.#limit);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Something happens now. If it comes too late, calls back first: a busy event loop may hold the timer up. */
  touch(): void {
    if (this.#cancel === undefined) return;
    if (this.#idle() >= this.#limit) this.#end();
    else this.#last = this.#clock.monotonic();
  }

  #idle(): number {
    return this.#clock.monotonic() - this.#last;
  }

  #arm(delay: number): void {
    this.#cancel = startTimer(this.#clock, delay, () => {
      const left = this.#limit - this.#idle();
      if (left > 0) this.#arm(left);
      else this.#end();
    });
  }

  #end(): void {
    this.stop();
    this.#onIdle();
  }
}
