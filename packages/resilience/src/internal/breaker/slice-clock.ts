import { type Clock, startTimer } from "@seaworthy/core";
import { PerTimers } from "../per-timers.ts";

/**
 * Counts slices of time for all windows whose slices are equally long. A window compares the count with the one that it
 * last saw, so a tick of the one timer does nothing but add to a number, however many windows there are. The timer runs
 * while a window has been used within the last `SLICES` slices and has not been cleared.
 */
export class SliceClock {
  readonly length: number;
  /** The number of the current slice. */
  now = 0;
  /** Windows that may hold something. */
  #users = 0;
  /** Changes when all users are let go of together. */
  generation = 0;
  #usedAt = 0;
  #movedAt: number;
  readonly #clock: Clock;
  readonly #manual: boolean;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, length: number) {
    this.#clock = clock;
    this.length = length;
    this.#movedAt = clock.monotonic();
    // Such a clock may be moved by hand, and no timer of it ticks in time.
    this.#manual = clock.schedule === undefined;
  }

  /** Notes that a window is in use, and returns the current slice. Reads the clock only if no timer does. */
  use(): number {
    if (this.#manual || this.#cancel === undefined) this.catchUp();
    this.#usedAt = this.now;
    return this.now;
  }

  /** A window begins to hold something. Returns what to hand to {@link leave}. */
  join(): number {
    if (this.#users === 0) {
      // Nothing is held: a slice may begin now.
      this.catchUp();
      this.#movedAt = this.#clock.monotonic();
      this.now += 1;
      this.#wait(this.length);
    }
    this.#users += 1;
    this.#usedAt = this.now;
    return this.generation;
  }

  /** A window holds nothing any more. */
  leave(generation: number): void {
    if (generation !== this.generation) return;
    this.#users -= 1;
    if (this.#users === 0) this.#stop();
  }

  /** Moves on by what has passed. */
  catchUp(): void {
    const now = this.#clock.monotonic();
    // Only a clock that was put in another's place goes back; what is held then ages from there.
    if (now < this.#movedAt) this.#movedAt = now;
    const slices = Math.floor((now - this.#movedAt) / this.length + 1e-6);
    this.#movedAt += slices * this.length;
    this.now += slices;
  }

  #wait(delay: number): void {
    this.#cancel = startTimer(this.#clock, delay, () => {
      this.catchUp();
      if (this.now - this.#usedAt < SLICES) {
        this.#wait(Math.max(1, this.#movedAt + this.length - this.#clock.monotonic()));
        return;
      }
      // Whatever any window holds has expired.
      this.#users = 0;
      this.generation += 1;
      this.#stop();
    });
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/** Slices of a window. */
export const SLICES = 10;
const clocks = new PerTimers<Map<number, SliceClock>>(() => new Map());

/** The clock that all windows with slices of this length share. */
export function sharedSliceClock(clock: Clock, length: number): SliceClock {
  const shared = clocks.of(clock);
  let found = shared.get(length);
  if (found === undefined) {
    found = new SliceClock(clock, length);
    shared.set(length, found);
  }
  return found;
}
