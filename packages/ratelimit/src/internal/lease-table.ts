import type { LeaseAnswer, LeaseCall } from "../stores/store.ts";

/** The leases of one key in this process: when each ends, by its holder. */
export class LeaseTable {
  readonly #ends = new Map<string, number>();
  expiresAt = 0;

  /** Does what a call says, at a moment of a monotonic clock. */
  apply({ action, holder, limit, ttl }: LeaseCall, now: number): LeaseAnswer {
    for (const [other, end] of this.#ends) if (end <= now) this.#ends.delete(other);
    if (action === "release") this.#ends.delete(holder);
    else if (action === "renew" || this.#ends.has(holder) || this.#ends.size < limit) this.#ends.set(holder, now + ttl);
    const ends = [...this.#ends.values()];
    this.expiresAt = ends.length === 0 ? now : Math.max(...ends);
    const freeAfter = ends.length === 0 ? 0 : Math.min(...ends) - now;
    return { held: this.#ends.has(holder), inUse: ends.length, freeAfter };
  }
}
