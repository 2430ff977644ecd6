import type { Clock } from "@seaworthy/core";
import CircuitBreaker from "opossum";
import { type Rotating, type Rotation, sharedRotation } from "./rotation.ts";

/** How a window decides. */
export interface WindowOptions {
  readonly name: string;
  /** Share of failures at which it trips, more than 0 and at most 1. */
  readonly rate: number;
  /** Verdicts needed before it can trip. */
  readonly minimumCalls: number;
  /** Milliseconds that a verdict counts. */
  readonly window: number;
  readonly clock: Clock;
}

/** What a window holds. */
export interface WindowCounts {
  readonly calls: number;
  readonly failures: number;
}

/** The part of opossum's status that counts; its published types leave it out. */
interface Status {
  increment(counter: "fires" | "failures"): void;
  readonly window: readonly Slice[];
}

interface Slice {
  latencyTimes: number[];
  fires: number;
  failures: number;
}

const SLICES = 10;
const JUST_BELOW = 1e-9;
// fire() only asks its action for a `then` and a `catch`: one that answers on the spot makes the verdict take effect
// before the caller learns of the failure, where a rejected promise would take two more turns.
// biome-ignore lint/suspicious/noThenProperty: it is meant to be taken for a promise, by opossum alone
const FAILED = { then: () => ({ catch: (reject: (error: undefined) => void): void => reject(undefined) }) };
const ignore = (): void => undefined;

/** opossum's threshold, which trips strictly above it, for ours, which trips at or above. */
function percentage(rate: number): number {
  return rate * 100 - JUST_BELOW;
}

/**
 * opossum, reduced to a rolling window that trips: it is fed verdicts and makes no calls. A failure that may trip it is
 * a real `fire`; what cannot only counts in the status, which keeps the rate right, grows no array of latencies and costs
 * a tenth. Its own timers, timeout, semaphore, cache and half-open state stay unused. The engine exists while the window
 * holds verdicts.
 */
export class VerdictWindow implements Rotating {
  readonly #options: WindowOptions;
  #engine: CircuitBreaker | undefined;
  #status: Status | undefined;
  #move: () => void = ignore;
  #rotation: Rotation | undefined;
  /** Whether any failure is held: while none is, a success has nothing to ask. */
  #failing = false;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** Counts a success, and answers whether that trips: it may be the call that makes up the minimum. */
  succeeded(): boolean {
    // Such a clock may be moved by hand, and no timer of it rotates in time.
    if (this.#options.clock.schedule === undefined) this.#rotation?.catchUp();
    const status = this.#status ?? this.#open();
    status.increment("fires");
    return this.#failing && this.#isOver(status, 0);
  }

  /** Counts a failure, and answers whether that trips. */
  failed(): boolean {
    this.#rotation?.catchUp();
    const status = this.#status ?? this.#open();
    const engine = this.#engine as CircuitBreaker;
    this.#failing = true;
    if (this.#isOver(status, 1)) engine.fire().catch(ignore);
    else {
      status.increment("fires");
      status.increment("failures");
    }
    (status.window[0] as Slice).latencyTimes.length = 0;
    if (!engine.opened) return false;
    engine.close(); // also clears the timer that opossum set for itself
    return true;
  }

  /** What has been counted and not expired. */
  counts(): WindowCounts {
    this.#rotation?.catchUp();
    if (this.#engine === undefined) return { calls: 0, failures: 0 };
    const { fires, failures } = this.#engine.stats;
    return { calls: fires, failures };
  }

  /** Puts counts of an earlier life into the newest slice. */
  restore(counts: WindowCounts): void {
    this.clear();
    if (counts.calls > 0) this.#open({ fires: counts.calls, failures: counts.failures });
  }

  /** Forgets everything. */
  clear(): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    this.#rotation?.leave(this);
    this.#drop();
  }

  rotate(slices: number): boolean {
    for (let slice = Math.min(slices, SLICES); slice > 0; slice--) this.#move();
    const held = this.#status?.window ?? [];
    this.#failing = held.some(({ failures }) => failures > 0);
    if (held.some(({ fires }) => fires > 0)) return true;
    this.#drop();
    return false;
  }

  /** Whether so many failures more would trip it. opossum itself asks only after a failure. */
  #isOver({ window }: Status, more: number): boolean {
    const sum = sumOf(window);
    const fires = sum.fires + more;
    const share = (sum.failures + more) / fires;
    return fires >= this.#options.minimumCalls && share * 100 > percentage(this.#options.rate);
  }

  #drop(): void {
    this.#engine?.shutdown();
    this.#engine = undefined;
    this.#status = undefined;
    this.#rotation = undefined;
    this.#move = ignore;
    this.#failing = false;
  }

  #open(stats?: { fires: number; failures: number }): Status {
    const { name, rate, minimumCalls, window, clock } = this.#options;
    const status = this.#createStatus(stats);
    // A fresh object each time: opossum writes its defaults into it.
    const options = {
      name,
      timeout: false as const,
      errorThresholdPercentage: percentage(rate),
      volumeThreshold: minimumCalls,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      status: status as unknown as CircuitBreaker.Status,
    };
    const engine = new CircuitBreaker(() => FAILED as unknown as Promise<never>, options);
    this.#engine = engine;
    this.#status = status;
    this.#failing = stats !== undefined && stats.failures > 0;
    this.#rotation = sharedRotation(clock, window / SLICES);
    this.#rotation.join(this);
    return status;
  }

  /** opossum's own status, but summed only over what decides: its sum of all counters takes ten times as long. */
  #createStatus(stats: { fires: number; failures: number } | undefined): Status {
    const status = CircuitBreaker.newStatus({
      rollingCountTimeout: this.#options.window,
      rollingCountBuckets: SLICES,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#controller(),
      stats,
    } as CircuitBreaker.StatusOptions) as unknown as Status;
    return Object.defineProperty(status, "stats", { get: () => sumOf(status.window) });
  }

  /** All that opossum uses of an emitter. The listener is called by the shared rotation. */
  #controller(): NodeJS.EventEmitter {
    const controller = {
      on: (_event: string, listener: () => void) => {
        this.#move = listener;
      },
      removeListener: ignore,
      listenerCount: () => 0,
    };
    return controller as unknown as NodeJS.EventEmitter;
  }
}

function sumOf(slices: readonly Slice[]): { fires: number; failures: number } {
  const sum = { fires: 0, failures: 0 };
  for (const slice of slices) {
    sum.fires += slice.fires;
    sum.failures += slice.failures;
  }
  return sum;
}
