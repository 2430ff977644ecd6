import { withoutUndefined } from "@seaworthy/core/objects";
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import type { EdgeOptions } from "./edge.ts";
import type { EdgeHandle } from "./edge-handle.ts";
import { Edge } from "./internal/edge-core.ts";
import { methodsAt, rememberApps, templateOf } from "./internal/express-route.ts";
import { before } from "./internal/members.ts";
import { enter, exchangeOf, fail, nameRoute, send } from "./internal/node-exchange.ts";
import { nodeRoutes } from "./internal/node-route.ts";
import { openOperations } from "./internal/operations-listener.ts";
import { parsedElsewhere } from "./internal/read-body.ts";
import type { RouteInput, RouteSchemas } from "./route.ts";

/** Names the template that a request matched, such as `"/graphql"`, for its event, in place of what Express knows of it. */
export function setRoute(request: Request, template: string): void {
  nameRoute(request, template);
}

/** The edge of an application of Express 4.18 or later, or Express 5. */
export interface ExpressEdge extends EdgeHandle {
  /** First of all middleware. */
  middleware: RequestHandler;
  /** Behind all routes. */
  notFound: RequestHandler;
  /** Last of all. */
  errorHandler: ErrorRequestHandler;
  /** A handler whose input is validated; what it returns is sent as JSON. Reads the body itself where no parser did. */
  route<const S extends RouteSchemas>(
    schemas: S,
    handler: (input: RouteInput<S>, request: Request, response: Response) => unknown,
  ): RequestHandler;
}

/**
 * The edge for Express.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { edge } from "@seaworthy/http/express";
 * import express from "express";
 *
 * const front = edge();
 * const app = express();
 * app.use(front.middleware);
 * app.get("/", (_request, response) => void response.json({ hello: "world" }));
 * app.use(front.notFound, front.errorHandler);
 * ```
 */
export function edge(options: EdgeOptions = {}): ExpressEdge {
  const core = new Edge(options);
  const unmatched = new WeakSet<Request>();
  const middleware: RequestHandler = (request, response, next) => {
    response.removeHeader("x-powered-by");
    rememberApps(request);
    const routeOf = (): string | undefined => templateOf(request, pathOf(request), !unmatched.has(request));
    enter(core, request, response, { routeOf, next });
  };
  const routes = nodeRoutes<Request, Response>(core, (_exchange, { query, params, body, headers }) =>
    withoutUndefined({
      query,
      params,
      body: body === undefined ? undefined : async () => parsedElsewhere(body, headers["content-type"]),
    }),
  );
  return {
    ...openOperations(core),
    middleware,
    notFound(request, response, next) {
      const exchange = exchangeOf(request);
      if (exchange === undefined || !core.hasProblems) return next();
      unmatched.add(request);
      send(request, response, exchange.notFound(methodsAt(request, pathOf(request))));
    },
    errorHandler: (thrown, request, response, next) => {
      const exchange = exchangeOf(request);
      if (exchange === undefined || !core.hasProblems) return next(thrown);
      fail(exchange, request, response, thrown);
    },
    route(schemas, handler) {
      const run = routes(schemas, handler);
      // Express 4 does not look at promises, and both versions take a rejection with nothing for "next route".
      return (request, response, next) =>
        void run(request, response).catch((thrown) => next(thrown ?? new Error(`${String(thrown)} was thrown`)));
    },
  };
}

const pathOf = ({ originalUrl }: Request): string => before(originalUrl, "?");
