import type { Clock } from "@seaworthy/core";
import { checkOptions, clockOption, positiveDuration, showValue, withDefault } from "@seaworthy/core/options";
import { RingKeys } from "../internal/ring-keys.ts";
import { RotatingKeys } from "../internal/rotating-keys.ts";
import { publishedKey, ringKeyOf } from "../internal/token-keys.ts";
import type { Jwks, KeyRing, KeyRingOptions, RingKey, RingKeyFacts, TokenKey } from "./key-ring.ts";

const OPTIONS = ["keys", "rotation", "retireAfter", "clock"];

/**
 * The keys of a service's tokens. With `keys`, they are the host's, and each begins to sign at its time. With `rotation`, they are
 * made on a schedule and kept in a store that all instances share.
 *
 * @throws TypeError if an option or a key is malformed
 * @throws AUTH_WEAK_KEY if a key of HS256 has fewer than 32 bytes or can be guessed
 * @example
 * ```ts
 * import { createKeyRing, memoryKeyStore } from "@seaworthy/auth";
 * const keys = createKeyRing({ rotation: { store: memoryKeyStore(), every: "30d" } });
 * const { keys: published } = await keys.jwks();
 * console.log(published.map(({ alg, use }) => `${alg} ${use}`)); // [ 'EdDSA sig' ]
 * ```
 */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  checkOptions("createKeyRing", options, OPTIONS);
  const { keys, rotation } = options;
  const clock = clockOption("clock", options.clock);
  const retireAfter = positiveDuration("retireAfter", withDefault(options.retireAfter, "1h"));
  if ((keys === undefined) === (rotation === undefined)) throw new TypeError("either keys or rotation must be given");
  if (rotation === undefined) {
    const fixed = fixedKeys(keys, retireAfter, clock);
    return new Ring(() => Promise.resolve(fixed), retireAfter, clock);
  }
  const rotating = new RotatingKeys(rotation, retireAfter, clock);
  return new Ring((kid) => rotating.keys(kid), retireAfter, clock);
}

function fixedKeys(keys: readonly TokenKey[] | undefined, retireAfter: number, clock: Clock): RingKeys {
  if (!Array.isArray(keys) || keys.length === 0)
    throw new TypeError(`keys must be an array with at least one key; got ${showValue(keys)}`);
  const ring = new RingKeys(keys.map(ringKeyOf), retireAfter);
  if ((ring.current(clock.now())?.from ?? 0) > clock.now())
    throw new TypeError("keys must have one that signs now; all of them begin later");
  return ring;
}

class Ring implements KeyRing {
  readonly retireAfter: number;
  /** The keys now; if a key is asked for that they lack, they may be loaded anew. */
  readonly #keys: (kid?: string) => Promise<RingKeys>;
  readonly #clock: Clock;

  constructor(keys: (kid?: string) => Promise<RingKeys>, retireAfter: number, clock: Clock) {
    this.#keys = keys;
    this.retireAfter = retireAfter;
    this.#clock = clock;
  }

  async signingKey(): Promise<RingKey> {
    const key = (await this.#keys()).current(this.#clock.now());
    // A ring without keys is not built.
    if (key === undefined) throw new TypeError("the key ring has no keys");
    return key;
  }

  async verificationKey(kid: string): Promise<RingKey | undefined> {
    return (await this.#keys(kid)).accepted(this.#clock.now()).find((key) => key.kid === kid);
  }

  async jwks(): Promise<Jwks> {
    const accepted = (await this.#keys()).accepted(this.#clock.now());
    return { keys: accepted.filter(({ algorithm }) => algorithm !== "HS256").map(publishedKey) };
  }

  async keys(): Promise<readonly RingKeyFacts[]> {
    return (await this.#keys()).facts(this.#clock.now());
  }
}
