import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { EdgeOptions } from "./edge.ts";
import type { EdgeHandle } from "./edge-handle.ts";
import { Edge } from "./internal/edge-core.ts";
import { enter, exchangeOf, fail, nameRoute, send } from "./internal/node-exchange.ts";
import { nodeRoutes } from "./internal/node-route.ts";
import { openOperations } from "./internal/operations-listener.ts";
import { queryOf } from "./internal/query.ts";
import type { RouteInput, RouteSchemas } from "./route.ts";

/** A handler of node:http; what it throws or rejects with becomes a problem document. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The edge of a node:http service. */
export interface NodeEdge extends EdgeHandle {
  /** A request listener with everything installed around `handler`. */
  handle(handler: NodeHandler): RequestListener;
  /** The same, around whatever `next` does. */
  middleware(request: IncomingMessage, response: ServerResponse, next: () => unknown): void;
  /** Answers a request that no route took: 405 if `methods` names those that its path does take, otherwise 404. */
  notFound(request: IncomingMessage, response: ServerResponse, methods?: readonly string[]): void;
  /** Answers what was thrown. It has the four parameters by which Express and connect know an error handler. */
  errorHandler(thrown: unknown, request: IncomingMessage, response: ServerResponse, next?: unknown): void;
  /** A handler whose input is validated; what it returns is sent as JSON. It takes the path's parameters, if there are any. */
  route<const S extends RouteSchemas>(
    schemas: S,
    handler: (input: RouteInput<S>, request: IncomingMessage, response: ServerResponse) => unknown,
  ): (request: IncomingMessage, response: ServerResponse, params?: unknown) => Promise<void>;
}

/** Names the template that a request matched, such as `"/orders/:id"`, for its event. Without it the label is `unmatched`. */
export function setRoute(request: IncomingMessage, template: string): void {
  nameRoute(request, template);
}

const unnamed = (): undefined => undefined;

/**
 * The edge for plain node:http.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { edge, setRoute } from "@seaworthy/http/node";
 *
 * const front = edge();
 * const server = createServer(
 *   front.handle((request, response) => {
 *     if (request.url !== "/") return front.notFound(request, response);
 *     setRoute(request, "/");
 *     response.end("hello");
 *   }),
 * );
 * console.log(server.listening); // false
 * ```
 */
export function edge(options: EdgeOptions = {}): NodeEdge {
  const core = new Edge(options);
  const errorHandler: NodeEdge["errorHandler"] = (thrown, request, response, _next) => {
    const exchange = exchangeOf(request);
    if (exchange === undefined)
      throw new TypeError("errorHandler: the request did not go through the edge", { cause: thrown });
    fail(exchange, request, response, thrown);
  };
  const guarded = async (request: IncomingMessage, response: ServerResponse, next: () => unknown): Promise<void> => {
    try {
      await next();
    } catch (thrown) {
      errorHandler(thrown, request, response);
    }
  };
  const middleware: NodeEdge["middleware"] = (request, response, next) => {
    enter(core, request, response, { routeOf: unnamed, next: () => void guarded(request, response, next) });
  };
  return {
    ...openOperations(core),
    middleware,
    errorHandler,
    notFound(request, response, methods) {
      const exchange = exchangeOf(request);
      if (exchange === undefined) throw new TypeError("notFound: the request did not go through the edge");
      send(request, response, exchange.notFound(methods));
    },
    handle: (handler) => (request, response) => middleware(request, response, () => handler(request, response)),
    route: nodeRoutes(core, ({ query }, _request, params = {}) => ({ query: queryOf(query), params })),
  };
}
