import { atEnd } from "./at-end.ts";

// Beyond this, lines are written before the turn ends. One system call costs little compared with making so many lines.
const MOST_UNITS = 256 * 1024;

/** Collects the lines of one turn of the event loop and writes them in one system call. */
export class TurnWriter {
  readonly #write: (lines: string) => void;
  readonly #failed: (error: unknown, lines: number) => void;
  #waiting = "";
  #lines = 0;
  #release: (() => void) | undefined;

  constructor(write: (lines: string) => void, failed: (error: unknown, lines: number) => void) {
    this.#write = write;
    this.#failed = failed;
  }

  get waitingBytes(): number {
    return Buffer.byteLength(this.#waiting);
  }

  write(line: string): void {
    this.#release ??= atEnd(this.flush);
    if (this.#lines === 0) setImmediate(this.flush);
    this.#waiting += line;
    this.#lines++;
    if (this.#waiting.length >= MOST_UNITS) this.flush();
  }

  readonly flush = (): void => {
    if (this.#lines === 0) return;
    const [text, lines] = [this.#waiting, this.#lines];
    this.#waiting = "";
    this.#lines = 0;
    try {
      this.#write(text);
    } catch (error) {
      this.#failed(error, lines);
    }
  };

  close(): void {
    this.flush();
    this.#release?.();
    this.#release = undefined;
  }
}
