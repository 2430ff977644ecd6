import type { Clock } from "@seaworthy/core";
import { checkOptions, oneOf, positiveDuration, requiredFunction, withDefault } from "@seaworthy/core/options";
import { waitAtMost } from "@seaworthy/core/waiting";
import { errors } from "../errors.ts";
import { keysEvent } from "../telemetry.ts";
import type { KeyRotation, KeyStore, StoredTokenKey } from "../tokens/key-ring.ts";
import { RingKeys } from "./ring-keys.ts";
import { newStoredKey, ringKeyOf } from "./token-keys.ts";

const SHORTEST_EVERY = 3_600_000;
/** How long loaded keys are used before they are loaded again. */
const FRESH_FOR = 60_000;
/** How long after a load a token with an unknown key causes no other one. */
const COOLDOWN = 5_000;
/** How long a load may take. */
const LONGEST_LOAD = 5_000;
/** How often a save is tried again because another instance was first. */
const ATTEMPTS = 10;

/** Keys in a store that all instances share. The first one to notice that a key is due makes it. Owns no timer. */
export class RotatingKeys {
  readonly #store: KeyStore;
  readonly #every: number;
  readonly #announce: number;
  readonly #algorithm: "EdDSA" | "ES256";
  readonly #retireAfter: number;
  readonly #clock: Clock;
  #loaded: RingKeys | undefined;
  #loadedAt = 0;
  #loading: Promise<RingKeys> | undefined;

  constructor(rotation: KeyRotation, retireAfter: number, clock: Clock) {
    checkOptions("rotation", rotation, ["store", "every", "announce", "algorithm"]);
    requiredFunction("rotation.store.load", rotation.store?.load);
    requiredFunction("rotation.store.save", rotation.store.save);
    this.#store = rotation.store;
    this.#every = positiveDuration("rotation.every", withDefault(rotation.every, "30d"));
    if (this.#every < SHORTEST_EVERY) throw new TypeError(`rotation.every must be at least 1h; got ${rotation.every}`);
    const announce = withDefault(rotation.announce, Math.min(86_400_000, this.#every / 2));
    this.#announce = positiveDuration("rotation.announce", announce);
    if (this.#announce >= this.#every)
      throw new TypeError(`rotation.announce must be less than rotation.every; got ${rotation.announce}`);
    this.#algorithm = oneOf("rotation.algorithm", withDefault(rotation.algorithm, "EdDSA"), ["EdDSA", "ES256"]);
    this.#retireAfter = retireAfter;
    this.#clock = clock;
  }

  /** @throws AUTH_STORE_FAILED if nothing could be loaded yet */
  async keys(kid?: string): Promise<RingKeys> {
    const loaded = this.#loaded;
    if (loaded !== undefined && !this.#isDue(loaded, kid)) return loaded;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  #isDue(loaded: RingKeys, kid: string | undefined): boolean {
    const age = this.#clock.monotonic() - this.#loadedAt;
    if (age >= FRESH_FOR) return true;
    return kid !== undefined && age >= COOLDOWN && !loaded.accepted(this.#clock.now()).some((key) => key.kid === kid);
  }

  async #load(): Promise<RingKeys> {
    this.#loadedAt = this.#clock.monotonic();
    try {
      const onLimit = (): never => {
        throw new Error(`The store of the keys did not settle within ${LONGEST_LOAD} ms`);
      };
      this.#loaded = await waitAtMost(this.#synchronized(), { limit: LONGEST_LOAD, onLimit, clock: this.#clock });
    } catch (cause) {
      if (keysEvent.active) keysEvent.emit({ outcome: "failed" }, undefined, { error: cause });
      // Tokens go on with the keys that are known.
      if (this.#loaded === undefined) throw errors.AUTH_STORE_FAILED({}, { cause });
    }
    return this.#loaded;
  }

  async #synchronized(): Promise<RingKeys> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { keys, version } = await this.#store.load();
      const wanted = this.#due(keys);
      if (wanted === keys) return this.#ring(keys);
      if (await this.#store.save(wanted, version)) {
        if (keysEvent.active) keysEvent.emit({ outcome: "rotated" });
        return this.#ring(wanted);
      }
    }
    throw new Error(`The keys could not be saved in ${ATTEMPTS} attempts, because others saved them meanwhile`);
  }

  /** The keys as they should be: with one that signs, with the next one in time, without those that are not accepted any more. */
  #due(stored: readonly StoredTokenKey[]): readonly StoredTokenKey[] {
    const now = this.#clock.now();
    const ring = this.#ring(stored);
    const accepted = new Set(ring.accepted(now).map(({ kid }) => kid));
    const kept = stored.filter(({ kid }) => accepted.has(kid));
    const last = ring.last;
    if (last === undefined) return [newStoredKey(this.#algorithm, now)];
    const isNextDue = now >= last.from + this.#every - this.#announce;
    if (!isNextDue) return kept.length === stored.length ? stored : kept;
    return [...kept, newStoredKey(this.#algorithm, Math.max(last.from + this.#every, now + this.#announce))];
  }

  #ring(stored: readonly StoredTokenKey[]): RingKeys {
    const keys = stored.map(({ kid, algorithm, jwk, from }) => ringKeyOf({ key: jwk, kid, algorithm, from }));
    return new RingKeys(keys, this.#retireAfter);
  }
}
