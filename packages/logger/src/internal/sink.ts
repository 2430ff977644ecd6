import type { Clock } from "@seaworthy/core";
import type { DestinationSetting } from "../destinations/destination.ts";
import { LEVELS } from "./level-numbers.ts";
import { Outlet, type OutletOptions } from "./outlet.ts";
import { OutputStatus } from "./output-status.ts";

/** Receives the lines of a family of loggers besides the destinations. */
export interface Follower {
  push(line: string, level: number): void;
  close(): void;
  /** The logger whose tail this is. */
  readonly owner: object;
}

/** Options of {@link Sink}. */
export interface SinkOptions {
  readonly outputs: readonly Omit<OutletOptions, "clock">[];
  readonly clock: Clock;
  /** How long `flush()` and `close()` wait for the destinations, in milliseconds. */
  readonly closeTimeout: number;
}

/** Hands each line to the destinations that want its level. What a destination throws stays here. */
export class Sink {
  readonly followers: Set<Follower> = new Set();
  /** Whether what comes through `stream` has been written already. */
  isEcho = false;
  /** The states of the destinations, and of the logger itself, whose lines can be lost before they reach any of them. */
  readonly statuses: readonly OutputStatus[];
  readonly #outlets: readonly Outlet[];
  readonly #clock: Clock;
  readonly #closeTimeout: number;
  readonly #self = new OutputStatus("logger");

  constructor({ outputs, clock, closeTimeout }: SinkOptions) {
    this.#clock = clock;
    this.#closeTimeout = closeTimeout;
    this.#outlets = outputs.map((output) => new Outlet({ ...output, clock }));
    this.statuses = [this.#self, ...this.#outlets.map(({ status }) => status)];
  }

  /** Opens the destinations. Throws what one of them throws, after closing those that are open already. */
  open(setting: Pick<DestinationSetting, "parse" | "format">): void {
    const opened: Outlet[] = [];
    try {
      for (const outlet of this.#outlets) {
        outlet.open({ ...setting, clock: this.#clock });
        opened.push(outlet);
      }
    } catch (error) {
      for (const outlet of opened) void outlet.close(this.#closeTimeout);
      throw error;
    }
  }

  /** The interface that pino wants of a stream. */
  readonly stream: { write(line: string): void; flushSync(): void } = {
    write: (line) => {
      if (!this.isEcho) this.write(line, levelOf(line), 0);
    },
    flushSync: () => this.flushSync(),
  };

  /** @param floor - the least level for destinations that have none of their own, or `EVERY_DESTINATION` */
  write(line: string, level: number, floor: number): void {
    for (const outlet of this.#outlets) outlet.write(line, level, floor);
    if (this.followers.size > 0) for (const follower of this.followers) follower.push(line, level);
  }

  /** Counts a line that was lost before it reached a destination. */
  lost(reason: string): void {
    this.#self.lost(reason);
  }

  flushSync(): void {
    for (const outlet of this.#outlets) outlet.flushSync();
  }

  async flush(): Promise<void> {
    await Promise.all(this.#outlets.map((outlet) => outlet.flush(this.#closeTimeout)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#outlets.map((outlet) => outlet.close(this.#closeTimeout)));
  }
}

function levelOf(line: string): number {
  return Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? LEVELS.info);
}
