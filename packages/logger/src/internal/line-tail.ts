import { checkOptions, integer, showValue, signalOption } from "@seaworthy/core/options";
import type { LogRecord } from "../record.ts";
import type { Tail, TailFilter, TailOptions } from "../tail.ts";
import { LEVELS, toLevel } from "./level-numbers.ts";
import type { LineFormat } from "./line-format.ts";
import { createReader } from "./read-line.ts";
import type { Follower } from "./sink.ts";

const OPTIONS = ["capacity", "signal"];
// The size of the waiting lines is bounded too: 4 Mi UTF-16 units.
const MOST_UNITS = 4 * 1024 * 1024;

/** What a tail belongs to. */
export interface TailSource {
  readonly followers: Set<Follower>;
  /** The logger whose tail this is. */
  readonly owner: object;
  /** The format of the lines. */
  readonly format: LineFormat;
}

/** Whether the reader of a tail wants a line. */
type Wanted = (record: LogRecord, line: string) => boolean;

/**
 * Makes a tail. The writer only stores the text of a line; parsing and filtering happen when the line is read.
 *
 * @throws TypeError if the filter or an option is not as described
 */
export function createTail(source: TailSource, filter: TailFilter | undefined, options: TailOptions = {}): Tail {
  checkOptions("tail", options, OPTIONS);
  const { capacity = 1000, signal } = options;
  integer("tail capacity", capacity, 1);
  signalOption("tail signal", signal);
  return new LineTail({ ...source, ...readFilter(filter, source.format), capacity, signal });
}

function readFilter(filter: TailFilter | undefined, format: LineFormat): { least: number; wanted: Wanted } {
  if (filter === undefined) return { least: 0, wanted: () => true };
  if (typeof filter === "function") return { least: 0, wanted: (record) => filter(record) };
  if (typeof filter !== "object" || filter === null || Array.isArray(filter))
    throw new TypeError(`tail filter must be a function or an object; got ${showValue(filter)}`);
  const { level, name, ...members } = filter;
  if (name !== undefined && typeof name !== "string")
    throw new TypeError(`tail filter name must be a string; got ${showValue(name)}`);
  const entries = Object.entries(members);
  const hasName = name === undefined ? () => true : nameMatcher(name, format);
  return {
    least: level === undefined ? 0 : LEVELS[toLevel(level, "tail filter level")],
    wanted: (record, line) => entries.every(([key, value]) => record[key] === value) && hasName(line),
  };
}

/** The name of the service has another place in each format; a child's `name` is a binding, which may be renamed. */
function nameMatcher(name: string, format: LineFormat): (line: string) => boolean {
  const read = createReader(format);
  return (line) => {
    const parsed = read(line);
    return parsed !== undefined && [parsed.name, parsed.fields.name, parsed.fields.name_].includes(name);
  };
}

interface LineTailOptions extends Pick<TailSource, "followers" | "owner"> {
  readonly least: number;
  readonly wanted: Wanted;
  readonly capacity: number;
  readonly signal: AbortSignal | undefined;
}

class LineTail implements Tail, Follower {
  dropped = 0;
  readonly owner: object;
  readonly #followers: Set<Follower>;
  readonly #least: number;
  readonly #wanted: Wanted;
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

  // This is not a generator, because return() of a generator waits for its pending next(), and a quiet logger may never
  // settle that.
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
        throw error; // the filter of the host threw
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
        const record: LogRecord = JSON.parse(line);
        if (this.#wanted(record, line)) return record;
      } else if (this.#ended) return undefined;
      else await new Promise<void>((resolve) => void this.#wakes.push(resolve));
    }
    return undefined;
  }

  #wake(): void {
    if (this.#wakes.length === 0) return;
    for (const wake of this.#wakes.splice(0)) wake();
  }

  // To remove the first item of an array moves all others, so that items are skipped and removed many at a time.
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
