import { type Clock, startTimer } from "@seaworthy/core";
import type { ConcurrencyLease } from "../concurrency-limiter.ts";
import { errors } from "../errors.ts";
import type { LeaseCall } from "../stores/store.ts";
import { leaseEvent } from "../telemetry.ts";
import type { Leased, Leases } from "./shared-leases.ts";

const RENEWALS_PER_TTL = 3;

/** Options of {@link HeldConcurrencyLease}. */
export interface HeldLeaseOptions {
  readonly leases: Leases;
  readonly clock: Clock;
  /** The call with which it was acquired. */
  readonly call: LeaseCall;
  readonly granted: Leased;
  /** When the call was made; the time to live counts from then on. */
  readonly askedAt: number;
  readonly onEnd: (lease: ConcurrencyLease) => void;
}

/** A lease that is renewed until it is released. */
export class HeldConcurrencyLease implements ConcurrencyLease {
  readonly source: string;
  readonly #options: HeldLeaseOptions;
  readonly #controller = new AbortController();
  /** Until when the store keeps it without a renewal. */
  #until: number;
  #isOver = false;
  #cancel: (() => void) | undefined;

  constructor(options: HeldLeaseOptions) {
    this.#options = options;
    this.source = options.granted.source;
    this.#until = options.askedAt + options.call.ttl;
    this.#schedule();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async release(): Promise<void> {
    if (!this.#end()) return;
    const { leases, call } = this.#options;
    await leases.lease({ ...call, action: "release" }).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#cancel?.();
    this.#options.onEnd(this);
    return true;
  }

  #schedule(): void {
    const { clock, call } = this.#options;
    this.#cancel = startTimer(clock, call.ttl / RENEWALS_PER_TTL, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { leases, clock, call } = this.#options;
    const askedAt = clock.monotonic();
    const isHeld = await leases.lease({ ...call, action: "renew" }).then(
      ({ held }) => held,
      () => false,
    );
    if (this.#isOver) return;
    if (isHeld && askedAt < this.#until) this.#until = askedAt + call.ttl;
    else if (clock.monotonic() >= this.#until) return this.#lose(isHeld);
    this.#schedule();
  }

  #lose(isHeld: boolean): void {
    const { call, leases } = this.#options;
    if (!this.#end()) return;
    // A renewal that came too late has brought it back, maybe beside the lease of another process.
    if (isHeld) leases.lease({ ...call, action: "release" }).catch(() => undefined);
    if (leaseEvent.active) leaseEvent.emit({ limiter: call.limiter, outcome: "lost" });
    this.#controller.abort(errors.RATELIMIT_LEASE_LOST({ limiter: call.limiter }));
  }
}
