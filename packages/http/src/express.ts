import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { Edge, type EdgeOptions } from "./edge.ts";
import { errors } from "./errors.ts";
import { templateOf } from "./express-route.ts";
import { enter, exchangeOf, fail, send } from "./internal/node-exchange.ts";
import { parsedElsewhere, readJson } from "./internal/read-body.ts";
import { type EdgeHandle, openOperations } from "./operations-listener.ts";
import { ANSWERED, perform, type RouteInput, type RouteSchemas } from "./route.ts";

/** The edge of an Express 5 application. */
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
 * @throws TypeError when an option is malformed
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
  const middleware: RequestHandler = (request, response, next) => {
    response.removeHeader("x-powered-by");
    enter(core, request, response, () => templateOf(request, pathOf(request)), next);
  };
  return {
    ...openOperations(core),
    middleware,
    notFound: (_request, _response, next) => next(errors.HTTP_NOT_FOUND()),
    errorHandler: (thrown, request, response, next) => {
      const exchange = exchangeOf(request);
      if (exchange === undefined) return next(thrown);
      fail(exchange, request, response, thrown);
    },
    route: (schemas, handler) => async (request, response) => {
      const exchange = exchangeOf(request);
      if (exchange === undefined) throw new TypeError("route: the request did not go through the edge's middleware");
      const body = async (): Promise<unknown> =>
        request.body === undefined
          ? readJson(request, core.bodyLimit)
          : parsedElsewhere(request.body, request.headers["content-type"]);
      const raw = { body, query: request.query, params: request.params };
      const answer = await perform(exchange, schemas, raw, async (input) => {
        const result = await handler(input, request, response);
        return response.headersSent ? ANSWERED : result;
      });
      if (answer !== undefined) send(request, response, answer);
    },
  };
}

const pathOf = ({ originalUrl }: Request): string => originalUrl.split("?", 1)[0] as string;
