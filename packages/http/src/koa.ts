import { Readable } from "node:stream";
import type { Context, Middleware } from "koa";
import type { EdgeOptions } from "./edge.ts";
import type { EdgeHandle } from "./edge-handle.ts";
import { captureAnswer } from "./internal/capture.ts";
import { Edge } from "./internal/edge-core.ts";
import type { Exchange } from "./internal/exchange.ts";
import { bytesOf, grouped } from "./internal/exchange-parts.ts";
import { enter, exchangeOf, fail, nameRoute, send } from "./internal/node-exchange.ts";
import { openOperations } from "./internal/operations-listener.ts";
import { queryOf } from "./internal/query.ts";
import { parsedElsewhere, readJson } from "./internal/read-body.ts";
import { type FrameworkIo, routesOf } from "./internal/routes.ts";
import type { Answer } from "./messages.ts";
import type { RouteInput, RouteSchemas } from "./route.ts";

/** The edge of a Koa application. */
export interface KoaEdge extends EdgeHandle {
  /** First of all middleware. It also answers what is thrown behind it, and requests that no route took. */
  middleware: Middleware;
  /** A handler whose input is validated; what it returns is sent as JSON. Reads the body itself where no parser did. */
  route<const S extends RouteSchemas>(
    schemas: S,
    handler: (input: RouteInput<S>, context: Context) => unknown,
  ): Middleware;
}

/** What routers and body parsers add to a context. */
interface Extended {
  /** Of @koa/router: the template that matched, and all routes at the path, whatever their methods. */
  readonly _matchedRoute?: unknown;
  readonly matched?: readonly { readonly methods?: readonly string[] }[];
  readonly params?: unknown;
  readonly request: { readonly body?: unknown };
}

const extended = (context: Context): Extended => Object(context);

/** Names the template that a request matched for its event, in place of the one of the router. */
export function setRoute(context: Context, template: string): void {
  nameRoute(context.req, template);
}

/**
 * The edge for Koa.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { edge } from "@seaworthy/http/koa";
 * import Koa from "koa";
 *
 * const front = edge();
 * const app = new Koa();
 * app.use(front.middleware);
 * app.use((context) => {
 *   context.body = { hello: "world" };
 * });
 * console.log(typeof app.callback()); // function
 * ```
 */
export function edge(options: EdgeOptions = {}): KoaEdge {
  const core = new Edge(options);
  return {
    ...openOperations(core),
    middleware(context, next) {
      if (exchangeOf(context.req) !== undefined) return next();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onOwnAnswer = (): void => {
        context.respond = false;
        resolve();
      };
      const behind = (): void => void pass(core, context, next).then(resolve, reject);
      enter(core, context.req, context.res, { routeOf: () => routeOf(context), next: behind, onOwnAnswer });
      return promise;
    },
    route: routesOf(core, {
      exchangeOf: ([{ req }]: [Context]) => exchangeOf(req),
      io: (exchange, schemas, [context]) => ioOf(core, exchange, schemas, context),
      send(answer, _io, [context]) {
        if (answer !== undefined) answerIn(context, answer);
      },
    }),
  };
}

function ioOf(core: Edge, { query }: Exchange, schemas: RouteSchemas, context: Context): FrameworkIo {
  const before = { ...context.response.headers };
  let own = false;
  return {
    ...readOf(core, context, query),
    sent: () => own || context.headerSent || context.respond === false,
    capture: () => captureAnswer(context.res),
    resultOf(result) {
      if (result !== undefined || context.body === undefined || context.body === null) return result;
      if (schemas.idempotency !== undefined) return responseIn(context, before); // to be kept
      own = true;
      return undefined;
    },
  };
}

function readOf(core: Edge, context: Context, query: string): Pick<FrameworkIo, "body" | "query" | "params"> {
  const { params = {}, request } = extended(context);
  const { body } = request;
  const type = context.req.headers["content-type"];
  return {
    body: async () => (body === undefined ? readJson(context.req, core.bodyLimit) : parsedElsewhere(body, type)),
    query: queryOf(query),
    params,
  };
}

async function pass(core: Edge, context: Context, next: () => Promise<unknown>): Promise<void> {
  const exchange = exchangeOf(context.req);
  if (exchange === undefined || !core.hasProblems) return void (await next());
  try {
    await next();
  } catch (thrown) {
    context.respond = false;
    return fail(exchange, context.req, context.res, thrown);
  }
  if (context.status !== 404 || context.headerSent || context.respond === false) return;
  if (context.body !== undefined && context.body !== null) return; // the application's own 404
  const methods = extended(context).matched?.flatMap((layer) => layer.methods ?? []);
  context.respond = false;
  send(context.req, context.res, exchange.notFound(methods));
}

function routeOf(context: Context): string | undefined {
  const template = extended(context)._matchedRoute;
  return typeof template === "string" ? template : undefined;
}

/** What a handler has set on the context, as a response. */
function responseIn(context: Context, before: Readonly<Record<string, unknown>>): Response {
  const { body, status } = context;
  const headers = new Headers();
  for (const [name, value] of Object.entries(context.response.headers))
    if (name !== "content-length" && String(before[name]) !== String(value))
      for (const one of [value].flat()) headers.append(name, String(one));
  if (body instanceof Readable)
    return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, { status, headers });
  const isBytes = typeof body === "string" || body instanceof Uint8Array;
  return new Response(isBytes ? Buffer.from(body) : JSON.stringify(body), { status, headers });
}

/** Answers by Koa's means, so that middleware such as compression sees it. */
function answerIn(context: Context, answer: Answer): void {
  const body = bytesOf(answer);
  context.status = answer.status;
  context.body = typeof body === "string" ? body : Buffer.from(body);
  if (body.length === 0) context.remove("content-type");
  for (const [name, value] of grouped(answer.headers)) {
    if (name === "set-cookie")
      context.append(name, value); // a session may have set its own
    else context.set(name, value);
  }
}
