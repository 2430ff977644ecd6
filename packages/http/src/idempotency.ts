import { createHash, randomUUID } from "node:crypto";
import { type ByteSize, type Clock, type Duration, startTimer, toBytes } from "@seaworthy/core";
import { checkOptions, clockOption, flag, positiveDuration, showValue, withDefault } from "@seaworthy/core/options";
import { errors } from "./errors.ts";
import { type IdempotencyRecord, type IdempotencyStore, memoryIdempotencyStore } from "./idempotency-store.ts";
import type { Answer, EdgeRequest } from "./messages.ts";
import { idempotencyEvent } from "./telemetry.ts";

/** Whose key an `Idempotency-Key` is: one string per caller, or `"credentials"` for the credentials of the request. */
export type Scope = "credentials" | ((request: EdgeRequest) => string);

/** Options of {@link createIdempotency}. */
export interface IdempotencyOptions {
  /**
   * Identifies the caller, so that the same key from two callers is two keys. `"credentials"` takes the headers that
   * carry credentials (`Authorization`, `Cookie`, `X-Api-Key` and similar ones): a caller whose credentials change
   * between two attempts is then another caller. A function returns one string per caller.
   *
   * Required where the edge has no `authenticate`, because nothing else tells callers apart.
   *
   * @default the id of the principal; the credentials of the request if there is no principal
   */
  scope?: Scope;
  /** Where answers are kept; several instances of a service need a store that they share. @default a memory store of this process */
  store?: IdempotencyStore;
  /** How long an answer is kept, more than 0. @default "24h" */
  ttl?: Duration;
  /**
   * How long a key stays locked after its process died, more than 0. While the work runs, the lock is renewed three
   * times in this period. @default "1m"
   */
  lockFor?: Duration;
  /** Largest body that is kept, 0 to 100 MiB. In place of a larger one, a repeated request gets 409. @default "1mb" */
  answerLimit?: ByteSize;
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
  /** How a route tells callers apart; see {@link IdempotencyOptions}. */
  readonly scope?: Scope | undefined;
  /**
   * @param scope - identifies the caller: the same key of two callers is two keys
   * @param request - what has to be the same each time the key comes
   * @throws HTTP_IDEMPOTENCY_KEY_MISSING if there is no key and one is required
   * @throws HTTP_IDEMPOTENCY_KEY_INVALID if it is not 1 to 255 visible ASCII characters
   * @throws HTTP_IDEMPOTENCY_KEY_REUSED if it came with another request before
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
const OPTIONS = ["scope", "store", "ttl", "lockFor", "answerLimit", "required", "clock"];
const RETRY_IN_FLIGHT = 1000;
const LARGEST_ANSWER = 104_857_600;

/**
 * The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): the first answer to a key is kept and given
 * again. Answers that may be different next time are not kept: 500 and above, and those with `Retry-After`.
 *
 * @throws TypeError if an option is malformed
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
  const clock = clockOption("idempotency.clock", options.clock);
  const { scope, store = memoryIdempotencyStore({ clock }), required = true } = options;
  if (scope !== undefined && scope !== "credentials" && typeof scope !== "function")
    throw new TypeError(`idempotency.scope must be "credentials" or a function; got ${showValue(scope)}`);
  flag("idempotency.required", required);
  for (const method of ["claim", "renew", "complete", "release"] as const)
    if (typeof store?.[method] !== "function") throw new TypeError(`idempotency.store must have ${method}()`);
  const ttl = positiveDuration("idempotency.ttl", withDefault(options.ttl, "24h"));
  const lockFor = positiveDuration("idempotency.lockFor", withDefault(options.lockFor, "1m"));
  const limit = toBytes(withDefault(options.answerLimit, "1mb"), "idempotency.answerLimit");
  if (limit > LARGEST_ANSWER) throw new TypeError(`idempotency.answerLimit must be at most 100 MiB; got ${limit}`);
  const terms: Terms = { store, ttl, lockFor, limit, clock };
  return {
    scope,
    async run(key, caller, request, work) {
      if (key === undefined || key === "") {
        if (required) throw errors.HTTP_IDEMPOTENCY_KEY_MISSING();
        return { answer: await work(), replayed: false };
      }
      if (!KEY.test(key)) throw errors.HTTP_IDEMPOTENCY_KEY_INVALID();
      const held = { key: digest([caller, key]), fingerprint: digest(request), token: randomUUID() };
      const known = await store.claim(held.key, held.fingerprint, held.token, lockFor);
      if (known !== undefined) return replay(known, held.fingerprint);
      report("first");
      return { answer: await runOnce(terms, held, work), replayed: false };
    },
  };
}

interface Terms {
  store: IdempotencyStore;
  ttl: number;
  lockFor: number;
  limit: number;
  clock: Clock;
}

interface Held {
  key: string;
  fingerprint: string;
  token: string;
}

async function runOnce(terms: Terms, held: Held, work: () => Promise<Answer>): Promise<Answer> {
  const { store, ttl } = terms;
  const stopRenewing = renewWhileRunning(terms, held);
  let answer: Answer;
  try {
    answer = await work();
  } catch (error) {
    stopRenewing();
    await settle(() => store.release(held.key, held.token));
    throw error;
  }
  stopRenewing();
  const final = answer.status < 500 && !answer.headers.some(([name]) => name === "retry-after");
  const { key, ...claim } = held;
  // The work is done: a store that fails now must not turn its answer into an error, which would be retried.
  await settle(() =>
    final ? store.complete(key, { ...claim, answer: kept(answer, terms.limit), ttl }) : store.release(key, held.token),
  );
  return answer;
}

/** Renews the lock until the returned function is called. Work that is longer than the lock does not run twice. */
function renewWhileRunning({ store, lockFor, clock }: Terms, { key, token }: Held): () => void {
  let stopped = false;
  let cancel = (): void => undefined;
  const arm = (): void => {
    cancel = startTimer(clock, lockFor / 3, () => void renew());
  };
  const renew = async (): Promise<void> => {
    let held = true;
    await settle(async () => {
      held = await store.renew(key, token, lockFor);
    });
    if (!held) report("lost");
    else if (!stopped) arm();
  };
  arm();
  return () => {
    stopped = true;
    cancel();
  };
}

/** The answer to a repeated request: the first one, or a refusal if that is too large to be kept. */
function kept(answer: Answer, limit: number): Answer {
  if (Buffer.byteLength(answer.body, answer.base64 === true ? "base64" : "utf8") <= limit) return answer;
  const { code, status, message: title } = errors.HTTP_IDEMPOTENCY_ANSWER_TOO_LARGE();
  const body = JSON.stringify({ type: "about:blank", title, status, code });
  return { status, headers: [["content-type", "application/problem+json; charset=utf-8"]], body };
}

async function settle(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    report("store_failed", error);
  }
}

function replay(known: IdempotencyRecord, fingerprint: string): IdempotentAnswer {
  if (known.fingerprint !== fingerprint) {
    report("mismatch");
    throw errors.HTTP_IDEMPOTENCY_KEY_REUSED();
  }
  if (known.state === "in-flight") {
    report("in_flight");
    throw errors.HTTP_IDEMPOTENCY_IN_FLIGHT({}, { retryAfter: RETRY_IN_FLIGHT });
  }
  report("replayed");
  return { answer: known.answer, replayed: true };
}

function report(outcome: string, error?: unknown): void {
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
