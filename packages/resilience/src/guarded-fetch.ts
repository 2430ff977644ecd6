import { checkOptions, showValue, wholeNumber } from "@seaworthy/core/options";
import type { Call, Runner } from "./call.ts";
import { errors, hasCode } from "./errors.ts";
import { optionalFlag } from "./internal/options.ts";

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
  /** Statuses that count as failures: retried, counted by the breaker, and in the end returned like any other. @default [429, 502, 503, 504] */
  failureStatuses?: readonly number[];
}

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const FAILURES: readonly number[] = [429, 502, 503, 504];
const IDEMPOTENT: readonly string[] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];
const KNOWN: readonly string[] = ["failureStatuses"];

/**
 * `fetch` under a policy. Requests with idempotent methods are repeated, others are sent once unless `idempotent` says
 * otherwise; a body that is a stream is sent once whatever the method, since it cannot be sent again.
 *
 * Statuses 429, 502, 503 and 504 count as failures, and their `Retry-After` is honoured; if no attempt fares better the
 * last response is returned, as `fetch` would. A response's body stays readable for as long as the caller's own signal
 * allows: the policy's timeouts end with the headers. Bodies of responses that were retried are discarded.
 *
 * @param fetch - what sends the requests. @default the global `fetch`, looked up on each call
 * @throws TypeError when an argument is wrong
 * @example
 * ```ts
 * import { guardedFetch, policy } from "@seaworthy/resilience";
 * const catalogue = guardedFetch(policy("catalogue", { timeout: "2s", retry: { attempts: 3 } }), async () => new Response("ok"));
 * const response = await catalogue("https://catalogue.example/items");
 * console.log(response.status, await response.text()); // 200 ok
 * ```
 */
export function guardedFetch(
  policy: Runner,
  fetch?: Fetch,
  options: GuardedFetchOptions = {},
): (input: string | URL | Request, init?: GuardedInit) => Promise<Response> {
  if (typeof policy?.run !== "function") throw new TypeError(`guardedFetch takes a policy; got ${showValue(policy)}`);
  if (fetch !== undefined && typeof fetch !== "function")
    throw new TypeError(`fetch must be a function; got ${showValue(fetch)}`);
  checkOptions("guardedFetch", options, KNOWN);
  const failing = new Set(planStatuses(options.failureStatuses));
  return async (input, init) => {
    const { idempotent, ...rest } = init ?? {};
    optionalFlag("idempotent", idempotent);
    const send = fetch ?? ((target, given) => globalThis.fetch(target, given));
    const exchange = new Exchange(send, input, rest, failing);
    const repeatable = isReplayable(input, rest) && (idempotent ?? IDEMPOTENT.includes(methodOf(input, rest)));
    return exchange.run(policy, repeatable);
  };
}

function planStatuses(statuses: readonly number[] = FAILURES): readonly number[] {
  if (!Array.isArray(statuses)) throw new TypeError(`failureStatuses must be a list; got ${showValue(statuses)}`);
  return statuses.map((status: number) => wholeNumber("failureStatuses", status, 100, 599));
}

function methodOf(input: string | URL | Request, init: RequestInit): string {
  const method = init.method ?? (input instanceof Request ? input.method : "GET");
  return String(method).toUpperCase();
}

/** Whether the same request can be sent again: a stream that was read once is gone. */
function isReplayable(input: string | URL | Request, init: RequestInit): boolean {
  if (init.body === undefined || init.body === null) return !(input instanceof Request && input.body !== null);
  const body: unknown = init.body;
  if (typeof body !== "object") return true;
  const streams = body instanceof ReadableStream || Symbol.asyncIterator in (body as object);
  return !streams;
}

interface StatusFailure {
  readonly response: Response;
}

/** One guarded request: its attempts, and the failed response that is still open. */
class Exchange {
  readonly #fetch: Fetch;
  readonly #input: string | URL | Request;
  readonly #init: RequestInit;
  readonly #failing: ReadonlySet<number>;
  readonly #open = new Set<Response>();

  constructor(fetch: Fetch, input: string | URL | Request, init: RequestInit, failing: ReadonlySet<number>) {
    this.#fetch = fetch;
    this.#input = input;
    this.#init = init;
    this.#failing = failing;
  }

  async run(policy: Runner, idempotent: boolean): Promise<Response> {
    const own = this.#ownSignal();
    let answer: Response | undefined;
    try {
      answer = (await policy.run((call) => this.#attempt(call, own), { signal: own, idempotent })) as Response;
      return answer;
    } catch (error) {
      // A status that counts as a failure is an answer all the same, when nothing better came.
      if (!hasCode(error, "RESILIENCE_UPSTREAM_STATUS")) throw error;
      answer = [...this.#open].find((response) => response === (error as Partial<StatusFailure>).response);
      if (answer === undefined) throw error;
      return answer;
    } finally {
      this.#discard(answer);
    }
  }

  #ownSignal(): AbortSignal | undefined {
    return this.#init.signal ?? (this.#input instanceof Request ? this.#input.signal : undefined);
  }

  async #attempt(call: Call, own: AbortSignal | undefined): Promise<Response> {
    this.#discard();
    // The caller's own signal goes along: it governs the body too, long after the policy has let go.
    const signal = own === undefined ? call.signal : AbortSignal.any([call.signal, own]);
    const response = await this.#fetch(this.#input, { ...this.#init, signal });
    if (!this.#failing.has(response.status)) return response;
    this.#open.add(response);
    // Not enumerable: a response has no place in a log line. The retry reads its Retry-After from there.
    const failure = errors.RESILIENCE_UPSTREAM_STATUS({ status: response.status });
    throw Object.defineProperty(failure, "response", { value: response });
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
