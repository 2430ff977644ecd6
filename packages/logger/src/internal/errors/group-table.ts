import { withoutUndefined } from "@seaworthy/core/objects";
import type { ParsedLine } from "../../destinations/destination.ts";
import { LEVELS } from "../level-numbers.ts";
import { errorOf, fingerprintOf } from "./fingerprint.ts";

/** Errors of one kind. */
export interface ErrorGroup {
  /** Names the kind of error: 16 hexadecimal digits, or `"other"` for all errors beyond the limit of groups. */
  readonly fingerprint: string;
  /** Class of the error; absent if the line has no error. */
  readonly type?: string;
  readonly code?: string;
  /** How often it occurred since the last summary. */
  readonly count: number;
  /** How often it occurred since the group exists. */
  readonly total: number;
  /** When it first occurred, as ISO 8601 in UTC. */
  readonly first: string;
  /** When it last occurred. */
  readonly last: string;
  /** The highest level of its lines, as pino numbers it. */
  readonly level: number;
  /** The last occurrence. */
  readonly sample: ErrorSample;
}

/** One occurrence of an error. */
export interface ErrorSample {
  readonly message?: string;
  readonly correlationId?: string;
  /** The error as it is in the line. */
  readonly err?: object;
}

type Entry = { -readonly [K in keyof ErrorGroup]: ErrorGroup[K] };

const OTHER = "other";

/** Counts errors by their kind, in a limited number of groups. */
export class GroupTable {
  readonly #most: number;
  readonly #frames: number;
  /** In the order of their last occurrence. */
  readonly #groups = new Map<string, Entry>();
  /** Errors that there was no group left for. They must be counted, so that no group is forgotten before its summary. */
  #other: Entry | undefined;

  constructor(most: number, frames: number) {
    this.#most = most;
    this.#frames = frames;
  }

  get groups(): ErrorGroup[] {
    return this.#all().map((group) => ({ ...group }));
  }

  add(line: ParsedLine, time: string): void {
    const group = this.#groupOf(line, time);
    group.count++;
    group.total++;
    group.last = time;
    group.level = Math.max(group.level, typeof line.level === "number" ? line.level : LEVELS.error);
    group.sample = sampleOf(line);
  }

  /** Returns the groups that have occurred since the last call. */
  take(): ErrorGroup[] {
    const occurred: ErrorGroup[] = [];
    for (const group of this.#all()) {
      if (group.count === 0) continue;
      occurred.push({ ...group });
      group.count = 0;
    }
    return occurred;
  }

  #all(): Entry[] {
    return [...this.#groups.values(), ...(this.#other === undefined ? [] : [this.#other])];
  }

  #groupOf(line: ParsedLine, time: string): Entry {
    const fingerprint = fingerprintOf(line, this.#frames);
    const known = this.#groups.get(fingerprint);
    if (known === undefined && this.#groups.size >= this.#most && !this.#forgetOldest()) {
      this.#other ??= createEntry(OTHER, time);
      return this.#other;
    }
    const group = known ?? createEntry(fingerprint, time, errorOf(line));
    // The map keeps the order of insertion.
    this.#groups.delete(fingerprint);
    this.#groups.set(fingerprint, group);
    return group;
  }

  /** Forgets the group that has not occurred for longest, if it has been summarized. */
  #forgetOldest(): boolean {
    for (const [fingerprint, { count }] of this.#groups) {
      if (count > 0) continue;
      this.#groups.delete(fingerprint);
      return true;
    }
    return false;
  }
}

function createEntry(fingerprint: string, time: string, error?: { type: string; code?: unknown }): Entry {
  return {
    fingerprint,
    ...withoutUndefined({ type: error?.type, code: typeof error?.code === "string" ? error.code : undefined }),
    count: 0,
    total: 0,
    first: time,
    last: time,
    level: 0,
    sample: {},
  };
}

function sampleOf(line: ParsedLine): ErrorSample {
  const { message, correlationId } = line;
  return withoutUndefined({ message, correlationId, err: errorOf(line) });
}
