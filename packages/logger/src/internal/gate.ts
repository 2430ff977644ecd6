import type { Clock } from "@seaworthy/core";
import { LEVELS } from "./level-numbers.ts";

/** Decides which lines of a sampled or limited logger are written, and counts those that are not. */
export interface Gate {
  /** Whether a line of this level, made of these arguments, is written; counts it if not. */
  pass(level: number, first: unknown, second: unknown): boolean;
  /** How many lines were held back since this was last asked, by this gate and those around it. */
  take(): number;
}

/** Options of {@link CountingGate}. */
export interface CountingGateOptions {
  /** Whether one more line is written. */
  readonly admits: () => boolean;
  /** The gate that is asked first. */
  readonly outer: Gate | undefined;
  /** Whether errors are asked for too. */
  readonly limitsErrors: boolean;
  /** Where the gate puts itself while it has something to tell. */
  readonly waiting: Set<CountingGate>;
}

/** A gate that counts what it holds back until that is told. */
export class CountingGate implements Gate {
  /** The logger that this gate belongs to. */
  owner: object | undefined;
  /** The highest level held back since that was last told. */
  highest = 0;
  readonly #options: CountingGateOptions;
  #held = 0;

  constructor(options: CountingGateOptions) {
    this.#options = options;
  }

  pass(level: number, first: unknown, second: unknown): boolean {
    const { admits, outer, limitsErrors, waiting } = this.#options;
    if (outer !== undefined && !outer.pass(level, first, second)) return false;
    if ((level >= LEVELS.error && !limitsErrors) || admits()) return true;
    this.#held++;
    if (level > this.highest) this.highest = level;
    if (this.#held === 1) waiting.add(this);
    return false;
  }

  take(): number {
    const held = this.#held + (this.#options.outer?.take() ?? 0);
    this.#held = 0;
    this.highest = 0;
    this.#options.waiting.delete(this);
    return held;
  }
}

/** Admits this share of the calls, at random. */
export function admitShare(rate: number, random: () => number): () => boolean {
  return () => {
    try {
      return random() < rate;
    } catch {
      return true; // rather a line too many than one that nobody decided about
    }
  };
}

/** Admits so many calls in each window; a window begins with the first call after the last one ended. */
export function admitPer(milliseconds: number, lines: number, clock: Clock): () => boolean {
  let end = Number.NEGATIVE_INFINITY;
  let left = 0;
  return () => {
    const now = clock.monotonic();
    if (now >= end) {
      end = now + milliseconds;
      left = lines;
    }
    if (left <= 0) return false;
    left--;
    return true;
  };
}
