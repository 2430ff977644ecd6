import type { Clock } from "@seaworthy/core";

/**
 * One value for each clock and set of platform timers. What waits on a timer belongs to the timers that it was set
 * with: a host's tests put fake ones in their place and take them away again, and a fake timer taken away never fires.
 */
export class PerTimers<T> {
  readonly #create: (clock: Clock) => T;
  readonly #values = new WeakMap<Clock, WeakMap<typeof setTimeout, T>>();

  constructor(create: (clock: Clock) => T) {
    this.#create = create;
  }

  of(clock: Clock): T {
    let values = this.#values.get(clock);
    if (values === undefined) {
      values = new WeakMap();
      this.#values.set(clock, values);
    }
    let value = values.get(setTimeout);
    if (value === undefined) {
      value = this.#create(clock);
      values.set(setTimeout, value);
    }
    return value;
  }
}
