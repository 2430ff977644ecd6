import type { EventEmitter } from "node:events";

/** The rolling counts of an opossum breaker, as far as they are used here. */
export interface OpossumCounts {
  readonly failures: number;
  readonly successes: number;
}

/** A breaker of opossum, version 8 or later, by the members that are used of it. */
export interface OpossumBreaker extends Pick<EventEmitter, "on" | "removeListener"> {
  readonly name: string;
  readonly opened: boolean;
  readonly halfOpen: boolean;
  readonly enabled: boolean;
  readonly isShutdown: boolean;
  readonly stats: OpossumCounts;
  fire(...args: never[]): Promise<unknown>;
  open(): void;
  close(): void;
  enable(): void;
  disable(): void;
}
