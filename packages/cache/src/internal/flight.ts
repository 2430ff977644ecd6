import { randomUUID } from "node:crypto";
import type { Entry } from "./entry.ts";
import type { Marks } from "./marks.ts";

/** The tags of a value that is not there yet: fixed, none, or known only with the value. */
export type FlightTags = readonly string[] | "unknown" | undefined;

const noop = (): void => undefined;

/** One key on its way into the cache, which any number of callers wait for. */
export class Flight {
  readonly key: string;
  readonly promise: Promise<Entry>;
  #token: string | undefined;
  readonly #tags: FlightTags;
  /** The last announcement that was known when the load began; `undefined` before. */
  position: number | undefined;
  /** Whether the key was written or deleted since it began. Its value is not kept then. */
  isDetached = false;
  resolve: (entry: Entry) => void = noop;
  reject: (error: unknown) => void = noop;

  constructor(key: string, tags: FlightTags) {
    this.key = key;
    this.#tags = tags;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A flight in the background has no caller that would hear of its failure.
    this.promise.catch(noop);
  }

  /** The holder of the lease for its load. No other flight has this token. */
  get token(): string {
    this.#token ??= randomUUID();
    return this.#token;
  }

  /** Whether a caller that comes now may get its value: not if it may have been invalidated since the load began. */
  admits(marks: Marks): boolean {
    if (this.isDetached) return false;
    if (this.position === undefined) return true;
    if (this.#tags === "unknown") return marks.newest <= this.position;
    return marks.allows(this.position, this.#tags);
  }
}
