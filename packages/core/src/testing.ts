import type { Clock, TimerOptions } from "./clock.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { finiteNumber } from "./options.ts";
import { onTelemetry, type TelemetryRecord } from "./telemetry.ts";

/** A clock that moves only when told. */
export interface ManualClock extends Clock {
  schedule(callback: () => void, delay: number, options?: TimerOptions): () => void;
  /** Moves both times forward, firing due timers in order and letting promises settle before and after each. */
  advance(duration: Duration): Promise<void>;
  /** Lets the wall clock jump to this epoch time; `monotonic()` and timers do not notice. */
  jumpTo(epoch: number): void;
  /** How many timers wait. */
  readonly pending: number;
}

// The last instant of a Date (ECMA-262, 21.4.1.1).
const LATEST = 8.64e15;

interface Timer {
  due: number;
  order: number;
  callback: () => void;
}

/**
 * A clock for tests.
 *
 * @param start - epoch milliseconds of the wall clock. @default 2026-01-01T00:00:00Z
 * @throws TypeError if `start` is not within the range of a `Date`
 * @example
 * ```ts
 * import { sleep } from "@seaworthy/core";
 * import { manualClock } from "@seaworthy/core/testing";
 * const clock = manualClock();
 * const nap = sleep(60_000, { clock });
 * await clock.advance("1m");
 * await nap;
 * ```
 */
export function manualClock(start: number = Date.UTC(2026, 0, 1)): ManualClock {
  finiteNumber("start", start, -LATEST, LATEST);
  const timers = new Set<Timer>();
  let wall = start;
  let elapsed = 0;
  let order = 0;
  const next = (until: number): Timer | undefined =>
    [...timers].filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due || a.order - b.order)[0];
  const move = (to: number): void => {
    wall += to - elapsed;
    elapsed = to;
  };
  return {
    now: () => wall,
    monotonic: () => elapsed,
    schedule(callback, delay) {
      const timer = { due: elapsed + Math.max(0, delay), order: order++, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(duration) {
      const end = elapsed + toMilliseconds(duration);
      await settle();
      for (let timer = next(end); timer !== undefined; timer = next(end)) {
        timers.delete(timer);
        move(Math.max(elapsed, timer.due));
        timer.callback();
        await settle();
      }
      move(end);
    },
    jumpTo(epoch) {
      wall = epoch;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Two turns of the event loop: promise chains of any length are over by then. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Telemetry events caught in a test. */
export interface CapturedTelemetry extends Disposable {
  readonly events: readonly TelemetryRecord[];
  /** The events of this name. */
  of(name: string): TelemetryRecord[];
  clear(): void;
  close(): void;
}

/** Collects every event until closed. */
export function captureTelemetry(): CapturedTelemetry {
  const events: TelemetryRecord[] = [];
  const close = onTelemetry((record) => void events.push(record));
  return {
    events,
    of: (name) => events.filter((event) => event.name === name),
    clear: () => void events.splice(0),
    close,
    [Symbol.dispose]: close,
  };
}
