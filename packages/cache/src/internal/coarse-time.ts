import type { Clock } from "@seaworthy/core";

/**
 * The monotonic clock to a millisecond. Reading it costs as much as the rest of a hit does, so it is read again only when
 * the wall clock, which is cheap, shows another millisecond: also if that one was set.
 */
export class CoarseTime {
  readonly #clock: Clock;
  #wall = Number.NaN;
  #monotonic = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    const wall = this.#clock.now();
    if (wall !== this.#wall) {
      this.#wall = wall;
      this.#monotonic = this.#clock.monotonic();
    }
    return this.#monotonic;
  }
}
