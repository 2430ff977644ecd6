import type { IncomingMessage, ServerResponse } from "node:http";
import { captureAnswer } from "./capture.ts";
import type { Edge } from "./edge-core.ts";
import type { Exchange } from "./exchange.ts";
import { exchangeOf, send } from "./node-exchange.ts";
import { readJson } from "./read-body.ts";
import { type FrameworkIo, type Routes, routesOf } from "./routes.ts";

/** What a framework on node:http has read of a request already. */
interface Read {
  /** @default read from the request */
  body?: () => Promise<unknown>;
  query: unknown;
  params: unknown;
}

/** `route()` where handlers get a request and a response of node:http, or what extends them. */
export function nodeRoutes<Q extends IncomingMessage, P extends ServerResponse>(
  edge: Edge,
  read: (exchange: Exchange, request: Q, params: unknown) => Read,
): Routes<[request: Q, response: P, params?: unknown], void> {
  return routesOf<[request: Q, response: P, params?: unknown], FrameworkIo, void>(edge, {
    exchangeOf: ([request]) => exchangeOf(request),
    io: (exchange, _schemas, [request, response, params]) => ({
      body: () => readJson(request, edge.bodyLimit),
      ...read(exchange, request, params),
      // A handler that has answered by the framework's own means may return the response, as `response.json()` does.
      sent: (result) => response.headersSent || (result !== undefined && result === response),
      capture: () => captureAnswer(response),
    }),
    send(answer, _io, [request, response]) {
      if (answer !== undefined) send(request, response, answer);
    },
  });
}
