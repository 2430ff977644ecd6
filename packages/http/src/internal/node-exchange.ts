import type { IncomingMessage, ServerResponse } from "node:http";
import { bindContext, runWithContext } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { Answer } from "../messages.ts";
import type { Edge } from "./edge-core.ts";
import { Exchange } from "./exchange.ts";
import { BEARER, bytesOf, grouped } from "./exchange-parts.ts";
import { fixHeaders } from "./fixed-headers.ts";
import { isWaiting } from "./lazy-continue.ts";
import { membersOf } from "./members.ts";
import { NodeIncoming, type NodeRequest } from "./node-incoming.ts";
import { pump } from "./pump.ts";

// A property, because a WeakMap of so many short-lived keys costs the garbage collector dearly.
const EXCHANGE: unique symbol = Symbol("seaworthy.exchange");

type Request = NodeRequest & { [EXCHANGE]?: Exchange };

/** If more unread bytes than these are announced, the connection is closed instead of read to its end. */
const MOST_DISCARDED = 16_777_216;
/** Headers that a handler may have set for the answer that it did not get to send. */
export const REPRESENTATION: readonly string[] = [
  "content-encoding",
  "content-language",
  "content-disposition",
  "content-range",
  "content-md5",
  "transfer-encoding",
  "etag",
  "last-modified",
  "expires",
  "accept-ranges",
];

/** The exchange of a request that went through the edge. */
export const exchangeOf = (request: IncomingMessage): Exchange | undefined => (request as Request)[EXCHANGE];

/** Names the template that a request matched; see `setRoute` of the adapters. */
export function nameRoute(request: IncomingMessage, template: string): void {
  const exchange = exchangeOf(request);
  if (exchange !== undefined) exchange.route = template;
}

/** Sends a whole answer, unless one has begun. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const { status, headers } = answer;
  const body = bytesOf(answer);
  const empty = status === 204 || status === 304;
  if (status >= 400) for (const name of REPRESENTATION) response.removeHeader(name);
  for (const [name, value] of grouped(withoutDefaults(headers, response))) {
    if (name === "set-cookie")
      response.appendHeader(name, value); // a session may have set its own
    else response.setHeader(name, value);
  }
  response.statusCode = status;
  if (answer.stream !== undefined) return void pump(answer.stream, response);
  if (empty) response.removeHeader("content-length");
  else response.setHeader("content-length", Buffer.byteLength(body));
  // A client that was not invited to send its body may or may not send it, so the next request could not be found.
  const isUnread = !request.complete && Number(request.headers["content-length"]) > MOST_DISCARDED;
  if (isUnread || isWaiting(request)) closeAfter(request, response);
  response.end(request.method === "HEAD" || empty ? undefined : body);
}

/** A challenge that a plugin has already written, such as `Basic`, is kept. */
export function withoutDefaults(
  headers: Answer["headers"],
  target: Pick<ServerResponse, "hasHeader">,
): Answer["headers"] {
  return headers.includes(BEARER) && target.hasHeader(BEARER[0]) ? headers.filter((one) => one !== BEARER) : headers;
}

/** HTTP/2 has no such header; there a stream ends by itself. */
export function closeAfter(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor < 2) response.setHeader("connection", "close");
}

/** Answers what was thrown: as a problem, or by cutting off an answer that has begun and is not whole. */
export function fail(exchange: Exchange, request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  if (!response.headersSent) send(request, response, exchange.problem(thrown));
  else {
    exchange.failed(thrown, !response.writableEnded);
    if (!response.writableEnded) response.destroy();
  }
}

/**
 * Answers a request whose deadline has passed, and cuts off a body that still comes. An answer that has begun is left
 * alone: a download takes as long as its client does. What the handler says later is discarded, because in a callback
 * it would be an uncaught exception.
 */
export function expire(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent || response.destroyed || isUpgrade(request)) return;
  if (!request.complete) closeAfter(request, response);
  send(request, response, exchange.problem(errors.HTTP_DEADLINE_EXCEEDED()));
  const ignored = (): ServerResponse => response;
  const none = (): boolean => true;
  Object.assign(response, { setHeader: ignored, appendHeader: ignored, setHeaders: ignored, writeHead: ignored });
  Object.assign(response, { removeHeader: ignored, flushHeaders: ignored, write: none, end: ignored });
}

/** Whether an answer was waiting for its turn, behind others of a pipeline, when their connection went away. */
const waitedInVain = ({ socket, req }: ServerResponse): boolean =>
  socket === null && (req as IncomingMessage | undefined)?.socket.destroyed === true;

/** What this file reads of the stream of an HTTP/2 response. */
interface Stream {
  readonly aborted: boolean;
  readonly rstCode: number;
  readonly writableFinished: boolean;
}

/** Set by Node's parser where the server has a listener for upgrades; not in its types. */
const isUpgrade = (request: IncomingMessage): boolean => membersOf(request).upgrade === true;

function isWhole(response: ServerResponse): boolean {
  const { stream } = response as { stream?: Stream };
  if (stream === undefined) return response.writableFinished;
  // A response of HTTP/2 takes itself for finished when its client has reset the stream.
  return response.writableEnded && !stream.aborted && (stream.rstCode === 0 || stream.writableFinished);
}

/** The template of a request; a framework that cannot name it must not end the process from inside a listener. */
function named(routeOf: () => string | undefined): string | undefined {
  try {
    return routeOf();
  } catch {
    return undefined;
  }
}

/** Ends the exchange when the response does, however it does; to be called in the request's context, for the log line. */
export function watch(
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
  routeOf: () => string | undefined,
): void {
  const ended = (): void => {
    // A handshake that was accepted is answered past the response, on the socket.
    const accepted = isUpgrade(request) && !response.headersSent;
    const status = isWhole(response) ? response.statusCode : accepted ? 101 : undefined;
    const { errored } = response;
    if (status === undefined && errored !== null && errored !== undefined && !waitedInVain(response))
      exchange.failed(errored, true);
    exchange.end(status, named(routeOf));
  };
  response.on("close", bindContext(ended));
  // Writing to an answer that has ended emits an error that would end the process.
  response.on("error", (error) => exchange.failed(error));
}

/** What differs between the frameworks. */
interface EnterOptions {
  /** The template that matched, once the response has closed. */
  routeOf: () => string | undefined;
  /** Passes the request to the application. */
  next: () => void;
  /** Called before the edge itself answers. */
  onOwnAnswer?: () => void;
  isOperations?: boolean;
  /** Of the request, if the framework has chosen it already. */
  id?: string;
}

/** Makes the exchange of a request, and writes the headers of its answer. */
function createExchange(
  edge: Edge,
  request: IncomingMessage,
  response: ServerResponse,
  options: EnterOptions,
): Exchange {
  const exchange = new Exchange(edge, new NodeIncoming(request), options);
  (request as Request)[EXCHANGE] = exchange;
  fixHeaders(response, edge.headersFor(request.headers.origin));
  exchange.writeOwnHeaders(response);
  return exchange;
}

/**
 * Lets a request of node:http (or a framework built on it) through the edge: headers, admission, context, and one event
 * at its end. `next` is called in the context of the request.
 */
export function enter(edge: Edge, request: IncomingMessage, response: ServerResponse, options: EnterOptions): void {
  const { routeOf, next } = options;
  if (exchangeOf(request) !== undefined) return void next();
  const exchange = createExchange(edge, request, response, options);
  const answer = (own: Answer): void => {
    options.onOwnAnswer?.();
    send(request, response, own);
  };
  exchange.startDeadline(() => {
    if (!response.headersSent) options.onOwnAnswer?.();
    expire(exchange, request, response);
  });
  const admit = (): void => {
    watch(exchange, request, response, routeOf);
    let admitted: ReturnType<Exchange["admit"]>;
    try {
      admitted = exchange.admit();
    } catch (thrown) {
      admitted = exchange.problem(thrown);
    }
    if (admitted === undefined) next();
    else if (!(admitted instanceof Promise)) answer(admitted);
    else
      admitted.then(
        (own) => (own === undefined ? withPrincipal(edge, exchange, next) : answer(own)),
        (thrown) => answer(exchange.problem(thrown)),
      );
  };
  if (edge.hasContext) runWithContext(exchange.context(), admit);
  else admit();
}

/** Again into the context, now that the principal may be known. */
function withPrincipal(edge: Edge, exchange: Exchange, next: () => void): void {
  if (exchange.principal === undefined || !edge.hasContext) next();
  else runWithContext({ principal: exchange.principal }, next);
}
