import { type Clock, startTimer } from "@seaworthy/core";
import type { Gate } from "./gate.ts";
import { LEVELS } from "./level-numbers.ts";

/** Options of {@link KeyedGate}. */
export interface KeyedGateOptions<Owner extends object> {
  /** The logger that the gate belongs to. */
  readonly owner: Owner;
  /** Returns the key of a call, from its first and second argument. */
  readonly keyOf: (first: unknown, second: unknown) => string;
  /** Length of a window in milliseconds. */
  readonly per: number;
  readonly lines: number;
  readonly limitsErrors: boolean;
  readonly clock: Clock;
  readonly outer: Gate | undefined;
  /** Writes how many lines of a key were held back in a window that has ended, at the highest level among them. */
  readonly report: (key: string, held: number, level: number) => void;
}

interface Window {
  readonly end: number;
  left: number;
  held: number;
  highest: number;
  cancel: (() => void) | undefined;
}

const MOST_KEYS = 1000;
const OTHERS = "…";

/** Limits the lines of each key by itself, and reports at the end of a window how many it held back. */
export class KeyedGate<Owner extends object> implements Gate {
  readonly owner: Owner;
  readonly #options: KeyedGateOptions<Owner>;
  readonly #windows = new Map<string, Window>();

  constructor(options: KeyedGateOptions<Owner>) {
    this.owner = options.owner;
    this.#options = options;
  }

  pass(level: number, first: unknown, second: unknown): boolean {
    const { outer, limitsErrors, keyOf, clock } = this.#options;
    if (outer !== undefined && !outer.pass(level, first, second)) return false;
    if (level >= LEVELS.error && !limitsErrors) return true;
    const now = clock.monotonic();
    const [key, window] = this.#windowOf(keyOf(first, second), now);
    if (window.left > 0) {
      window.left--;
      return true;
    }
    window.held++;
    if (level > window.highest) window.highest = level;
    window.cancel ??= startTimer(clock, window.end - now, () => this.#end(key, window));
    return false;
  }

  /** Returns what the gates around have held back. This gate reports by itself. */
  take(): number {
    return this.#options.outer?.take() ?? 0;
  }

  /** Reports what is held back now, before the windows end. */
  reportAll(): void {
    for (const [key, window] of [...this.#windows]) this.#end(key, window);
  }

  #end(key: string, window: Window): void {
    window.cancel?.();
    window.cancel = undefined;
    const { held, highest } = window;
    window.held = 0;
    window.highest = 0;
    if (held > 0) this.#options.report(key, held, highest);
  }

  #windowOf(key: string, now: number): [key: string, window: Window] {
    const known = this.#windows.get(key);
    if (known !== undefined && now < known.end) return [key, known];
    if (known !== undefined) this.#end(key, known);
    else if (this.#windows.size >= MOST_KEYS) this.#forgetEnded(now);
    // Clients may be able to invent keys, which must not fill the memory. Beyond the limit, keys share one window.
    if (known === undefined && this.#windows.size >= MOST_KEYS && key !== OTHERS) return this.#windowOf(OTHERS, now);
    const { per, lines } = this.#options;
    const window = { end: now + per, left: lines, held: 0, highest: 0, cancel: undefined };
    this.#windows.set(key, window);
    return [key, window];
  }

  #forgetEnded(now: number): void {
    for (const [key, window] of this.#windows) {
      if (now < window.end) continue;
      this.#end(key, window);
      this.#windows.delete(key);
    }
  }
}
