import type { Clock } from "@seaworthy/core";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Destination, DestinationSetting } from "../destinations/destination.ts";
import type { ConsoleWriter } from "./console/console-writer.ts";
import { LEVELS } from "./level-numbers.ts";
import { OutputStatus, reasonOf, toReason } from "./output-status.ts";
import type { DestinationEntry } from "./read-destination.ts";
import { isThenable } from "./values.ts";

/** The floor of a logger whose level was set at run time: every destination takes its lines, except a silent one. */
export const EVERY_DESTINATION: number = Number.NEGATIVE_INFINITY;

// Writes that have not settled hold their lines in memory, so that their number has a limit.
const MOST_UNSETTLED = 1000;

/** Options of {@link Outlet}. */
export interface OutletOptions {
  readonly entry: DestinationEntry;
  /** Makes the writer of lines for people, if people read them. */
  readonly console: ((write: (text: string) => void) => ConsoleWriter) | undefined;
  readonly clock: Clock;
}

/**
 * One destination of a logger, behind which its failures stay: whatever it throws, and whatever promise rejects or never
 * settles, is counted in the status and reaches neither the log call nor another destination.
 */
export class Outlet {
  readonly status: OutputStatus;
  readonly #destination: Destination;
  readonly #least: number | undefined;
  readonly #console: ConsoleWriter | undefined;
  readonly #clock: Clock;
  readonly #unsettled = new Set<Promise<unknown>>();
  #level: number = LEVELS.info;
  #hasFlushFailed = false;

  constructor({ entry, console, clock }: OutletOptions) {
    const { kind, level, destination } = entry;
    this.status = new OutputStatus(kind, destination);
    this.#destination = destination;
    this.#least = level === undefined ? undefined : LEVELS[level];
    this.#clock = clock;
    this.#console = console?.((text) => this.#handOver(text, this.#level));
  }

  /** Throws what the destination's `open` throws. */
  open(setting: Pick<DestinationSetting, "clock" | "parse" | "format">): void {
    const { status } = this;
    const opened = this.#destination.open?.({
      ...setting,
      onLost: (reason, lines) => status.lost(toReason(reason), toCount(lines)),
      onFailed: (reason) => status.failed(toReason(reason)),
      onRecovered: () => status.recovered(),
    });
    if (isThenable(opened)) opened.then(undefined, (error: unknown) => status.failed(reasonOf(error)));
  }

  /** @param floor - the least level for a destination that has no level of its own, or `EVERY_DESTINATION` */
  write(line: string, level: number, floor: number): void {
    if (floor === EVERY_DESTINATION ? this.#least === LEVELS.silent : level < (this.#least ?? floor)) return;
    try {
      this.#level = level;
      if (this.#console === undefined) this.#handOver(line, level);
      else this.#console.write(line);
      if (this.status.isWatched) this.status.wrote();
    } catch (error) {
      this.status.threw(reasonOf(error));
    }
  }

  flushSync(): void {
    try {
      this.#console?.flush();
      const result = this.#destination.flushSync?.();
      if (isThenable(result)) result.then(undefined, () => undefined);
    } catch {
      // A stream that is not open yet cannot be flushed; it flushes itself later.
    }
  }

  /** Resolves when what was written is out, at the latest after `limit` milliseconds. Never rejects. */
  async flush(limit: number | undefined): Promise<void> {
    await this.#attempt(limit, async () => {
      this.#console?.flush();
      await Promise.allSettled([...this.#unsettled]);
      await this.#destination.flush?.();
      return true;
    });
  }

  /** Flushes and closes the destination within `limit` milliseconds. Never rejects. */
  async close(limit: number | undefined): Promise<void> {
    const start = this.#clock.monotonic();
    await this.flush(limit);
    const left = limit === undefined ? undefined : Math.max(0, start + limit - this.#clock.monotonic());
    await this.#attempt(left, async () => {
      await this.#destination.close?.();
      return true;
    });
    if (this.#unsettled.size === 0) return;
    const lines = this.#unsettled.size;
    this.#unsettled.clear();
    this.status.lost("timeout", lines);
  }

  #handOver(text: string, level: number): void {
    if (this.#unsettled.size >= MOST_UNSETTLED) {
      this.status.lost("busy");
      return;
    }
    const result = this.#destination.write(text, level);
    if (result !== undefined && isThenable(result)) this.#follow(Promise.resolve(result));
  }

  #follow(write: Promise<unknown>): void {
    const settled = (): boolean => this.#unsettled.delete(write);
    this.#unsettled.add(write);
    write.then(settled, (error: unknown) => {
      // What close() gave up has been counted as lost already.
      if (settled()) this.status.threw(reasonOf(error));
    });
  }

  async #attempt(limit: number | undefined, work: () => Promise<boolean>): Promise<void> {
    try {
      // The timer holds the process open: if it ended now, the lines that are still to be written would be lost.
      const isDone = await waitAtMost(work(), { limit, onLimit: () => false, clock: this.#clock, keepAlive: true });
      if (!isDone) this.#failed("timeout");
      else if (this.#hasFlushFailed) {
        this.#hasFlushFailed = false;
        this.status.recovered();
      }
    } catch (error) {
      this.#failed(reasonOf(error));
    }
  }

  #failed(reason: string): void {
    this.#hasFlushFailed = true;
    this.status.failed(reason);
  }
}

function toCount(lines: unknown): number {
  return typeof lines === "number" && Number.isSafeInteger(lines) && lines > 0 ? lines : 1;
}
