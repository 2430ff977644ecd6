import type { ArgumentsHost, DynamicModule, ExceptionFilter } from "@nestjs/common";
import { APP_FILTER, HttpAdapterHost } from "@nestjs/core";
import type { Application, Request, Response } from "express";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { EdgeOptions } from "./edge.ts";
import { type ExpressEdge, edge as expressEdge } from "./express.ts";
import { edge as fastifyEdge } from "./fastify.ts";
import { Edge } from "./internal/edge-core.ts";
import { methodsAt } from "./internal/express-route.ts";
import { tableOf } from "./internal/fastify-handlers.ts";
import { writeReply } from "./internal/fastify-io.ts";
import { exchangeOf, fail, nameRoute, send } from "./internal/node-exchange.ts";
import { isOfNest } from "./internal/translate.ts";

/** Token of the edge that {@link EdgeModule} installs: `app.get(EDGE)` is that of `/express` or of `/fastify`. */
export const EDGE = "SEAWORTHY_EDGE";

/** Names the template that a request matched for its event, in place of the route's own; on either platform. */
export function setRoute(request: Request | FastifyRequest, template: string): void {
  nameRoute("raw" in request ? request.raw : request, template);
}

/** What this file uses of Nest's adapters. */
interface Adapter {
  getType(): string;
  getInstance(): unknown;
}

/**
 * The edge for NestJS, as a module over the edges for Express and for Fastify. It stands before the middleware and the
 * body parsers of the application, and answers exceptions that no filter of the application catches.
 *
 * @example
 * ```ts
 * import { EdgeModule } from "@seaworthy/http/nest";
 *
 * const front = EdgeModule.forRoot({ deadline: "10s" }); // one of the imports of the root module
 * console.log(front.module === EdgeModule); // true
 * ```
 */
// biome-ignore lint/complexity/noStaticOnlyClass: Nest knows a module by its class
export class EdgeModule {
  /** @throws TypeError if an option is malformed */
  static forRoot(options: EdgeOptions = {}): DynamicModule {
    const { hasProblems } = new Edge(options); // refuses options where they are written
    const installed = {
      provide: EDGE,
      inject: [HttpAdapterHost],
      useFactory: ({ httpAdapter }: { httpAdapter: Adapter }) => install(httpAdapter, options),
    };
    const filter = { provide: APP_FILTER, useValue: problemFilter };
    return {
      module: EdgeModule,
      global: true,
      providers: hasProblems ? [installed, filter] : [installed],
      exports: [EDGE],
    };
  }
}

async function install(adapter: Adapter, options: EdgeOptions): Promise<object> {
  const type = adapter.getType();
  if (type === "fastify") {
    const front = fastifyEdge(options);
    await (adapter.getInstance() as FastifyInstance).register(front); // its hooks are for routes that come later
    return front;
  }
  if (type !== "express") throw new TypeError(`EdgeModule needs Nest on Express or on Fastify; got ${type}`);
  const front: ExpressEdge & { onApplicationShutdown?(): Promise<void> } = expressEdge(options);
  (adapter.getInstance() as Application).use(front.middleware);
  front.onApplicationShutdown = () => front.close();
  await front.listening(); // a port that cannot be had fails the start
  return front;
}

/** Answers exceptions as problem documents. Without metadata a filter catches all of them. */
const problemFilter: ExceptionFilter = {
  catch(thrown: unknown, host: ArgumentsHost): void {
    if (host.getType() !== "http") throw thrown;
    const [request, response] = host.getArgs<[Request | FastifyRequest, Response | FastifyReply]>();
    const raw = "raw" in request ? request.raw : request;
    const exchange = exchangeOf(raw);
    if (exchange === undefined) throw thrown;
    if ("raw" in response) {
      const { server, is404 } = request as FastifyRequest;
      const answer = is404 ? exchange.notFound(tableOf(server)?.methodsAt(exchange.path)) : exchange.problem(thrown);
      writeReply(response, answer);
      return;
    }
    const { route } = request as Request;
    if (route !== undefined || !isNotFound(thrown)) fail(exchange, raw, response, thrown);
    else send(raw, response, exchange.notFound(methodsAt(request as Request, exchange.path)));
  },
};

/** What Nest throws where no route took a request. */
const isNotFound = (thrown: unknown): boolean => isOfNest(thrown) && thrown.getStatus() === 404;
