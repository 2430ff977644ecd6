import { createHash, randomUUID } from "node:crypto";
import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import { checkOptions, flag, positiveDuration, soundClock } from "@seaworthy/core/options";
import { errors } from "./errors.ts";
import type { Answer } from "./exchange.ts";
import { type IdempotencyRecord, type IdempotencyStore, memoryIdempotencyStore } from "./idempotency-store.ts";
import { idempotencyEvent } from "./telemetry.ts";

/** Options of {@link createIdempotency}. */
export interface IdempotencyOptions {
  /** Where answers are kept; for several instances, one that they share. @default a memory store of this process */
  store?: IdempotencyStore;
  /** How long an answer is kept, more than 0. @default "24h" */
  ttl?: Duration;
  /**
   * How long a request in flight holds its key, more than 0. Longer than the work can take: after it, the same request
   * runs again, which is what frees the keys of a process that died. @default "1m"
   */
  lockFor?: Duration;
  /** Whether a request without the header is refused. @default true */
  required?: boolean;
  /** @default systemClock */
  clock?: Clock;
}

/** An answer, and whether it is that of an earlier request. */
export interface IdempotentAnswer {
  answer: Answer;
  replayed: boolean;
}

/** Runs work at most once per key. */
export interface Idempotency {
  /**
   * @param scope - whose keys these are: the same key of two principals is two keys
   * @param request - what has to be the same each time the key comes
   * @throws HTTP_IDEMPOTENCY_KEY_MISSING when there is no key and one is required
   * @throws HTTP_IDEMPOTENCY_KEY_INVALID when it is not 1 to 255 visible ASCII characters
   * @throws HTTP_IDEMPOTENCY_KEY_REUSED when it came with another request before
   * @throws HTTP_IDEMPOTENCY_IN_FLIGHT while that request is being processed
   */
  run(
    key: string | undefined,
    scope: string,
    request: readonly unknown[],
    work: () => Promise<Answer>,
  ): Promise<IdempotentAnswer>;
}

const KEY = /^[\x21-\x7e]{1,255}$/;
const OPTIONS = ["store", "ttl", "lockFor", "required", "clock"];
const RETRY_IN_FLIGHT = 1000;

/**
 * The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): the first answer to a key is kept and given
 * again. Answers that may be different next time are not kept: 500 and above, and those that name a time to retry.
 *
 * @throws TypeError when an option is malformed
 * @example
 * ```ts
 * import { createIdempotency } from "@seaworthy/http";
 * const idempotency = createIdempotency({ ttl: "1h" });
 * const work = async () => ({ status: 201, headers: [], body: "made" });
 * await idempotency.run("k-1", "user-7", ["POST /orders"], work);
 * const { replayed } = await idempotency.run("k-1", "user-7", ["POST /orders"], work);
 * console.log(replayed); // true
 * ```
 */
export function createIdempotency(options: IdempotencyOptions = {}): Idempotency {
  checkOptions("idempotency", options, OPTIONS);
  const clock = soundClock("idempotency.clock", options.clock ?? systemClock);
  const { store = memoryIdempotencyStore({ clock }), required = true } = options;
  flag("idempotency.required", required);
  for (const method of ["claim", "complete", "release"] as const)
    if (typeof store?.[method] !== "function") throw new TypeError(`idempotency.store must have ${method}()`);
  const ttl = positiveDuration("idempotency.ttl", options.ttl ?? "24h");
  const lockFor = positiveDuration("idempotency.lockFor", options.lockFor ?? "1m");
  return {
    async run(key, scope, request, work) {
      if (key === undefined || key === "") {
        if (required) throw errors.HTTP_IDEMPOTENCY_KEY_MISSING();
        return { answer: await work(), replayed: false };
      }
      if (!KEY.test(key)) throw errors.HTTP_IDEMPOTENCY_KEY_INVALID();
      const held = { key: digest([scope, key]), fingerprint: digest(request), token: randomUUID() };
      const known = await store.claim(held.key, held.fingerprint, held.token, lockFor);
      if (known !== undefined) return replay(known, held.fingerprint);
      told("first");
      return { answer: await runOnce(store, held, ttl, work), replayed: false };
    },
  };
}

interface Held {
  key: string;
  fingerprint: string;
  token: string;
}

async function runOnce(store: IdempotencyStore, held: Held, ttl: number, work: () => Promise<Answer>): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await work();
  } catch (error) {
    await settle(() => store.release(held.key, held.token));
    throw error;
  }
  const final = answer.status < 500 && !answer.headers.some(([name]) => name === "retry-after");
  // The work is done: a store that fails now must not turn its answer into an error, which would be retried.
  await settle(() =>
    final ? store.complete(held.key, held.fingerprint, held.token, answer, ttl) : store.release(held.key, held.token),
  );
  return answer;
}

async function settle(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    told("store_failed", error);
  }
}

function replay(known: IdempotencyRecord, fingerprint: string): IdempotentAnswer {
  if (known.fingerprint !== fingerprint) {
    told("mismatch");
    throw errors.HTTP_IDEMPOTENCY_KEY_REUSED();
  }
  if (known.state === "in-flight") {
    told("in_flight");
    throw errors.HTTP_IDEMPOTENCY_IN_FLIGHT({}, { retryAfter: RETRY_IN_FLIGHT });
  }
  told("replayed");
  return { answer: known.answer, replayed: true };
}

function told(outcome: string, error?: unknown): void {
  if (idempotencyEvent.active)
    idempotencyEvent.emit({ outcome }, undefined, error === undefined ? undefined : { error });
}

function digest(parts: readonly unknown[]): string {
  try {
    return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
  } catch {
    throw errors.HTTP_MALFORMED_REQUEST(); // nested so deeply that it cannot be written again
  }
}
