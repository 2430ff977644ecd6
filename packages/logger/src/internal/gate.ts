import type { Clock } from "@seaworthy/core";
import { LEVELS } from "./level-numbers.ts";

/** Decides which lines of a sampled or limited logger are written, and counts those that are not. */
export interface Gate {
  /** Whether a line of this level, made of these arguments, is written; counts it if not. */
  pass(level: number, first: unknown, second: unknown): boolean;
  /** Returns how many lines were held back since the last call, by this gate and those around it. */
  take(): number;
}

/** Options of {@link CountingGate}. */
export interface CountingGateOptions<Owner extends object> {
  /** The logger that the gate belongs to. */
  readonly owner: Owner;
  /** Whether one more line is written. */
  readonly admits: () => boolean;
  /** The gate of the logger around, which decides first. */
  readonly outer: Gate | undefined;
  /** Whether errors are limited too. */
  readonly limitsErrors: boolean;
  /** The set that the gate adds itself to while it has something to report. */
  readonly waiting: Set<CountingGate<Owner>>;
}

/** A gate that counts what it holds back until that is reported. */
export class CountingGate<Owner extends object> implements Gate {
  readonly owner: Owner;
  /** The highest level that was held back since the last report. */
  highest = 0;
  readonly #options: CountingGateOptions<Owner>;
  #held = 0;

  constructor(options: CountingGateOptions<Owner>) {
    this.owner = options.owner;
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

/** Returns a function that admits this share of the calls, at random. */
export function admitShare(rate: number, random: () => number): () => boolean {
  return () => {
    try {
      return random() < rate;
    } catch {
      return true; // random() of the host threw; a line too many is better than a line that is missing
    }
  };
}

/** Returns a function that admits so many calls per window. A window begins with the first call after the last one ended. */
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
