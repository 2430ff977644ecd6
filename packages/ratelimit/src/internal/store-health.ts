import { type Clock, startTimer } from "@seaworthy/core";
import { degradationEvent } from "../telemetry.ts";

/** Options of {@link StoreHealth}. */
export interface StoreHealthOptions {
  readonly limiter: string;
  readonly clock: Clock;
  /** An answer that takes longer is a failure. */
  readonly timeout: number;
  /** A small write to the store. */
  readonly probe: () => Promise<unknown>;
}

/** So many failures in a row, and no call goes to the store any more. */
const FAILURES = 3;
const PROBE_EVERY = 250;
/** A probe that does not return is followed by another one after this time. */
const PROBE_PATIENCE = 1000;
/** Without calls, so many probes; the next call begins anew. */
const IDLE_PROBES = 240;

/**
 * Whether a store can be reached: a breaker that is closed again by a probe in time. Probes are made in the background, so
 * that no call waits for a store that is gone. A client that queues commands until it is connected again answers the probe
 * as soon as it is.
 */
export class StoreHealth {
  readonly #options: StoreHealthOptions;
  #failures = 0;
  #isUp = true;
  #probes = 0;
  #generation = 0;
  #cancel: (() => void) | undefined;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  /** Whether calls go to the store. Reading it counts as a call. */
  get isUp(): boolean {
    if (this.#isUp) return true;
    if (this.#probes >= IDLE_PROBES && this.#cancel === undefined) this.#schedule(0);
    this.#probes = 0;
    return false;
  }

  get isDegraded(): boolean {
    return !this.#isUp;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(error: unknown): void {
    this.#failures += 1;
    if (this.#failures < FAILURES || !this.#isUp) return;
    this.#isUp = false;
    this.#probes = 0;
    this.#emit("degraded", { error });
    this.#schedule(PROBE_EVERY);
  }

  close(): void {
    this.#generation += 1;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(delay: number): void {
    this.#cancel?.();
    this.#cancel = startTimer(this.#options.clock, delay, () => this.#probe());
  }

  #probe(): void {
    this.#cancel = undefined;
    this.#probes += 1;
    const { clock, timeout, probe } = this.#options;
    const started = clock.monotonic();
    const generation = this.#generation;
    const isCurrent = (): boolean => !this.#isUp && generation === this.#generation;
    if (this.#probes < IDLE_PROBES) this.#schedule(PROBE_PATIENCE);
    probe().then(
      () => {
        if (!isCurrent()) return;
        // One that was queued says only that there is a connection again; the next one says how fast it is.
        if (clock.monotonic() - started <= timeout) this.#recover();
        else this.#schedule(clock.monotonic() - started > PROBE_EVERY ? 0 : PROBE_EVERY);
      },
      () => {
        if (isCurrent() && this.#probes < IDLE_PROBES) this.#schedule(PROBE_EVERY);
      },
    );
  }

  #recover(): void {
    this.close();
    this.#isUp = true;
    this.#failures = 0;
    this.#emit("recovered");
  }

  #emit(state: "degraded" | "recovered", details?: { error: unknown }): void {
    if (degradationEvent.active) degradationEvent.emit({ limiter: this.#options.limiter, state }, 1, details);
  }
}
