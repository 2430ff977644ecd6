import { type Clock, startTimer } from "@seaworthy/core";

/**
 * Leave to make one call, of one spell of one state. A verdict counts only while that spell lasts: what began before
 * the breaker tripped can neither close nor reopen it later.
 */
export interface Pass {
  readonly probe: boolean;
  /** Ends the probe's deadline. */
  cancel?: () => void;
  spent: boolean;
}

/** How probes are made. */
export interface ProbeOptions {
  readonly clock: Clock;
  /** Probes that must succeed. */
  readonly probes: number;
  /** Share of slow ones at which slowness counts as failure. */
  readonly slowRate: number;
  /** What all of them together say. Called once. */
  readonly decide: (healthy: boolean) => void;
}

/** One spell of half-open: a few calls, each with a deadline, that decide together. */
export class Probes {
  readonly #options: ProbeOptions;
  readonly #running = new Set<Pass>();
  #succeeded = 0;
  #slow = 0;
  #freeAt = 0;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** When the last probe now running is due, on the monotonic clock. */
  get freeAt(): number {
    return this.#freeAt;
  }

  /** Leave for one probe that must end within `limit` milliseconds, if one is still wanted. */
  admit(limit: number): Pass | undefined {
    const { clock, probes } = this.#options;
    if (this.#running.size + this.#succeeded >= probes) return undefined;
    const pass: Pass = { probe: true, spent: false };
    this.#running.add(pass);
    this.#freeAt = clock.monotonic() + limit;
    pass.cancel = startTimer(clock, limit, () => this.settle(pass, false, false));
    return pass;
  }

  /** Takes the verdict of one probe. */
  settle(pass: Pass, succeeded: boolean, slow: boolean): void {
    if (!this.#end(pass)) return;
    if (!succeeded) {
      this.#options.decide(false);
      return;
    }
    this.#succeeded += 1;
    if (slow) this.#slow += 1;
    if (this.#succeeded < this.#options.probes) return;
    this.#options.decide(this.#slow === 0 || this.#slow / this.#succeeded < this.#options.slowRate);
  }

  /** A probe that said nothing; another call may probe in its place. */
  release(pass: Pass): void {
    this.#end(pass);
  }

  /** Nothing that still runs counts any more. */
  end(): void {
    for (const pass of [...this.#running]) this.#end(pass);
  }

  #end(pass: Pass): boolean {
    if (pass.spent) return false;
    pass.spent = true;
    pass.cancel?.();
    return this.#running.delete(pass);
  }
}
