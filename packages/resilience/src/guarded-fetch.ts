import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import { checkOptions, clockOption, integer, oneOf, positiveDuration, showValue } from "@seaworthy/core/options";
import type { Call, Runner } from "./call.ts";
import { errors, hasCode, STATUS_TEXT } from "./errors.ts";
import { type BodyPlan, watchBody } from "./internal/body.ts";
import { optionalFlag, otherwise } from "./internal/options.ts";
import { stopRetrying } from "./stop-retrying.ts";

/** What `fetch` takes, and whether the request may be repeated. */
export interface GuardedInit extends RequestInit {
  /**
   * Whether this request may be sent more than once, as with an idempotency key.
   * @default true for GET, HEAD, OPTIONS, TRACE, PUT and DELETE (RFC 9110, 9.2.2), false for the others
   */
  idempotent?: boolean;
}

/** Options of {@link guardedFetch}. */
export interface GuardedFetchOptions {
  /** Statuses that count as failures: retried, counted by the breaker, and in the end returned like any other. @default 408, 429, and 500 to 599 */
  failureStatuses?: readonly number[];
  /** The longest wait for the next chunk of a response's body while it is being read; more than 0. @default no limit */
  bodyIdleTimeout?: Duration;
  /**
   * When an attempt has succeeded: with the headers, or when the body has been read to its end. With `"body"`, the timeouts
   * of the policy, its bulkhead and its breaker cover the body as well; an attempt whose headers were returned is not
   * retried.
   * @default "headers"
   */
  verdict?: "headers" | "body";
  /** Of `bodyIdleTimeout`. @default systemClock */
  clock?: Clock;
}

/** What sends a request: the global `fetch`, or that of undici or another library, whose types differ in detail. */
export type FetchLike = (input: never, init?: never) => Promise<unknown>;
type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
/** A `fetch` under a policy. */
export type GuardedFetch = (input: string | URL | Request, init?: GuardedInit) => Promise<Response>;

const IDEMPOTENT: readonly string[] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];
const OPTIONS: readonly string[] = ["failureStatuses", "bodyIdleTimeout", "verdict", "clock"];

/**
 * `fetch` under a policy. Requests with idempotent methods are repeated. Others are sent once unless `idempotent` says
 * otherwise, and so is a request whose method cannot be read. A body that is a stream is sent once whatever the method.
 *
 * Statuses 408, 429 and all from 500 count as failures, and their `Retry-After` is honored; if no attempt fares better, the
 * last response is returned, as `fetch` would. A response's body stays readable for as long as the caller's own signal
 * allows: the policy's timeouts end with the headers, unless `verdict` is `"body"`. Bodies of responses that were retried
 * are discarded. An invalid URL or init is not retried.
 *
 * @param fetch - what sends the requests. @default the global `fetch`, looked up on each call
 * @throws TypeError if an argument is wrong
 * @example
 * ```ts
 * import { guardedFetch, policy } from "@seaworthy/resilience";
 * const catalogue = guardedFetch(policy("catalogue", { timeout: "2s", retry: { attempts: 3 } }), async () => new Response("ok"));
 * const response = await catalogue("https://catalogue.example/items");
 * console.log(response.status, await response.text()); // 200 ok
 * ```
 */
export function guardedFetch(policy: Runner, fetch?: Fetch, options?: GuardedFetchOptions): GuardedFetch;
export function guardedFetch(policy: Runner, fetch: FetchLike, options?: GuardedFetchOptions): GuardedFetch;
export function guardedFetch(
  policy: Runner,
  fetch?: Fetch | FetchLike,
  options: GuardedFetchOptions = {},
): GuardedFetch {
  if (typeof policy?.run !== "function") throw new TypeError(`guardedFetch takes a policy; got ${showValue(policy)}`);
  if (fetch !== undefined && typeof fetch !== "function")
    throw new TypeError(`fetch must be a function; got ${showValue(fetch)}`);
  checkOptions("guardedFetch", options, OPTIONS);
  const plan = planFetch(options);
  return async (input, init) => {
    const { idempotent, ...rest } = init ?? {};
    optionalFlag("idempotent", idempotent);
    const send = (fetch ??
      ((target: string | URL | Request, given?: RequestInit) => globalThis.fetch(target, given))) as Fetch;
    const exchange = new Exchange(send, input, rest, plan);
    const repeatable = isReplayable(input, rest) && (idempotent ?? isIdempotent(input, rest));
    return exchange.run(policy, repeatable);
  };
}

interface FetchPlan {
  readonly isFailure: (status: number) => boolean;
  readonly body: BodyPlan;
}

function planFetch(options: GuardedFetchOptions): FetchPlan {
  const { failureStatuses: statuses, bodyIdleTimeout, clock = systemClock } = options;
  clockOption("clock", clock);
  const idle = bodyIdleTimeout === undefined ? undefined : positiveDuration("bodyIdleTimeout", bodyIdleTimeout);
  const whole = oneOf("verdict", otherwise(options.verdict, "headers"), ["headers", "body"]) === "body";
  return { isFailure: planStatuses(statuses), body: { idle, whole, clock } };
}

function planStatuses(statuses: readonly number[] | undefined): (status: number) => boolean {
  if (statuses === undefined) return (status) => status >= 500 || status === 429 || status === 408;
  if (!Array.isArray(statuses)) throw new TypeError(`failureStatuses must be an array; got ${showValue(statuses)}`);
  const set = new Set(statuses.map((status: number) => integer("failureStatuses", status, 100, 599)));
  return (status) => set.has(status);
}

/** What a `Request` has, of this realm, of another one, or of undici. */
type RequestShape = { readonly method?: unknown; readonly body?: unknown; readonly signal?: unknown };

/** The input as a request; `undefined` if it is a string or a URL. `fetch` turns every other value into a string. */
function requestOf(input: unknown): RequestShape | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const { href, method } = input as { href?: unknown; method?: unknown };
  return typeof href === "string" && method === undefined ? undefined : (input as RequestShape);
}

function isIdempotent(input: unknown, init: RequestInit): boolean {
  const request = requestOf(input);
  const method: unknown = init.method ?? (request === undefined ? "GET" : request.method);
  return typeof method === "string" && IDEMPOTENT.includes(method.toUpperCase());
}

/** Whether the same request can be sent again: a stream that was read once is gone. */
function isReplayable(input: unknown, init: RequestInit): boolean {
  const body: unknown = init.body;
  if (body === undefined || body === null) {
    const request = requestOf(input);
    return request === undefined || request.body === null || request.body === undefined;
  }
  if (typeof body !== "object") return true;
  const { getReader } = body as Partial<ReadableStream>;
  return typeof getReader !== "function" && !(Symbol.asyncIterator in body);
}

interface StatusFailure {
  readonly response: Response;
}

/** One guarded request: its attempts, and the failed responses that are still open. */
class Exchange {
  readonly #fetch: Fetch;
  readonly #input: string | URL | Request;
  readonly #init: RequestInit;
  readonly #plan: FetchPlan;
  readonly #open = new Set<Response>();

  constructor(fetch: Fetch, input: string | URL | Request, init: RequestInit, plan: FetchPlan) {
    this.#fetch = fetch;
    this.#input = input;
    this.#init = init;
    this.#plan = plan;
  }

  run(policy: Runner, idempotent: boolean): Promise<Response> {
    const own = this.#ownSignal();
    if (!this.#plan.body.whole) return this.#runAttempts(policy, idempotent, own, (response) => response);
    // The run goes on while the body is read; its caller has the response before that.
    return new Promise((resolve, reject) => {
      this.#runAttempts(policy, idempotent, own, resolve).then(resolve, reject);
    });
  }

  async #runAttempts(
    policy: Runner,
    idempotent: boolean,
    own: AbortSignal | undefined,
    early: (response: Response) => void,
  ): Promise<Response> {
    let answer: Response | undefined;
    try {
      answer = (await policy.run((call) => this.#attempt(call, own, early), { signal: own, idempotent })) as Response;
      return answer;
    } catch (error) {
      // A status that counts as a failure is an answer all the same, if nothing better came.
      if (!hasCode(error, "RESILIENCE_UPSTREAM_STATUS")) throw error;
      answer = [...this.#open].find((response) => response === (error as Partial<StatusFailure>).response);
      if (answer === undefined) throw error;
      return answer;
    } finally {
      this.#discard(answer);
    }
  }

  #ownSignal(): AbortSignal | undefined {
    const request = requestOf(this.#input);
    return this.#init.signal ?? (request?.signal as AbortSignal | undefined) ?? undefined;
  }

  async #attempt(call: Call, own: AbortSignal | undefined, early: (response: Response) => void): Promise<Response> {
    this.#discard();
    // The caller's own signal goes along: it governs the body too, long after the policy has let go.
    const signal = own === undefined ? call.signal : anySignal(call.signal, own);
    const { body } = this.#plan;
    const watched = body.idle === undefined && !body.whole ? undefined : new AbortController();
    const response = await this.#send(watched === undefined ? signal : anySignal(signal, watched.signal));
    if (this.#plan.isFailure(response.status)) throw this.#failure(response);
    if (watched === undefined) return response;
    const { response: readable, ended } = watchBody(response, body, watched);
    if (!body.whole) return readable;
    early(readable);
    await ended.catch((error) => {
      throw stopRetrying(error);
    });
    return readable;
  }

  async #send(signal: AbortSignal): Promise<Response> {
    try {
      return await this.#fetch(this.#input, { ...this.#init, signal });
    } catch (error) {
      throw isInvalidRequest(error) ? stopRetrying(error) : error;
    }
  }

  #failure(response: Response): Error {
    this.#open.add(response);
    // Not enumerable: a response has no place in a log line. The retry reads its Retry-After from there.
    const failure = errors.RESILIENCE_UPSTREAM_STATUS(
      { status: response.status },
      { message: `${STATUS_TEXT}${response.status}` },
    );
    return Object.defineProperty(failure, "response", { value: response });
  }

  /** Lets the connections of failed responses go back to their pool. */
  #discard(except?: Response): void {
    for (const response of this.#open) {
      if (response === except) continue;
      this.#open.delete(response);
      response.body?.cancel().catch(() => undefined);
    }
  }
}

// How the implementations call a failure of the network, which is a TypeError as well.
const NETWORK = /fetch failed|failed to fetch|terminated|network|load failed|unable to connect/i;

/** Whether `fetch` refused the request before it sent anything, as for an invalid URL, header or method. */
function isInvalidRequest(error: unknown): error is TypeError {
  try {
    const { name, message, cause } = error as TypeError & { cause?: { code?: unknown } };
    if (name !== "TypeError") return false;
    return cause === undefined ? !NETWORK.test(message) : cause.code === "ERR_INVALID_URL";
  } catch {
    return false; // a hostile getter says nothing
  }
}

/** A signal of several; one of another realm is not known to `AbortSignal.any`, and is followed by a listener. */
function anySignal(first: AbortSignal, second: AbortSignal): AbortSignal {
  if (first instanceof AbortSignal && second instanceof AbortSignal) return AbortSignal.any([first, second]);
  const controller = new AbortController();
  for (const signal of [first, second]) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}
