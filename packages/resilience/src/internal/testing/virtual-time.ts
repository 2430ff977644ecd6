import type { Clock } from "@seaworthy/core";

interface Event {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

const EPOCH = Date.UTC(2026, 0, 1);

/**
 * A clock that jumps from one timer to the next. Unlike `manualClock`, it keeps its timers in a heap, so that hundreds of
 * thousands of them can be run.
 */
export class VirtualTime {
  readonly clock: Clock;
  readonly #heap: Event[] = [];
  // Held from the start: the simulation may put virtual timers in the place of the platform's.
  readonly #immediate = setImmediate;
  #now = 0;
  #order = 0;

  constructor() {
    this.clock = {
      now: () => EPOCH + this.#now,
      monotonic: () => this.#now,
      schedule: (callback, delay) => this.at(this.#now + Math.max(0, delay), callback),
    };
  }

  get now(): number {
    return this.#now;
  }

  /** Calls back at this time; returns a function that cancels the call. */
  at(due: number, callback: () => void): () => void {
    const event: Event = { due, order: this.#order++, callback, cancelled: false };
    this.#push(event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Runs all timers that are due until then, and lets promises settle after each. */
  async run(until: number): Promise<void> {
    await this.#turn();
    for (let event = this.#heap[0]; event !== undefined && event.due <= until; event = this.#heap[0]) {
      this.#pop();
      if (event.cancelled) continue;
      this.#now = Math.max(this.#now, event.due);
      event.callback();
      await this.#turn();
    }
    this.#now = until;
  }

  /** A turn of the event loop: promise chains of any length are over by then. */
  #turn(): Promise<void> {
    return new Promise((resolve) => this.#immediate(resolve));
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    for (; at > 0; at = (at - 1) >> 1) {
      const parent = heap[(at - 1) >> 1];
      if (parent === undefined || !isBefore(event, parent)) break;
      heap[at] = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      if (left === undefined) break;
      const right = heap[2 * at + 2];
      const rightIsFirst = right !== undefined && isBefore(right, left);
      const child = rightIsFirst ? right : left;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = 2 * at + (rightIsFirst ? 2 : 1);
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

/**
 * Puts virtual timers and times in the place of the platform's, for guards that take no clock. Returns a function that puts
 * the platform's back.
 */
export function replacePlatformTime(time: VirtualTime): () => void {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const { now: dateNow } = Date;
  const hadOwnNow = Object.hasOwn(performance, "now");
  const start = (callback: (...args: unknown[]) => void, delay: number, args: unknown[], repeat: boolean) => {
    const handle = new VirtualTimer();
    const wait = Math.max(1, Number(delay) || 0);
    const arm = (): void => {
      handle.cancel = time.at(time.now + wait, () => {
        if (repeat) arm();
        callback(...args);
      });
    };
    arm();
    return handle;
  };
  const clear = (handle: VirtualTimer | NodeJS.Timeout | undefined): void => {
    if (handle instanceof VirtualTimer) handle.cancel();
    else clearTimeout(handle);
  };
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, delay: number, ...args: unknown[]) => start(callback, delay, args, false),
    setInterval: (callback: () => void, delay: number, ...args: unknown[]) => start(callback, delay, args, true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  Date.now = () => time.clock.now();
  Object.defineProperty(performance, "now", { value: () => time.now, configurable: true, writable: true });
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    Date.now = dateNow;
    if (!hadOwnNow) Reflect.deleteProperty(performance, "now");
  };
}

class VirtualTimer {
  cancel: () => void = () => undefined;

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.toPrimitive](): number {
    return 0;
  }
}
