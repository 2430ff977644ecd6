import type { IncomingMessage, ServerResponse } from "node:http";
import { runWithContext } from "@seaworthy/core";
import type { Context, ErrorHandler, Hono, MiddlewareHandler, NotFoundHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { EdgeOptions } from "./edge.ts";
import type { EdgeHandle } from "./edge-handle.ts";
import { errors } from "./errors.ts";
import { Edge } from "./internal/edge-core.ts";
import { Exchange } from "./internal/exchange.ts";
import { bytesOf } from "./internal/exchange-parts.ts";
import { fixHeaders } from "./internal/fixed-headers.ts";
import { membersOf } from "./internal/members.ts";
import { MethodTable } from "./internal/method-table.ts";
import { expire, watch } from "./internal/node-exchange.ts";
import { openOperations } from "./internal/operations-listener.ts";
import { isResponse } from "./internal/perform-route.ts";
import { queryOf } from "./internal/query.ts";
import { type FrameworkIo, routesOf } from "./internal/routes.ts";
import { webAddress } from "./internal/web-address.ts";
import { readWebJson, WebIncoming } from "./internal/web-request.ts";
import type { Answer } from "./messages.ts";
import type { RouteInput, RouteSchemas } from "./route.ts";

/** The edge of a Hono 4 application. */
export interface HonoEdge extends EdgeHandle {
  /** All three at once, to be called before the routes; an unknown method of a known path is then 405 instead of 404. */
  install<A extends HonoApp>(app: A): A;
  /** First of all: `app.use(front.middleware)`. */
  middleware: MiddlewareHandler;
  /** `app.onError(front.onError)` */
  onError: ErrorHandler;
  /** `app.notFound(front.notFound)` */
  notFound: NotFoundHandler;
  /** A handler whose input is validated; what it returns is sent as JSON. */
  route<const S extends RouteSchemas>(
    schemas: S,
    handler: (input: RouteInput<S>, context: Context) => unknown,
  ): (context: Context) => Promise<Response>;
}

/** An application of Hono, whatever its environment and schema. */
// biome-ignore lint/suspicious/noExplicitAny: the type of every application
type HonoApp = Hono<any, any, any>;

/** Names the template that a request matched for its event, in place of the one that Hono matched. */
export function setRoute(context: Context, template: string): void {
  const { [EXCHANGE]: exchange }: Held = context;
  if (exchange !== undefined) exchange.route = template;
}

/** What Hono's server for Node passes as the environment. */
interface NodeEnvironment {
  incoming?: IncomingMessage;
  outgoing?: ServerResponse;
}

const environmentOf = ({ env }: Context): NodeEnvironment => env ?? {};
const EXCHANGE = Symbol("seaworthy.exchange");
type Held = Context & { [EXCHANGE]?: Exchange };

/**
 * The edge for Hono.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { edge } from "@seaworthy/http/hono";
 * import { Hono } from "hono";
 *
 * const front = edge();
 * const app = new Hono();
 * app.use(front.middleware);
 * app.onError(front.onError);
 * app.notFound(front.notFound);
 * app.get("/", (context) => context.json({ hello: "world" }));
 * console.log((await app.request("/")).status); // 200
 * ```
 */
export function edge(options: EdgeOptions = {}): HonoEdge {
  const core = new Edge(options);
  const middleware: MiddlewareHandler = (context, next) => pass(core, context, next);
  const onError: ErrorHandler = (thrown, context) => problem(core, context, thrown);
  const notFound: NotFoundHandler = (context) => {
    context.res = undefined;
    return responseOf(exchangeOf(core, context).notFound());
  };
  return {
    ...openOperations(core),
    middleware,
    onError,
    notFound,
    install(app) {
      const table = new MethodTable();
      let known = 0;
      app.use(middleware);
      if (!core.hasProblems) return app;
      app.onError(onError);
      app.notFound((context) => {
        const routes = app.routes.slice(known);
        known += routes.length;
        for (const { method, path } of routes)
          if (method !== "ALL") table.add(path, method === "GET" ? ["GET", "HEAD"] : method);
        return responseOf(exchangeOf(core, context).notFound(table.methodsAt(context.req.path)));
      });
      return app;
    },
    route: routesOf<[context: Context], HonoIo, Response>(core, {
      exchangeOf: ([context]) => exchangeOf(core, context),
      io: (exchange, schemas, [context]) => ioOf(core, exchange, schemas, context),
      send: (answer, io, [context]) => io.own() ?? (answer === undefined ? context.res : responseOf(answer)),
    }),
  };
}

interface HonoIo extends FrameworkIo {
  /** The response that a handler has made itself. */
  own(): Response | undefined;
}

function ioOf(core: Edge, { query }: Exchange, schemas: RouteSchemas, { req }: Context): HonoIo {
  let own: Response | undefined;
  return {
    body: () => readWebJson(req, core.bodyLimit),
    query: queryOf(query),
    params: req.param(),
    own: () => own,
    sent: () => own !== undefined,
    resultOf(result) {
      // Passed on as it is, streams too; only an answer that is to come again has to be read.
      if (schemas.idempotency === undefined && isResponse(result)) own = result;
      return result;
    },
  };
}

async function pass(core: Edge, context: Held, next: () => Promise<void>): Promise<undefined> {
  if (context[EXCHANGE] !== undefined) return void (await next());
  const exchange = exchangeOf(core, context);
  const { incoming, outgoing } = environmentOf(context);
  const onNode = incoming !== undefined && outgoing !== undefined;
  const expired = Promise.withResolvers<void>();
  exchange.startDeadline(onNode ? () => expire(exchange, incoming, outgoing) : expired.resolve);
  // Set on Node's own response, headers cost nothing more; on a Response they would make Hono build a real one.
  const headers = new Map<string, string>();
  if (onNode) {
    fixHeaders(outgoing, core.headersFor(incoming.headers.origin));
    exchange.writeOwnHeaders(outgoing);
  } else exchange.writeHeaders({ setHeader: (name, value) => headers.set(name, value) });
  const work = (): Promise<void> => {
    if (onNode) watch(exchange, incoming, outgoing, () => routeOf(context));
    return through(core, exchange, context, next);
  };
  const given = core.hasContext ? exchange.context() : undefined;
  const inContext = <T>(fn: () => T): T => (given === undefined ? fn() : runWithContext(given, fn));
  const done = inContext(work);
  if (onNode) return void (await done);
  await Promise.race([done, expired.promise.then(() => void problem(core, context, errors.HTTP_DEADLINE_EXCEEDED()))]);
  inContext(() => finish(core, exchange, context, headers)); // for the log line
}

/** Where there is no response of Node's, the headers go onto the one of Hono, and the event is due now. */
function finish(core: Edge, exchange: Exchange, context: Context, headers: ReadonlyMap<string, string>): void {
  if (!context.finalized) {
    // To read the response would make an empty one with 200, and hide that a handler has forgotten to return one.
    const missing = new Error("a handler of Hono returned no response");
    exchange.failed(missing);
    if (!core.hasProblems) {
      exchange.end(500, routeOf(context)); // Hono throws
      return;
    }
    context.res = responseOf(exchange.problem(missing));
  }
  const given = context.res;
  // An accepted WebSocket, on Deno and in workers: that response cannot be made again, and has to be the very same.
  if (given.status < 200 || given.status > 599) {
    exchange.end(given.status, routeOf(context));
    return;
  }
  context.res = undefined;
  context.res = new Response(given.body, given); // the headers of what fetch() gave cannot be changed
  for (const [name, value] of headers) {
    if (name === "vary") context.res.headers.append(name, value);
    else if (!context.res.headers.has(name)) context.res.headers.set(name, value);
  }
  exchange.end(context.res.status, routeOf(context));
}

async function through(core: Edge, exchange: Exchange, context: Context, next: () => Promise<void>): Promise<void> {
  try {
    const admitted = exchange.admit();
    const own = admitted instanceof Promise ? await admitted : admitted;
    if (own !== undefined) context.res = responseOf(own);
    else {
      const { principal } = exchange;
      await (principal === undefined || !core.hasContext ? next() : runWithContext({ principal }, next));
      if (core.hasProblems && (await isDefaultNotFound(context))) context.res = responseOf(exchange.notFound());
    }
  } catch (thrown) {
    // Hooks of the host's, and what Hono does not take for an error: it passes on whatever is not an Error.
    context.res = undefined;
    context.res = responseOf(exchange.problem(thrown));
  }
}

/** Whether Hono answered that nothing matched, because the host has not said `app.notFound(front.notFound)`. */
async function isDefaultNotFound(context: Context): Promise<boolean> {
  const { res } = context;
  if (res.status !== 404 || res.headers.get("content-type")?.toLowerCase().startsWith("text/plain") !== true)
    return false;
  // A handler's own 404 may be a stream without an end; it is not read.
  return routeOf(context) === undefined && (await res.clone().text()) === "404 Not Found";
}

/** What was thrown, as an answer: the response that an HTTPException brings along, or a problem document. */
function problem(core: Edge, context: Context, thrown: unknown): Response {
  context.res = undefined; // otherwise the headers of the answer that failed would be kept
  const { res, getResponse } = membersOf(thrown);
  if (isResponse(res)) {
    if (res.status >= 500) exchangeOf(core, context).failed(thrown);
    return typeof getResponse === "function" ? getResponse.call(thrown) : res;
  }
  context.res = responseOf(exchangeOf(core, context).problem(thrown));
  return context.res;
}

function exchangeOf(core: Edge, context: Held): Exchange {
  const { incoming } = environmentOf(context);
  const address = webAddress(context.env, context.req.raw);
  context[EXCHANGE] ??= new Exchange(core, new WebIncoming(context.req, address, incoming));
  return context[EXCHANGE];
}

/** The template of the handler that answered, or would have; middleware is mounted for all methods on a star. */
function routeOf(context: Context): string | undefined {
  const behind = matchedRoutes(context).slice(context.req.routeIndex);
  return behind.find(({ method, path }) => method !== "ALL" || !path.endsWith("*"))?.path;
}

function responseOf(answer: Answer): Response {
  const body = bytesOf(answer);
  const headers = new Headers();
  for (const [name, value] of answer.headers) headers.append(name, value);
  const { status, stream } = answer;
  if (stream !== undefined) return new Response(stream, { status, headers });
  return new Response(status === 204 || status === 304 || body.length === 0 ? null : body, { status, headers });
}
