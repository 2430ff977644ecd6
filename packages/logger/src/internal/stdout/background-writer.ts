import { type Clock, sleep, startTimer } from "@seaworthy/core";
import { atEnd } from "./at-end.ts";

/** How a {@link BackgroundWriter} works. */
export interface BackgroundOptions {
  /** Bytes that wait at the most. */
  readonly most: number;
  readonly clock: Clock;
  /** Writes as much as the system takes at once, and returns how many bytes that was; 0 if it takes nothing. */
  readonly write: (bytes: Buffer) => number;
  readonly onLost: (reason: string, lines: number) => void;
}

const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 100;
const REPORT_EVERY = 1000;
// So long flush() and close() wait for a reader that does not read, and the end of the process does.
const PATIENCE = 1000;
const NAP = 5;
const LINE_FEED = 10;

/** Writes what the reader takes, keeps the rest within a limit, and drops and counts what exceeds it. The process never waits. */
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
    // While the reader does not read, the timer tries again.
    if (this.#cancelRetry === undefined) this.#advance();
  }

  /** Settles when nothing waits, or after a second in which the reader has not read all of it. */
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

  /** Writes until the system takes no more, and then arranges to try again. */
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

  /** Returns false if the reader is gone for good, and with it everything that waited. */
  #writeOut(): boolean {
    try {
      while (this.#waiting.length > 0) {
        const all = this.#waiting.length === 1 ? (this.#waiting[0] as Buffer) : Buffer.concat(this.#waiting);
        const written = this.#options.write(all);
        this.#bytes -= written;
        this.#waiting = written === all.length ? [] : [all.subarray(written)];
        if (written === 0) return true;
      }
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#abandon(typeof code === "string" ? code : "error");
      return false;
    }
  }

  #drop(): void {
    this.#dropped++;
    if (this.#cancelReport !== undefined) return;
    this.#report();
    // A flood of drops must not become a flood of events.
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

  // There is no event loop any more, so the thread itself waits for the reader.
  readonly #atEnd = (): void => {
    const end = performance.now() + PATIENCE;
    while (this.#writeOut() && this.#bytes > 0 && performance.now() < end)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NAP);
    this.#abandon("exit");
  };
}
