import type { RingKey, RingKeyFacts } from "../tokens/key-ring.ts";

/** Keys in the order in which they sign. */
export class RingKeys {
  readonly #keys: readonly RingKey[];
  readonly #retireAfter: number;

  /** @throws TypeError if two keys have the same id, or begin at the same time */
  constructor(keys: readonly RingKey[], retireAfter: number) {
    this.#keys = [...keys].sort((a, b) => a.from - b.from);
    this.#retireAfter = retireAfter;
    for (const [at, key] of this.#keys.entries()) {
      if (this.#keys.some((other, place) => place < at && other.kid === key.kid))
        throw new TypeError(`keys must have different ids; ${key.kid} is there twice`);
      if (this.#keys[at - 1]?.from === key.from) throw new TypeError("keys must begin to sign at different times");
    }
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The key that signs at a time. If the clock went back before all of them, the first one. */
  current(now: number): RingKey | undefined {
    return this.#keys.findLast(({ from }) => from <= now) ?? this.#keys[0];
  }

  /** The key that is the last to begin. */
  get last(): RingKey | undefined {
    return this.#keys.at(-1);
  }

  /** The keys that are accepted at a time, or will be. */
  accepted(now: number): readonly RingKey[] {
    return this.#keys.filter((_, at) => now < this.#until(at));
  }

  facts(now: number): readonly RingKeyFacts[] {
    const current = this.current(now);
    return this.#keys.flatMap((key, at): RingKeyFacts[] => {
      const until = this.#until(at);
      if (now >= until) return [];
      const { kid, algorithm, from } = key;
      const state = key === current ? "current" : from < (current?.from ?? 0) ? "previous" : "next";
      const facts = { kid, algorithm, state, from } as const;
      return [until === Number.POSITIVE_INFINITY ? facts : { ...facts, until }];
    });
  }

  #until(at: number): number {
    const successor = this.#keys[at + 1];
    return successor === undefined ? Number.POSITIVE_INFINITY : successor.from + this.#retireAfter;
  }
}
