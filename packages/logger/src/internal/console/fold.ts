import { type Clock, startTimer } from "@seaworthy/core";
import { beforeExit } from "../before-exit.ts";
import { createPaint, DIM } from "./paint.ts";
import { INDENT, type Rendered } from "./render.ts";

// After this time, the number of equal lines is written even if no other line follows.
const PATIENCE = 1000;

/** Holds back lines that are the same as the one before, and writes their number. */
export class Fold {
  readonly #clock: Clock;
  readonly #color: boolean;
  readonly #write: (text: string) => void;
  #key = "";
  #held = 0;
  #last: Rendered | undefined;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, color: boolean, write: (text: string) => void) {
    this.#clock = clock;
    this.#color = color;
    this.#write = write;
  }

  push(line: Rendered): void {
    if (line.key === this.#key) {
      if (this.#held++ === 0) beforeExit.add(this.#atExit);
      this.#last = line;
      this.#cancel ??= startTimer(this.#clock, PATIENCE, () => this.report());
      return;
    }
    const before = this.#take();
    this.#key = line.key;
    this.#write(before + line.text);
  }

  /** Writes text that is not a line of the logger. */
  pass(text: string): void {
    const before = this.#take();
    this.#key = "";
    this.#write(before + text);
  }

  /** Writes how many lines are held back, if there are any. */
  report(): void {
    const text = this.#take();
    if (text !== "") this.#write(text);
  }

  readonly #atExit = (): void => this.report();

  #take(): string {
    this.#cancel?.();
    this.#cancel = undefined;
    const { time, id } = this.#last ?? { time: "", id: "" };
    const held = this.#held;
    if (held === 0) return "";
    this.#held = 0;
    this.#last = undefined;
    beforeExit.delete(this.#atExit);
    const paint = createPaint(this.#color);
    const more = `${held} more ${held === 1 ? "line" : "lines"} like this, the last at ${time}`;
    return `${INDENT}${paint(`↑ ${more}${id === "" ? "" : ` ${id}`}`, DIM)}\n`;
  }
}
