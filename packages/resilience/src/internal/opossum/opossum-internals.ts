import type { OpossumBreaker } from "../../opossum/opossum-breaker.ts";

/** What is used of an opossum breaker beyond its published types. */
export interface OpossumInternals extends OpossumBreaker {
  /** The function that `fire` calls. */
  action: (...args: unknown[]) => unknown;
  readonly options: {
    readonly resetTimeout?: number;
    readonly timeout?: number;
    readonly cache?: unknown;
    readonly coalesce?: unknown;
  };
}
