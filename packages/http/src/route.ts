import { validateHeaderName, validateHeaderValue } from "node:http";
import { type OutputOf, type StandardSchema, validateAsync } from "@seaworthy/validators";
import type { Answer, Exchange, Header } from "./exchange.ts";
import type { Idempotency } from "./idempotency.ts";

/** What a route takes, each part validated before the handler runs. A part without a schema is not read. */
export interface RouteSchemas {
  body?: StandardSchema;
  /** Of the query's parameters: text, or a list of texts where one is repeated. */
  query?: StandardSchema;
  /** Of the path's parameters, which are texts. */
  params?: StandardSchema;
  /**
   * Runs the handler at most once per `Idempotency-Key`; see `createIdempotency`. The answer that comes again is what the
   * handler returned: one that it sent by the framework's own means is not known, and 204 comes in its place.
   */
  idempotency?: Idempotency;
}

/** What a part of the input is: what its schema lets through, or `undefined` without a schema. */
export type Validated<S> = S extends StandardSchema ? OutputOf<S> : undefined;

/** The validated parts of a request. */
export interface RouteInput<S extends RouteSchemas> {
  body: Validated<S["body"]>;
  query: Validated<S["query"]>;
  params: Validated<S["params"]>;
}

/** A whole reply; see {@link reply}. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const replies = new WeakSet<object>();

/**
 * A reply with a status and headers of its own. What a handler returns otherwise is sent as JSON with 200; nothing is 204.
 *
 * @param body - sent as JSON; `undefined` sends none
 * @throws TypeError when `status` is not from 200 to 599, or a header could not be sent
 * @example
 * ```ts
 * import { reply } from "@seaworthy/http";
 * console.log(reply(201, { id: 7 }, { location: "/orders/7" }).status); // 201
 * ```
 */
export function reply(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`status must be from 200 to 599; got ${String(status)}`);
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  const made = Object.freeze({ status, body, headers });
  replies.add(made);
  return made;
}

/** The parts of a request as a framework read them. */
export interface RawInput {
  body: () => Promise<unknown>;
  query: unknown;
  params: unknown;
}

/** What a handler's result is exchanged for when it has answered by the framework's own means. */
export const ANSWERED: unique symbol = Symbol("seaworthy.answered");

const NOTHING: Answer = { status: 204, headers: [], body: "" };

/**
 * Validates, runs the handler, once per idempotency key where one is asked for, and makes an answer of what it returned;
 * `undefined` where it has answered by itself.
 */
export async function perform<S extends RouteSchemas>(
  exchange: Exchange,
  schemas: S,
  raw: RawInput,
  handler: (input: RouteInput<S>) => unknown,
): Promise<Answer | undefined> {
  const { body, query, params, idempotency } = schemas;
  const valid = {
    params: params === undefined ? undefined : await validateAsync(params, raw.params),
    query: query === undefined ? undefined : await validateAsync(query, raw.query),
  };
  // The whole request has to be the same under one key, whether or not the handler looks at the body.
  const given = body === undefined && idempotency === undefined ? undefined : await raw.body();
  const input = { ...valid, body: body === undefined ? undefined : await validateAsync(body, given) } as RouteInput<S>;
  if (idempotency === undefined) return answerOf(await handler(input));
  let sent = false;
  const scope = exchange.principal?.id ?? "";
  const request = [exchange.method, exchange.path, exchange.query, given ?? null];
  const { answer, replayed } = await idempotency.run(exchange.header("idempotency-key"), scope, request, async () => {
    try {
      const answer = await answerOf(await handler(input));
      sent = answer === undefined;
      return answer ?? NOTHING;
    } catch (thrown) {
      return exchange.problem(thrown); // a refusal is an answer too: the same key gets it again
    }
  });
  if (sent) return undefined;
  return replayed ? { ...answer, headers: [...answer.headers, ["idempotency-replayed", "true"]] } : answer;
}

function answerOf(result: unknown): Answer | undefined | Promise<Answer> {
  if (result === ANSWERED) return undefined;
  if (isResponse(result)) return whole(result);
  const given = isReply(result) ? result : { status: result === undefined ? 204 : 200, body: result, headers: {} };
  const own: Header[] = Object.entries(given.headers).map(([name, value]) => [name.toLowerCase(), value]);
  if (given.body === undefined) return { status: given.status, headers: own, body: "" };
  const body = JSON.stringify(given.body) as string | undefined;
  if (body === undefined) throw new TypeError(`a handler returned what JSON has no form for: ${typeof given.body}`);
  return { status: given.status, headers: [["content-type", "application/json; charset=utf-8"], ...own], body };
}

const whole = async (response: Response): Promise<Answer> => ({
  status: response.status,
  headers: [...response.headers],
  body: await response.text(),
});

/** By its tag: Hono's server for Node has a `Response` of its own. */
export function isResponse(result: unknown): result is Response {
  return Object.prototype.toString.call(result) === "[object Response]";
}

function isReply(result: unknown): result is Reply {
  return typeof result === "object" && result !== null && replies.has(result);
}
