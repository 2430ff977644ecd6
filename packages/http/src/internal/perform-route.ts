import { isUtf8 } from "node:buffer";
import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, showValue } from "@seaworthy/core/options";
import { validateAsync } from "@seaworthy/validators/request";
import type { Answer, Header } from "../messages.ts";
import type { Reply } from "../reply.ts";
import type { RouteInput, RouteSchemas } from "../route.ts";
import { checkAcceptable } from "./acceptable.ts";
import { callerOf } from "./caller.ts";
import type { Capture } from "./capture.ts";
import { conditional } from "./conditional.ts";
import type { Edge } from "./edge-core.ts";
import type { Exchange } from "./exchange.ts";
import { membersOf } from "./members.ts";
import { replies } from "./replies.ts";

/** A request and its answer in the hands of a framework. */
export interface RouteIo {
  body: () => Promise<unknown>;
  query: unknown;
  params: unknown;
  /** Whether the handler has answered by the framework's own means. @default never */
  sent?: (result: unknown) => boolean;
  /** Records what the handler sends by those means; see `captureAnswer`. */
  capture?: () => Capture;
}

const OPTIONS = ["body", "query", "params", "idempotency", "permission"];
const CUT_OFF: unique symbol = Symbol("seaworthy.cut-off");

/**
 * Checks what a route was given.
 *
 * @throws TypeError if a schema is not a Standard Schema, if the route has a permission and the edge has no `can`, or if it is idempotent and nothing tells its callers
 * apart: one caller would get the answer of another
 */
export function checkRoute(edge: Pick<Edge, "authenticate" | "authorization">, schemas: RouteSchemas): void {
  checkOptions("route", schemas, OPTIONS);
  const { idempotency, permission, ...parts } = schemas;
  if (permission !== undefined) {
    boundedString("route: permission", permission, 1, 128);
    if (edge.authorization.can === undefined)
      throw new TypeError("route: permission needs edge({ can }), which decides who has it; got an edge without");
  }
  for (const [name, schema] of Object.entries(parts))
    if (schema !== undefined && membersOf(schema)["~standard"] === undefined)
      throw new TypeError(`route: ${name} must be a Standard Schema; got ${showValue(schema)}`);
  if (idempotency === undefined) return;
  if (typeof idempotency?.run !== "function")
    throw new TypeError(`route: idempotency must have run(); got ${showValue(idempotency)}`);
  if (idempotency.scope === undefined && edge.authenticate === undefined)
    throw new TypeError(
      'route: an idempotent route must tell callers apart: give edge({ authenticate }), or createIdempotency({ scope }) with "credentials" or a function; got neither',
    );
}

/**
 * Validates, runs the handler, once per idempotency key if one is asked for, and makes an answer of what it returned.
 * Resolves to `undefined` if the handler has answered by the framework's own means.
 */
export async function perform<S extends RouteSchemas>(
  exchange: Exchange,
  schemas: S,
  io: RouteIo,
  handler: (input: RouteInput<S>) => unknown,
): Promise<Answer | undefined> {
  const { body, query, params, idempotency, permission } = schemas;
  if (permission !== undefined) await exchange.authorize(permission);
  const valid = {
    params: params === undefined ? undefined : await validateAsync(params, io.params),
    query: query === undefined ? undefined : await validateAsync(query, io.query),
  };
  // The whole request has to be the same under one key, whether or not the handler looks at the body.
  const given = body === undefined && idempotency === undefined ? undefined : await io.body();
  const input = { ...valid, body: body === undefined ? undefined : await validateAsync(body, given) } as RouteInput<S>;
  if (idempotency === undefined) {
    const result = await handler(input);
    if (io.sent?.(result) === true) return undefined;
    const answer = await answerOf(result);
    checkAcceptable(exchange, answer);
    return conditional(exchange, answer);
  }
  let sent = false;
  const work = async (): Promise<Answer> => {
    const captured = io.capture?.();
    const answered = (result: unknown): boolean => captured?.begun === true || io.sent?.(result) === true;
    try {
      const result = await handler(input);
      if (!answered(result)) return await answerOf(result);
    } catch (thrown) {
      if (!answered(undefined)) return exchange.problem(thrown); // the same key gets the same refusal again
      exchange.failed(thrown);
    }
    sent = true;
    const answer = await captured?.answer();
    if (answer === undefined) throw CUT_OFF;
    return answer;
  };
  try {
    const request = [exchange.method, exchange.path, exchange.query, given ?? null];
    const caller = callerOf(exchange, idempotency.scope);
    const { answer, replayed } = await idempotency.run(exchange.header("idempotency-key"), caller, request, work);
    if (sent) return undefined;
    return replayed ? again(answer, exchange.id) : answer;
  } catch (thrown) {
    if (thrown === CUT_OFF) return undefined;
    throw thrown;
  }
}

/** A kept answer; a problem document names the request that gets it now. */
function again(answer: Answer, id: string): Answer {
  const headers: Header[] = [...answer.headers, ["idempotency-replayed", "true"]];
  const isProblem = headers.some(([name, value]) => name === "content-type" && value.includes("problem+json"));
  if (!isProblem) return { ...answer, headers };
  const problem = membersOf(JSON.parse(answer.body));
  return { ...answer, headers, body: JSON.stringify({ ...problem, correlationId: id }) };
}

function answerOf(result: unknown): Answer | Promise<Answer> {
  if (isResponse(result)) return whole(result);
  const given = isReply(result) ? result : { status: result === undefined ? 204 : 200, body: result, headers: {} };
  const own: Header[] = Object.entries(given.headers).flatMap(([name, value]) =>
    [value].flat().map((one): Header => [name.toLowerCase(), one]),
  );
  if (given.body === undefined) return { status: given.status, headers: own, body: "" };
  const body: string | undefined = JSON.stringify(given.body);
  if (body === undefined) throw new TypeError(`a handler returned what JSON has no form for: ${typeof given.body}`);
  return { status: given.status, headers: [["content-type", "application/json; charset=utf-8"], ...own], body };
}

async function whole(response: Response): Promise<Answer> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = isUtf8(bytes);
  return withoutUndefined({
    status: response.status,
    headers: [...response.headers],
    body: bytes.toString(text ? "utf8" : "base64"),
    base64: text ? undefined : true,
  });
}

/** By its tag: Hono's server for Node has a `Response` of its own. */
export function isResponse(result: unknown): result is Response {
  return Object.prototype.toString.call(result) === "[object Response]";
}

function isReply(result: unknown): result is Reply {
  return typeof result === "object" && result !== null && replies.has(result);
}
