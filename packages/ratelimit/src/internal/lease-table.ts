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
    let first = Number.POSITIVE_INFINITY;
    let last = now;
    for (const end of this.#ends.values()) {
      if (end < first) first = end;
      if (end > last) last = end;
    }
    this.expiresAt = last;
    const inUse = this.#ends.size;
    return { held: this.#ends.has(holder), inUse, freeAfter: inUse === 0 ? 0 : first - now };
  }
}
