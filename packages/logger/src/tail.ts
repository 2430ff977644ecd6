import { checkOptions, integer, showValue } from "@seaworthy/core/options";
import type { Follower } from "./internal/sink.ts";
import { LEVELS, type LogLevel, toLevel } from "./level.ts";
import type { LogRecord } from "./record.ts";

/** Which lines a tail shows: a function, or the least level and members that must be equal. */
export type TailFilter = ((record: LogRecord) => boolean) | { level?: LogLevel; [field: string]: unknown };

/** Options of `logger.tail()`. */
export interface TailOptions {
  /** Lines that wait for a slow reader; beyond, the oldest are dropped and counted. @default 1000 */
  capacity?: number;
  /** Ends the tail. */
  signal?: AbortSignal;
}

/** A live view of the lines of a family of loggers, from the moment it was made. */
export interface Tail extends AsyncIterable<LogRecord>, AsyncDisposable {
  /** How many lines the reader was too slow for. */
  readonly dropped: number;
  /** Ends the tail; a reader that waits gets its end. */
  close(): void;
}

// Waiting lines are bounded in size too: 4 Mi UTF-16 units.
const MOST_UNITS = 4 * 1024 * 1024;

/**
 * Makes a tail. The writer only stores the text of a line: parsing and filtering are the reader's work.
 *
 * @throws TypeError when the filter or an option is not as described
 */
export function createTail(
  followers: Set<Follower>,
  owner: object,
  filter: TailFilter | undefined,
  options: TailOptions = {},
): Tail {
  checkOptions("tail", options, ["capacity", "signal"]);
  const { capacity = 1000, signal } = options;
  integer("tail capacity", capacity, 1);
  if (signal !== undefined && typeof signal?.addEventListener !== "function")
    throw new TypeError(`tail signal must be an AbortSignal; got ${showValue(signal)}`);
  const { least, wanted } = readFilter(filter);
  return new LineTail({ followers, owner, least, wanted, capacity, signal });
}

function readFilter(filter: TailFilter | undefined): { least: number; wanted: (record: LogRecord) => boolean } {
  if (filter === undefined) return { least: 0, wanted: () => true };
  if (typeof filter === "function") return { least: 0, wanted: filter };
  if (typeof filter !== "object" || filter === null || Array.isArray(filter))
    throw new TypeError(`tail filter must be a function or an object; got ${showValue(filter)}`);
  const { level, ...members } = filter;
  const entries = Object.entries(members);
  return {
    least: level === undefined ? 0 : LEVELS[toLevel(level, "tail filter level")],
    wanted: (record) => entries.every(([key, value]) => record[key] === value),
  };
}

interface LineTailOptions {
  readonly followers: Set<Follower>;
  readonly owner: object;
  readonly least: number;
  readonly wanted: (record: LogRecord) => boolean;
  readonly capacity: number;
  readonly signal: AbortSignal | undefined;
}

class LineTail implements Tail, Follower {
  dropped = 0;
  readonly owner: object;
  readonly #followers: Set<Follower>;
  readonly #least: number;
  readonly #wanted: (record: LogRecord) => boolean;
  readonly #capacity: number;
  readonly #signal: AbortSignal | undefined;
  readonly #lines: string[] = [];
  #first = 0;
  #units = 0;
  #wakes: (() => void)[] = [];
  #ended = false;

  constructor({ followers, owner, least, wanted, capacity, signal }: LineTailOptions) {
    this.owner = owner;
    this.#followers = followers;
    this.#least = least;
    this.#wanted = wanted;
    this.#capacity = capacity;
    this.#signal = signal;
    if (signal?.aborted) this.#ended = true;
    else followers.add(this);
    signal?.addEventListener("abort", this.close, { once: true });
  }

  push(line: string, level: number): void {
    if (level < this.#least) return;
    this.#lines.push(line);
    this.#units += line.length;
    while (this.#lines.length - this.#first > this.#capacity || this.#units > MOST_UNITS) {
      this.#shift();
      this.dropped++;
    }
    this.#wake();
  }

  readonly close = (): void => {
    this.#ended = true;
    this.#followers.delete(this);
    this.#signal?.removeEventListener("abort", this.close);
    this.#wake();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  // No generator: the return() of one waits until its next() has ended, which on a quiet logger may be never.
  [Symbol.asyncIterator](): AsyncIterableIterator<LogRecord, void, undefined> {
    let over = false;
    const end = async (): Promise<IteratorReturnResult<void>> => {
      over = true;
      this.close();
      return { done: true, value: undefined };
    };
    const next = async (): Promise<IteratorResult<LogRecord, void>> => {
      try {
        const record = await this.#next(() => over);
        return record === undefined ? await end() : { done: false, value: record };
      } catch (error) {
        await end();
        throw error; // the host's own filter threw
      }
    };
    const iterator = { next, return: end, [Symbol.asyncIterator]: () => iterator };
    return iterator;
  }

  /** The next record that the filter lets through; `undefined` at the end. */
  async #next(isOver: () => boolean): Promise<LogRecord | undefined> {
    while (!isOver()) {
      const line = this.#shift();
      if (line !== undefined) {
        const record = JSON.parse(line) as LogRecord;
        if (this.#wanted(record)) return record;
      } else if (this.#ended) return undefined;
      else await new Promise<void>((resolve) => void this.#wakes.push(resolve));
    }
    return undefined;
  }

  #wake(): void {
    if (this.#wakes.length === 0) return;
    for (const wake of this.#wakes.splice(0)) wake();
  }

  // Taking from the front of an array moves the rest; so the front is left behind, and cut off now and then.
  #shift(): string | undefined {
    if (this.#first >= this.#lines.length) return undefined;
    const line = this.#lines[this.#first] as string;
    this.#lines[this.#first] = "";
    this.#first++;
    this.#units -= line.length;
    if (this.#first > this.#capacity || this.#first === this.#lines.length) {
      this.#lines.splice(0, this.#first);
      this.#first = 0;
    }
    return line;
  }
}
