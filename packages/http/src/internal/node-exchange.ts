import type { IncomingMessage, ServerResponse } from "node:http";
import { bindContext, runWithContext } from "@seaworthy/core";
import type { Edge } from "../edge.ts";
import type { Answer, Exchange, Incoming } from "../exchange.ts";
import { keepVary } from "./keep-vary.ts";

// A property, because a WeakMap of so many short-lived keys costs the garbage collector dearly.
const EXCHANGE: unique symbol = Symbol("seaworthy.exchange");

type Request = IncomingMessage & { originalUrl?: string; [EXCHANGE]?: Exchange };

/** Beyond so many announced bytes that nobody reads, the connection is closed instead of read to its end. */
const MOST_DISCARDED = 16_777_216;
/** What a handler may have said of the answer that it did not get to send. */
export const REPRESENTATION: readonly string[] =
  "content-encoding content-language content-disposition content-range content-md5 transfer-encoding etag last-modified expires accept-ranges".split(
    " ",
  );

/** The exchange of a request that went through the edge. */
export const exchangeOf = (request: IncomingMessage): Exchange | undefined => (request as Request)[EXCHANGE];

/** A request of node:http, as the edge reads it. */
export class NodeIncoming implements Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly socketAddress: string | undefined;
  private readonly request: IncomingMessage;

  constructor(request: Request) {
    const url = request.originalUrl ?? request.url ?? "/";
    const target = url.startsWith("/") && !url.includes("#") ? url : plainTarget(url);
    const mark = target.indexOf("?");
    this.request = request;
    this.method = request.method ?? "GET";
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? "" : target.slice(mark + 1);
    this.socketAddress = request.socket.remoteAddress; // a socket that has closed does not know it any more
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }
}

/**
 * A request's target without what routers do not look at either: scheme, user and host of the absolute form (RFC 9112,
 * 3.2.2), and a fragment, which no client should send. Else limits would miss what a router serves.
 */
function plainTarget(url: string): string {
  const target = (url.split("#", 1)[0] as string).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, "");
  return target === "" || target.startsWith("?") ? `/${target}` : target;
}

/** Sends a whole answer, unless one has begun: then the connection is cut, so that the client sees that it is not whole. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const { status, headers, body } = answer;
  const empty = status === 204 || status === 304;
  if (status >= 400) for (const name of REPRESENTATION) response.removeHeader(name);
  for (const [name, value] of headers) response.setHeader(name, value);
  response.statusCode = status;
  if (empty) response.removeHeader("content-length");
  else response.setHeader("content-length", Buffer.byteLength(body));
  if (!request.complete && Number(request.headers["content-length"]) > MOST_DISCARDED)
    response.setHeader("connection", "close");
  response.end(request.method === "HEAD" || empty ? undefined : body);
}

/** Answers what was thrown: as a problem, or by cutting off an answer that has begun and is not whole. */
export function fail(exchange: Exchange, request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  if (!response.headersSent) send(request, response, exchange.problem(thrown));
  else {
    exchange.failed(thrown, !response.writableEnded);
    if (!response.writableEnded) response.destroy();
  }
}

/** Whether an answer was waiting for its turn, behind others of a pipeline, when their connection went away. */
const waitedInVain = ({ socket, req }: ServerResponse): boolean =>
  socket === null && (req as IncomingMessage | undefined)?.socket.destroyed === true;

/** Ends the exchange when the response does, however it does; to be called in the request's context, for the log line. */
export function watch(exchange: Exchange, response: ServerResponse, routeOf: () => string | undefined): void {
  const ended = (): void => {
    const { writableFinished, writableEnded, errored } = response;
    // The responses of HTTP/2 do not know whether they are flushed.
    const whole = (writableFinished as boolean | undefined) ?? writableEnded;
    if (!whole && errored !== null && errored !== undefined && !waitedInVain(response)) exchange.failed(errored, true);
    exchange.end(whole ? response.statusCode : undefined, routeOf());
  };
  response.once("close", bindContext(ended));
  // Writing to an answer that has ended emits an error that would end the process.
  response.on("error", (error) => exchange.failed(error));
}

/**
 * Lets a request of node:http (or a framework built on it) through the edge: headers, admission, context, and one event
 * at its end. `next` runs inside the request's context.
 */
export function enter(
  edge: Edge,
  request: IncomingMessage,
  response: ServerResponse,
  routeOf: () => string | undefined,
  next: () => void,
  { onOwnAnswer, apart = false }: { onOwnAnswer?: () => void; apart?: boolean } = {},
): void {
  if (exchangeOf(request) !== undefined) return void next();
  const exchange = edge.begin(new NodeIncoming(request), apart);
  (request as Request)[EXCHANGE] = exchange;
  exchange.dress(response);
  if (edge.cors?.varies === true) keepVary(response);
  const answer = (own: Answer): void => {
    onOwnAnswer?.();
    send(request, response, own);
  };
  runWithContext(exchange.context(), () => {
    watch(exchange, response, routeOf);
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
        (own) => (own === undefined ? withPrincipal(exchange, next) : answer(own)),
        (thrown) => answer(exchange.problem(thrown)),
      );
  });
}

/** Again into the context, now that the principal may be known. */
function withPrincipal(exchange: Exchange, next: () => void): void {
  if (exchange.principal === undefined) next();
  else runWithContext({ principal: exchange.principal }, next);
}
