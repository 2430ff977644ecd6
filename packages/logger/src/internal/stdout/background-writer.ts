import { type Clock, sleep, startTimer } from "@seaworthy/core";
import { codeOf } from "../system-code.ts";
import { atEnd } from "./at-end.ts";

/** Options of {@link BackgroundWriter}. */
export interface BackgroundOptions {
  /** How many bytes may wait. */
  readonly most: number;
  readonly clock: Clock;
  /** Writes as much as the system accepts at once, and returns the number of bytes, which may be 0. */
  readonly write: (bytes: Buffer) => number;
  readonly onLost: (reason: string, lines: number) => void;
}

const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 100;
const REPORT_EVERY = 1000;
// How long flush(), close() and the end of the process wait for a reader that does not read.
const PATIENCE = 1000;
const NAP = 5;
const LINE_FEED = 10;
const NOTHING: Buffer = Buffer.alloc(0);

/** Writes as much as the reader reads, keeps the rest up to a limit, and drops and counts what exceeds it. The process never waits. */
export class BackgroundWriter {
  readonly #options: BackgroundOptions;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #pause = FIRST_PAUSE;
  #cancelRetry: (() => void) | undefined;
  #cancelReport: (() => void) | undefined;
  #dropped = 0;
  #release: (() => void) | undefined;

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#bytes + bytes.length > this.#options.most) {
      this.#drop();
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    // If a timer is set, the reader does not read at present, and the timer tries again.
    if (this.#cancelRetry === undefined) this.#advance();
  }

  /** Resolves when no line waits, at the latest after a second. */
  async flush(): Promise<void> {
    const { clock } = this.#options;
    const end = clock.monotonic() + PATIENCE;
    this.#advance();
    while (this.#bytes > 0 && clock.monotonic() < end) {
      await sleep(NAP, { clock, keepAlive: true });
      this.#advance();
    }
  }

  async close(): Promise<void> {
    await this.flush();
    this.#abandon("closed");
    this.#release?.();
    this.#release = undefined;
  }

  /** Writes until the system does not accept more, and then sets a timer to try again. */
  #advance(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const before = this.#bytes;
    if (!this.#writeOut() || this.#bytes === 0) return;
    this.#release ??= atEnd(this.#atEnd);
    this.#pause = this.#bytes < before ? FIRST_PAUSE : Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#cancelRetry = startTimer(this.#options.clock, this.#pause, () => {
      this.#cancelRetry = undefined;
      this.#advance();
    });
  }

  /** Returns false if the reader has closed the pipe, so that everything that waited is lost. */
  #writeOut(): boolean {
    try {
      while (this.#waiting.length > 0) {
        const [first = NOTHING] = this.#waiting;
        const all = this.#waiting.length === 1 ? first : Buffer.concat(this.#waiting);
        const written = this.#options.write(all);
        this.#bytes -= written;
        this.#waiting = written === all.length ? [] : [all.subarray(written)];
        if (written === 0) return true;
      }
      return true;
    } catch (error) {
      this.#abandon(codeOf(error) ?? "error");
      return false;
    }
  }

  #drop(): void {
    this.#dropped++;
    if (this.#cancelReport !== undefined) return;
    this.#report();
    // Many dropped lines must not become many events.
    this.#cancelReport = startTimer(this.#options.clock, REPORT_EVERY, () => {
      this.#cancelReport = undefined;
      this.#report();
    });
  }

  #report(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.#options.onLost("buffer_full", dropped);
  }

  #abandon(reason: string): void {
    this.#cancelReport?.();
    this.#cancelReport = undefined;
    this.#report();
    let lines = 0;
    for (const bytes of this.#waiting) for (const byte of bytes) if (byte === LINE_FEED) lines++;
    this.#waiting = [];
    this.#bytes = 0;
    if (lines > 0) this.#options.onLost(reason, lines);
  }

  // The event loop has ended, so that the thread has to wait for the reader.
  readonly #atEnd = (): void => {
    const end = performance.now() + PATIENCE;
    while (this.#writeOut() && this.#bytes > 0 && performance.now() < end)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NAP);
    this.#abandon("exit");
  };
}
