import { readMember } from "@seaworthy/core/objects";
import type { Call, Runner } from "../call.ts";
import { errors, hasCode, STATUS_TEXT } from "../errors.ts";
import { stopRetrying } from "../stop-retrying.ts";
import { type BodyPlan, watchBody } from "./body.ts";
import type { OriginRule } from "./forwarded-ids.ts";
import { type Fetch, mayForward, sendInHops } from "./redirects.ts";
import { isIdempotent, isReplayable, requestOf } from "./request-shape.ts";

/** What all requests of a guarded `fetch` have in common. */
export interface FetchPlan {
  readonly isFailure: (status: number) => boolean;
  readonly body: BodyPlan;
  /** Where the ids of the context may be sent; `undefined` for nowhere. */
  readonly origins: OriginRule | undefined;
}

/** One guarded request: its attempts, and the failed responses that are still open. */
export class FetchExchange {
  readonly #fetch: Fetch;
  readonly #input: string | URL | Request;
  readonly #init: RequestInit;
  readonly #plan: FetchPlan;
  /** Whether the request may be sent more than once. */
  readonly #repeatable: boolean;
  readonly #open = new Set<Response>();

  /** @param init - `idempotent` is what the caller says; the method decides if it says nothing */
  constructor(
    fetch: Fetch,
    input: string | URL | Request,
    { idempotent, ...init }: RequestInit & { idempotent?: boolean | undefined },
    plan: FetchPlan,
  ) {
    this.#fetch = fetch;
    this.#input = input;
    this.#init = init;
    this.#plan = plan;
    this.#repeatable = isReplayable(input, init) && (idempotent ?? isIdempotent(input, init));
  }

  run(policy: Runner): Promise<Response> {
    const own = this.#ownSignal();
    if (!this.#plan.body.whole) return this.#runAttempts(policy, own, (response) => response);
    // The run goes on while the body is read; its caller has the response before that.
    return new Promise((resolve, reject) => {
      this.#runAttempts(policy, own, resolve).then(resolve, reject);
    });
  }

  async #runAttempts(
    policy: Runner,
    own: AbortSignal | undefined,
    early: (response: Response) => void,
  ): Promise<Response> {
    let answer: Response | undefined;
    const options = { signal: own, idempotent: this.#repeatable };
    try {
      answer = (await policy.run((call) => this.#attempt(call, own, early), options)) as Response;
      return answer;
    } catch (error) {
      // A status that counts as a failure is an answer all the same, if no attempt had a better one.
      if (!hasCode(error, "RESILIENCE_UPSTREAM_STATUS")) throw error;
      const response = readMember(error, "response");
      answer = [...this.#open].find((open) => open === response);
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
    // The caller's own signal is joined: it governs the body too, after the policy has finished with the attempt.
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
    const { origins } = this.#plan;
    const init = { ...this.#init, signal };
    try {
      // A request that is sent once has to show whether it was sent at all.
      if (this.#repeatable && !mayForward(this.#input, origins)) return await this.#fetch(this.#input, init);
      return await sendInHops({ fetch: this.#fetch, input: this.#input, init, origins });
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

  /** Releases the connections of failed responses to their pool. */
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
    const { name, message, cause }: { name?: unknown; message?: unknown; cause?: unknown } = error ?? {};
    if (name !== "TypeError") return false;
    return cause === undefined ? !NETWORK.test(`${message}`) : readMember(cause, "code") === "ERR_INVALID_URL";
  } catch {
    return false; // the getters of a hostile error throw
  }
}

/** A signal of several; `AbortSignal.any` does not know one of another realm, which is followed by a listener. */
function anySignal(first: AbortSignal, second: AbortSignal): AbortSignal {
  if (first instanceof AbortSignal && second instanceof AbortSignal) return AbortSignal.any([first, second]);
  const controller = new AbortController();
  for (const signal of [first, second]) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}
