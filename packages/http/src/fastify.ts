import type { Duplex } from "node:stream";
import { currentContext, runWithContext } from "@seaworthy/core";
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import type { EdgeOptions } from "./edge.ts";
import type { EdgeHandle } from "./edge-handle.ts";
import { captureAnswer } from "./internal/capture.ts";
import { Edge } from "./internal/edge-core.ts";
import { installHandlers } from "./internal/fastify-handlers.ts";
import { installReading, readRoutes, writeReply } from "./internal/fastify-io.ts";
import { answerParserError } from "./internal/guard-server.ts";
import { continueLazily } from "./internal/lazy-continue.ts";
import { enter, exchangeOf, fail, nameRoute } from "./internal/node-exchange.ts";
import { openOperations } from "./internal/operations-listener.ts";
import { parsedElsewhere } from "./internal/read-body.ts";
import { routesOf } from "./internal/routes.ts";
import { requestId } from "./request-id.ts";
import type { RouteInput, RouteSchemas } from "./route.ts";

/** The edge of a Fastify 5 application: register it before the routes. */
export interface FastifyEdge extends FastifyPluginCallback, EdgeHandle {
  /**
   * For `Fastify({ frameworkErrors: front.frameworkErrors })`: a path that cannot be decoded is then answered like every
   * other request, with an event; without it, Fastify answers before any plugin.
   */
  frameworkErrors(error: Error, request: FastifyRequest, reply: FastifyReply): void;
  /** A handler whose input is validated; what it returns is sent as JSON. */
  route<const S extends RouteSchemas>(
    schemas: S,
    handler: (input: RouteInput<S>, request: FastifyRequest, reply: FastifyReply) => unknown,
  ): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

/** Names the template that a request matched for its event, in place of the route's own. */
export function setRoute(request: FastifyRequest, template: string): void {
  nameRoute(request.raw, template);
}

/**
 * The edge for Fastify, as a plugin that holds for the whole application. It leaves alone the error handler and the 404
 * handler of the application, whether they are set before it or later.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { edge } from "@seaworthy/http/fastify";
 * import Fastify from "fastify";
 *
 * const front = edge();
 * const app = Fastify({ frameworkErrors: front.frameworkErrors });
 * await app.register(front);
 * app.get("/", async () => ({ hello: "world" }));
 * await app.close();
 * ```
 */
export function edge(options: EdgeOptions = {}): FastifyEdge {
  const core = new Edge(options);
  const handle = openOperations(core);
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    install(app, core);
    app.addHook("onClose", handle.close);
    handle.listening().then(() => done(), done); // a port that cannot be had fails the start
  };
  const routes = routesOf(core, {
    exchangeOf: ([{ raw }]: [FastifyRequest, FastifyReply]) => exchangeOf(raw),
    io: (_exchange, _schemas, [request, reply]) => ({
      body: async () => parsedElsewhere(request.body, request.headers["content-type"]),
      query: request.query,
      params: request.params,
      sent: (result) => reply.sent || result === reply,
      capture: () => captureAnswer(reply.raw),
    }),
    send: (answer, _io, [, reply]) => (answer === undefined ? reply : writeReply(reply, answer)),
  });
  const route: FastifyEdge["route"] = (schemas, handler) => {
    const run = routes(schemas, handler);
    if (schemas.body !== undefined || schemas.idempotency !== undefined) readRoutes.add(run);
    return run;
  };
  const frameworkErrors: FastifyEdge["frameworkErrors"] = (error, { raw }, reply) => {
    const answer = (): void => {
      const exchange = exchangeOf(raw);
      if (exchange !== undefined) fail(exchange, raw, reply.raw, error);
    };
    enter(core, raw, reply.raw, { routeOf: () => undefined, next: answer });
  };
  // Without this mark Fastify would keep the hooks to the plugin's own scope.
  return Object.assign(plugin, handle, {
    route,
    frameworkErrors,
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "@seaworthy/http",
  });
}

function install(app: FastifyInstance, core: Edge): void {
  // Chosen here, the id is also that of Fastify's own logger. A generator of the application's goes before the edge's.
  if ((app as { genReqId?: { name: string } }).genReqId?.name === "defaultGenReqId")
    app.setGenReqId(({ headers }) => requestId(headers["x-request-id"] as string | undefined));
  installReading(app, core);
  app.addHook("onRequest", (request, reply, done) => {
    const onOwnAnswer = (): void => void reply.hijack();
    enter(core, request.raw, reply.raw, {
      routeOf: () => request.routeOptions.url,
      next: done,
      onOwnAnswer,
      id: requestId(String(request.id)), // of whatever generator holds in this scope
    });
  });
  if (core.hasContext)
    // Body events are emitted in the socket's context, not in the request's: it is entered again behind the parser.
    app.addHook("preValidation", (request, _reply, done) => {
      const exchange = exchangeOf(request.raw);
      if (exchange === undefined || currentContext().correlationId === exchange.id) return done();
      runWithContext(exchange.context(), done);
    });
  if (!core.hasProblems) return;
  installHandlers(app);
  const { server } = app;
  continueLazily(server);
  const isDefault = server.listeners("clientError").every(({ name }) => name.includes("defaultClientErrorHandler"));
  if (!isDefault) return;
  server.removeAllListeners("clientError");
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => answerParserError(core, error, socket));
}
