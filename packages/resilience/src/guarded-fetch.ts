import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  integer,
  oneOf,
  positiveDuration,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { Runner } from "./call.ts";
import { FetchExchange, type FetchPlan } from "./internal/fetch-exchange.ts";
import { planOrigins } from "./internal/forwarded-ids.ts";
import { optionalFlag } from "./internal/options.ts";
import type { Fetch } from "./internal/redirects.ts";

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
  /**
   * Where the ids of core's context are sent: `traceparent` with a new span id per attempt, `tracestate`, and the correlation
   * id as `x-request-id`. A header that the caller has set stays as it is. `true` for hosts of the own network: names of one
   * label, `localhost`, the suffixes `.local`, `.internal`, `.svc` and `.home.arpa`, and private addresses; an array of origins,
   * such as `"https://api.example.com"` or `"https://*.example.com"`, for exactly those; `false` for none.
   * @default true
   */
  forwardIds?: boolean | readonly string[];
  /** Of `bodyIdleTimeout`. @default systemClock */
  clock?: Clock;
}

/** What sends a request: the global `fetch`, or that of undici or another library, whose types differ in detail. */
export type FetchLike = (input: never, init?: never) => Promise<unknown>;
/** A `fetch` under a policy. */
export type GuardedFetch = (input: string | URL | Request, init?: GuardedInit) => Promise<Response>;

const OPTIONS: readonly string[] = ["failureStatuses", "bodyIdleTimeout", "verdict", "forwardIds", "clock"];

/**
 * `fetch` under a policy. Requests with idempotent methods are repeated. Others are sent once unless `idempotent` says
 * otherwise, and so is a request whose method cannot be read; they are repeated only if no connection could be made. A body
 * that is a stream is sent once whatever the method.
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
    optionalFlag("idempotent", init?.idempotent);
    const send = (fetch ??
      ((target: string | URL | Request, given?: RequestInit) => globalThis.fetch(target, given))) as Fetch;
    return new FetchExchange(send, input, init ?? {}, plan).run(policy);
  };
}

function planFetch(options: GuardedFetchOptions): FetchPlan {
  const { failureStatuses: statuses, bodyIdleTimeout, clock = systemClock } = options;
  clockOption("clock", clock);
  const idle = bodyIdleTimeout === undefined ? undefined : positiveDuration("bodyIdleTimeout", bodyIdleTimeout);
  const whole = oneOf("verdict", withDefault(options.verdict, "headers"), ["headers", "body"]) === "body";
  return { isFailure: planStatuses(statuses), body: { idle, whole, clock }, origins: planOrigins(options.forwardIds) };
}

function planStatuses(statuses: readonly number[] | undefined): (status: number) => boolean {
  if (statuses === undefined) return (status) => status >= 500 || status === 429 || status === 408;
  if (!Array.isArray(statuses)) throw new TypeError(`failureStatuses must be an array; got ${showValue(statuses)}`);
  const set = new Set(statuses.map((status: number) => integer("failureStatuses", status, 100, 599)));
  return (status) => set.has(status);
}
