import type { Clock } from "@seaworthy/core";
import { checkOptions, clockOption, integer } from "@seaworthy/core/options";
import type { Answer } from "./messages.ts";

/** What a store knows of a key. */
export type IdempotencyRecord =
  | { state: "in-flight"; fingerprint: string }
  | { state: "done"; fingerprint: string; answer: Answer };

/** The first answer to a key, as {@link IdempotencyStore.complete} keeps it. */
export interface IdempotencyCompletion {
  /** Of the request that the answer belongs to. */
  readonly fingerprint: string;
  /** Of the claim that did the work. */
  readonly token: string;
  readonly answer: Answer;
  /** Milliseconds from now for which the answer is kept. */
  readonly ttl: number;
}

/** Keeps the first answer to each key. */
export interface IdempotencyStore {
  /**
   * Claims a key for `ttl` milliseconds if it is free, and resolves to `undefined`; otherwise resolves to what is known.
   * Two claims at once must not both get it.
   *
   * @param token - of this claim: only who holds it may complete or release
   */
  claim(key: string, fingerprint: string, token: string, ttl: number): Promise<IdempotencyRecord | undefined>;
  /**
   * Prolongs a claim to `ttl` milliseconds from now. Resolves to `false`, and prolongs nothing, if another claim holds
   * the key by now or the key has been completed or released.
   */
  renew(key: string, token: string, ttl: number): Promise<boolean>;
  /** Keeps the answer, unless another claim holds the key by now. */
  complete(key: string, completion: IdempotencyCompletion): Promise<void>;
  /** Gives the claimed key back, so that the request can be made again; of another claim it takes nothing. */
  release(key: string, token: string): Promise<void>;
}

/** Options of {@link memoryIdempotencyStore}. */
export interface MemoryIdempotencyStoreOptions {
  /** Most keys kept, at least 1; beyond it the oldest finished ones go. @default 10000 */
  entries?: number;
  /** @default systemClock */
  clock?: Clock;
}

interface Entry {
  record: IdempotencyRecord;
  token: string;
  expires: number;
}

/**
 * Keeps answers in this process: for one instance, and for tests.
 *
 * @throws TypeError if an option is malformed
 */
export function memoryIdempotencyStore(options: MemoryIdempotencyStoreOptions = {}): IdempotencyStore {
  checkOptions("memoryIdempotencyStore", options, ["entries", "clock"]);
  const { entries: most = 10_000 } = options;
  const clock = clockOption("memoryIdempotencyStore.clock", options.clock);
  integer("memoryIdempotencyStore.entries", most, 1);
  const held = new Map<string, Entry>();
  const shrink = (): void => {
    for (const [key, { record, expires }] of held) {
      if (held.size < most) return;
      if (record.state === "done" || expires <= clock.monotonic()) held.delete(key);
    }
  };
  const holds = (key: string, token: string): boolean => {
    const entry = held.get(key);
    return entry === undefined || entry.token === token;
  };
  return {
    async claim(key, fingerprint, token, ttl) {
      const known = held.get(key);
      if (known !== undefined && known.expires > clock.monotonic()) return known.record;
      held.delete(key);
      if (held.size >= most) shrink();
      held.set(key, { record: { state: "in-flight", fingerprint }, token, expires: clock.monotonic() + ttl });
      return undefined;
    },
    async renew(key, token, ttl) {
      const entry = held.get(key);
      if (entry?.token !== token || entry.record.state !== "in-flight" || entry.expires <= clock.monotonic())
        return false;
      entry.expires = clock.monotonic() + ttl;
      return true;
    },
    async complete(key, { fingerprint, token, answer, ttl }) {
      if (!holds(key, token)) return;
      held.set(key, { record: { state: "done", fingerprint, answer }, token, expires: clock.monotonic() + ttl });
    },
    async release(key, token) {
      if (holds(key, token)) held.delete(key);
    },
  };
}
