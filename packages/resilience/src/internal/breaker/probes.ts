import { type Clock, startTimer } from "@seaworthy/core";

/**
 * Permission for one call, valid until the breaker changes its state: what began before the breaker opened can neither
 * close nor reopen it later.
 */
export interface Pass {
  readonly probe: boolean;
  /** Ends the probe's deadline. */
  cancel?: () => void;
  spent: boolean;
  /** Whether it ran out of time; if it succeeds after all, the upstream is back. */
  late?: boolean;
}

/** How probes are made. */
export interface ProbeOptions {
  readonly clock: Clock;
  /** Probes that are made. */
  readonly probes: number;
  /** Failing probes that decide against the upstream. */
  readonly failures: number;
  /** Share of slow ones at which slowness counts as failure. */
  readonly slowRate: number;
  /** Called once, with the verdict of all of them together. */
  readonly decide: (healthy: boolean) => void;
}

/** One half-open state: a few calls, each with a deadline, that decide together. */
export class Probes {
  readonly #options: ProbeOptions;
  readonly #running = new Set<Pass>();
  #succeeded = 0;
  #failed = 0;
  #slow = 0;
  #freeAt = 0;

  constructor(options: ProbeOptions, succeeded = 0) {
    this.#options = options;
    this.#succeeded = succeeded;
  }

  /** When the last probe now running is due, on the monotonic clock. */
  get freeAt(): number {
    return this.#freeAt;
  }

  /** Permission for one probe that must end within `limit` milliseconds, if one is still wanted. */
  admit(limit: number): Pass | undefined {
    const { clock, probes } = this.#options;
    if (this.#running.size + this.#succeeded + this.#failed >= probes) return undefined;
    const pass: Pass = { probe: true, spent: false };
    this.#running.add(pass);
    this.#freeAt = clock.monotonic() + limit;
    pass.cancel = startTimer(clock, limit, () => {
      pass.late = true;
      this.record(pass, false, false);
    });
    return pass;
  }

  /** Takes the verdict of one probe. */
  record(pass: Pass, succeeded: boolean, slow: boolean): void {
    if (!this.#end(pass)) return;
    const { probes, failures, slowRate, decide } = this.#options;
    if (succeeded) this.#succeeded += 1;
    else this.#failed += 1;
    if (slow) this.#slow += 1;
    if (this.#failed >= failures) decide(false);
    else if (this.#succeeded + this.#failed >= probes)
      decide(this.#slow === 0 || this.#slow / (this.#succeeded + this.#failed) < slowRate);
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
