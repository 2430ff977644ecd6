import { type Clock, startTimer } from "@seaworthy/core";
import { PerTimers } from "../internal/per-timers.ts";

/** A window that moves with time while it holds samples. */
export interface Rotating {
  /** Moves on by so many slices; answers whether any slice still holds a sample. */
  rotate(slices: number): boolean;
}

/**
 * Moves all windows whose slices are equally long, behind one timer for all of them. A window joins with its first
 * sample and is let go when its last one has expired; with no window left there is no timer. A timer that comes late
 * moves the windows by as many slices as have passed.
 */
class Rotation {
  readonly #clock: Clock;
  readonly #slice: number;
  readonly #onEmpty: () => void;
  readonly #members = new Set<Rotating>();
  #movedAt = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, slice: number, onEmpty: () => void) {
    this.#clock = clock;
    this.#slice = slice;
    this.#onEmpty = onEmpty;
  }

  join(member: Rotating): void {
    if (this.#members.size === 0) {
      this.#movedAt = this.#clock.monotonic();
      this.#wait(this.#slice);
    }
    this.#members.add(member);
  }

  leave(member: Rotating): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#onEmpty();
  }

  /** Moves on by what has passed since the last move, if a slice has. */
  catchUp(): void {
    const now = this.#clock.monotonic();
    // Only a clock that was put in another's place goes back; what is held then ages from there.
    if (now < this.#movedAt) this.#movedAt = now;
    const slices = Math.floor((now - this.#movedAt) / this.#slice + 1e-6);
    if (slices < 1) return;
    this.#movedAt += slices * this.#slice;
    for (const member of [...this.#members]) {
      if (!member.rotate(slices)) this.leave(member);
    }
  }

  #wait(delay: number): void {
    this.#cancel = startTimer(this.#clock, delay, () => {
      this.catchUp();
      if (this.#members.size > 0) this.#wait(Math.max(1, this.#movedAt + this.#slice - this.#clock.monotonic()));
    });
  }
}

export type { Rotation };

const rotationsByClock = new PerTimers<Map<number, Rotation>>(() => new Map());

/** The rotation that all windows with slices of this length share on this clock. */
export function sharedRotation(clock: Clock, slice: number): Rotation {
  const rotations = rotationsByClock.of(clock);
  const found = rotations.get(slice);
  if (found !== undefined) return found;
  const created = new Rotation(clock, slice, () => rotations.delete(slice));
  rotations.set(slice, created);
  return created;
}
