import type { Clock } from "@seaworthy/core";
import type { CacheKey, CacheKeys } from "../keys.ts";

const KEPT_FOR = 60_000;
const MOST_KEYS = 16;

/** Keys of a port, kept for a minute each, so that not every value asks for one. */
export class KeyRing {
  readonly #keys: CacheKeys;
  readonly #clock: Clock;
  readonly #known = new Map<string, { key: CacheKey; until: number }>();
  #current: { key: CacheKey; until: number } | undefined;

  constructor(keys: CacheKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** @throws TypeError if the port returns a key that is not one of AES-256 */
  async current(): Promise<CacheKey> {
    const now = this.#clock.monotonic();
    if (this.#current !== undefined && now < this.#current.until) return this.#current.key;
    const key = sound(await this.#keys.current());
    this.#current = { key, until: now + KEPT_FOR };
    return key;
  }

  async find(id: string): Promise<CacheKey | undefined> {
    const now = this.#clock.monotonic();
    const known = this.#known.get(id);
    if (known !== undefined && now < known.until) return known.key;
    const found = await this.#keys.find(id);
    if (found === undefined) return undefined;
    if (this.#known.size >= MOST_KEYS) this.#known.clear();
    this.#known.set(id, { key: sound(found), until: now + KEPT_FOR });
    return found;
  }
}

function sound(key: CacheKey): CacheKey {
  const fits = typeof key?.id === "string" && key.id.length > 0 && key.id.length <= 64;
  if (!fits || !(key.bytes instanceof Uint8Array) || key.bytes.length !== 32)
    throw new TypeError("a key of the cache must have an id of 1 to 64 characters, and 32 bytes");
  return key;
}
