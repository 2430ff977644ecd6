import { currentContext, runWithContext } from "@seaworthy/core";
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import { Edge, type EdgeOptions } from "./edge.ts";
import { errors } from "./errors.ts";
import type { Answer } from "./exchange.ts";
import { enter, exchangeOf, fail, REPRESENTATION } from "./internal/node-exchange.ts";
import { parsedElsewhere } from "./internal/read-body.ts";
import { type EdgeHandle, openOperations } from "./operations-listener.ts";
import { ANSWERED, perform, type RouteInput, type RouteSchemas } from "./route.ts";

/** The edge of a Fastify 5 application: register it before the routes. */
export interface FastifyEdge extends FastifyPluginCallback, EdgeHandle {
  /**
   * For `Fastify({ frameworkErrors: front.frameworkErrors })`: a path that cannot be decoded is then answered, and told
   * of, as every other; Fastify answers it before any plugin.
   */
  frameworkErrors(error: Error, request: FastifyRequest, reply: FastifyReply): void;
  /** A handler whose input is validated; what it returns is sent as JSON. */
  route<const S extends RouteSchemas>(
    schemas: S,
    handler: (input: RouteInput<S>, request: FastifyRequest, reply: FastifyReply) => unknown,
  ): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

/**
 * The edge for Fastify, as a plugin that holds for the whole application.
 *
 * @throws TypeError when an option is malformed
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
    done();
  };
  const route: FastifyEdge["route"] = (schemas, handler) => async (request, reply) => {
    const exchange = exchangeOf(request.raw);
    if (exchange === undefined) throw new TypeError("route: the request did not go through the edge's plugin");
    const body = async (): Promise<unknown> => parsedElsewhere(request.body, request.headers["content-type"]);
    const raw = { body, query: request.query, params: request.params };
    const answer = await perform(exchange, schemas, raw, async (input) => {
      const result = await handler(input, request, reply);
      return reply.sent ? ANSWERED : result;
    });
    return answer === undefined ? reply : write(reply, answer);
  };
  const frameworkErrors: FastifyEdge["frameworkErrors"] = (error, { raw }, reply) => {
    const answer = (): void => {
      const exchange = exchangeOf(raw);
      if (exchange !== undefined) fail(exchange, raw, reply.raw, error);
    };
    enter(core, raw, reply.raw, () => undefined, answer);
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
  app.addHook("onRoute", (route) => {
    route.bodyLimit ??= core.bodyLimit;
  });
  app.addHook("onRequest", (request, reply, done) => {
    const onOwnAnswer = (): void => void reply.hijack();
    enter(core, request.raw, reply.raw, () => request.routeOptions.url, done, { onOwnAnswer });
  });
  // Body events are emitted in the socket's context, not in the request's: it is entered again behind the parser.
  app.addHook("preValidation", (request, _reply, done) => {
    const exchange = exchangeOf(request.raw);
    if (exchange === undefined || currentContext().correlationId === exchange.id) return done();
    runWithContext(exchange.context(), done);
  });
  app.setErrorHandler((thrown, request, reply) => {
    const exchange = exchangeOf(request.raw);
    if (exchange === undefined) return reply.send(thrown);
    return write(reply, exchange.problem(thrown, request.routeOptions.bodyLimit));
  });
  app.setNotFoundHandler((request, reply) => {
    const exchange = exchangeOf(request.raw);
    return exchange === undefined ? reply.code(404).send() : write(reply, exchange.problem(errors.HTTP_NOT_FOUND()));
  });
}

function write(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.status >= 400) for (const name of REPRESENTATION) reply.removeHeader(name);
  reply.removeHeader("content-length");
  for (const [name, value] of answer.headers) reply.header(name, value);
  return reply.code(answer.status).send(answer.body === "" ? undefined : answer.body);
}
