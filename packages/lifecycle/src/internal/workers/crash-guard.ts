/** Limits of a {@link CrashGuard}. */
export interface CrashLimits {
  readonly crashLimit: number;
  /** Milliseconds. */
  readonly crashWindow: number;
}

/** Counts workers that end by themselves, over a sliding window. */
export class CrashGuard {
  readonly #limits: CrashLimits;
  #ends: number[] = [];

  constructor(limits: CrashLimits) {
    this.#limits = limits;
  }

  /** How many have ended within the window. */
  get count(): number {
    return this.#ends.length;
  }

  /** Notes one end. Returns whether there have been too many. */
  note(now: number): boolean {
    this.#ends = [...this.#ends.filter((at) => now - at < this.#limits.crashWindow), now];
    return this.#ends.length > this.#limits.crashLimit;
  }
}

/** How long to wait before a restart. */
export interface RestartDelay {
  readonly initialDelay: number;
  readonly maxDelay: number;
  readonly random: () => number;
}

/** Milliseconds before the next restart in a place where `failures` workers have ended in a row. Half of it is random. */
export function restartDelay(failures: number, { initialDelay, maxDelay, random }: RestartDelay): number {
  const delay = Math.min(maxDelay, initialDelay * 2 ** Math.max(0, failures - 1));
  return (delay / 2) * (1 + random());
}
