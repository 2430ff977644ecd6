/** A value in the memory tier. Times are milliseconds of the process's monotonic clock. */
export interface Entry {
  /** `undefined` if the source has no value. */
  readonly value: unknown;
  /** Resolved with the value, so that a hit makes none. */
  readonly promise: Promise<unknown>;
  /** Hits from here on may refresh it early. */
  readonly earlyFrom: number;
  readonly freshUntil: number;
  /** Until when it is served while it is loaded anew. */
  readonly staleUntil: number;
  /** Until when it is served if it cannot be loaded. */
  readonly errorUntil: number;
  readonly storedAt: number;
  /** How long its load took. */
  readonly loadTime: number;
  /** The last announcement that was known when it was made. */
  readonly position: number;
  readonly tags: readonly string[] | undefined;
  /** In which period without the remote tier it was stored. */
  readonly era: number;
  /** Estimated bytes. */
  readonly size: number;
  /** No background refresh begins before; moves after one failed. */
  retryAt: number;
  /** The beginning of the frame it was read from, if it was. */
  readonly seen: string | undefined;
}

/** How long a value may be used, in milliseconds from when it was made. */
export interface Lifetime {
  readonly ttl: number;
  readonly staleFor: number;
  readonly staleIfError: number;
}

/** Until when the entry is of any use. */
export const keptUntil = (entry: Entry): number => Math.max(entry.freshUntil, entry.staleUntil, entry.errorUntil);
