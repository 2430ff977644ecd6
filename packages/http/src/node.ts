import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Edge, type EdgeOptions } from "./edge.ts";
import { errors } from "./errors.ts";
import { enter, exchangeOf, fail, send } from "./internal/node-exchange.ts";
import { queryOf } from "./internal/query.ts";
import { readJson } from "./internal/read-body.ts";
import { type EdgeHandle, openOperations } from "./operations-listener.ts";
import { ANSWERED, perform, type RouteInput, type RouteSchemas } from "./route.ts";

/** A handler of node:http; what it throws or rejects with becomes a problem document. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The edge of a node:http service. */
export interface NodeEdge extends EdgeHandle {
  /** A request listener with everything installed around `handler`. */
  handle(handler: NodeHandler): RequestListener;
  /** The same, around whatever `next` does. */
  middleware(request: IncomingMessage, response: ServerResponse, next: () => unknown): void;
  /** Answers a request that no route took. */
  notFound(request: IncomingMessage, response: ServerResponse): void;
  /** Answers what was thrown. */
  errorHandler(thrown: unknown, request: IncomingMessage, response: ServerResponse): void;
  /** A handler whose input is validated; what it returns is sent as JSON. It takes the path's parameters, if there are any. */
  route<const S extends RouteSchemas>(
    schemas: S,
    handler: (input: RouteInput<S>, request: IncomingMessage, response: ServerResponse) => unknown,
  ): (request: IncomingMessage, response: ServerResponse, params?: unknown) => Promise<void>;
}

const ROUTE = Symbol("seaworthy.route");

type Routed = IncomingMessage & { [ROUTE]?: string };

/** Names the template that a request matched, such as `"/orders/:id"`, for its event. Without it the label is `unmatched`. */
export function setRoute(request: IncomingMessage, template: string): void {
  (request as Routed)[ROUTE] = template;
}

/**
 * The edge for plain node:http.
 *
 * @throws TypeError when an option is malformed
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
  const errorHandler: NodeEdge["errorHandler"] = (thrown, request, response) => {
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
    const routeOf = (): string | undefined => (request as Routed)[ROUTE];
    enter(core, request, response, routeOf, () => void guarded(request, response, next));
  };
  return {
    ...openOperations(core),
    middleware,
    errorHandler,
    notFound: (request, response) => errorHandler(errors.HTTP_NOT_FOUND(), request, response),
    handle: (handler) => (request, response) => middleware(request, response, () => handler(request, response)),
    route:
      (schemas, handler) =>
      async (request, response, params = {}) => {
        const exchange = exchangeOf(request);
        if (exchange === undefined) throw new TypeError("route: the request did not go through the edge's middleware");
        const raw = { body: () => readJson(request, core.bodyLimit), query: queryOf(exchange.query), params };
        const answer = await perform(exchange, schemas, raw, async (input) => {
          const result = await handler(input, request, response);
          return response.headersSent ? ANSWERED : result;
        });
        if (answer !== undefined) send(request, response, answer);
      },
  };
}
