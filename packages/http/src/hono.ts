import type { IncomingMessage, ServerResponse } from "node:http";
import { runWithContext } from "@seaworthy/core";
import type { Context, ErrorHandler, MiddlewareHandler, NotFoundHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { Edge, type EdgeOptions } from "./edge.ts";
import { errors } from "./errors.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { keepVary } from "./internal/keep-vary.ts";
import { watch } from "./internal/node-exchange.ts";
import { queryOf } from "./internal/query.ts";
import { readWebJson, WebIncoming } from "./internal/web-request.ts";
import { type EdgeHandle, openOperations } from "./operations-listener.ts";
import { ANSWERED, isResponse, perform, type RouteInput, type RouteSchemas } from "./route.ts";

/** The edge of a Hono 4 application. */
export interface HonoEdge extends EdgeHandle {
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

/** What Hono's server for Node passes as the environment. */
interface NodeEnvironment {
  incoming?: IncomingMessage;
  outgoing?: ServerResponse;
}

const EXCHANGE = Symbol("seaworthy.exchange");
type Held = Context & { [EXCHANGE]?: Exchange };

/**
 * The edge for Hono.
 *
 * @throws TypeError when an option is malformed
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
  return {
    ...openOperations(core),
    middleware: (context, next) => pass(core, context, next),
    onError: (thrown, context) => problem(core, context, thrown),
    notFound: (context) => problem(core, context, errors.HTTP_NOT_FOUND()),
    route: (schemas, handler) => async (context) => {
      const exchange = exchangeOf(core, context);
      const body = (): Promise<unknown> => readWebJson(context.req, core.bodyLimit);
      const raw = { body, query: queryOf(exchange.query), params: context.req.param() };
      let own: Response | undefined;
      const answer = await perform(exchange, schemas, raw, async (input) => {
        const result = await handler(input, context);
        if (schemas.idempotency !== undefined || !isResponse(result)) return result;
        own = result; // as it is, streams too; only an answer that is to come again has to be read
        return ANSWERED;
      });
      return own ?? responseOf(answer as Answer);
    },
  };
}

async function pass(core: Edge, context: Context, next: () => Promise<void>): Promise<undefined> {
  if ((context as Held)[EXCHANGE] !== undefined) return void (await next());
  const exchange = exchangeOf(core, context);
  const { outgoing } = (context.env ?? {}) as NodeEnvironment;
  // Set on Node's own response, headers cost nothing more; on a Response they would make Hono build a real one.
  const headers = new Map<string, string>();
  exchange.dress(outgoing ?? { setHeader: (name, value) => headers.set(name, value) });
  if (outgoing !== undefined && core.cors?.varies === true) keepVary(outgoing);
  await runWithContext(exchange.context(), () => {
    if (outgoing !== undefined) watch(exchange, outgoing, () => routeOf(context));
    return through(exchange, context, next);
  });
  if (outgoing !== undefined) return;
  const given = context.res;
  context.res = undefined;
  context.res = new Response(given.body, given); // the headers of what fetch() gave cannot be changed
  for (const [name, value] of headers) {
    if (name === "vary") context.res.headers.append(name, value);
    else if (!context.res.headers.has(name)) context.res.headers.set(name, value);
  }
  exchange.end(context.res.status, routeOf(context));
}

async function through(exchange: Exchange, context: Context, next: () => Promise<void>): Promise<void> {
  try {
    const admitted = exchange.admit();
    const own = admitted instanceof Promise ? await admitted : admitted;
    if (own !== undefined) context.res = responseOf(own);
    else {
      await (exchange.principal === undefined ? next() : runWithContext({ principal: exchange.principal }, next));
      if (await isDefaultNotFound(context)) context.res = responseOf(exchange.problem(errors.HTTP_NOT_FOUND()));
    }
  } catch (thrown) {
    // Hooks of the host's, and what Hono does not take for an error: it passes on whatever is no Error.
    context.res = undefined;
    context.res = responseOf(exchange.problem(thrown));
  }
}

/** Whether Hono answered that nothing matched, because the host has not said `app.notFound(front.notFound)`. */
async function isDefaultNotFound({ res }: Context): Promise<boolean> {
  if (res.status !== 404 || res.headers.get("content-type")?.toLowerCase().startsWith("text/plain") !== true)
    return false;
  return (await res.clone().text()) === "404 Not Found";
}

function problem(core: Edge, context: Context, thrown: unknown): Response {
  context.res = undefined; // else the headers of the answer that failed would be kept
  return responseOf(exchangeOf(core, context).problem(thrown));
}

function exchangeOf(core: Edge, context: Held): Exchange {
  const { incoming } = (context.env ?? {}) as NodeEnvironment;
  context[EXCHANGE] ??= core.begin(new WebIncoming(context.req, incoming?.socket.remoteAddress));
  return context[EXCHANGE];
}

/** The template of the handler that answered, or would have; middleware is mounted for all methods on a star. */
function routeOf(context: Context): string | undefined {
  const behind = matchedRoutes(context).slice(context.req.routeIndex);
  return behind.find(({ method, path }) => method !== "ALL" || !path.endsWith("*"))?.path;
}

function responseOf(answer: Answer): Response {
  const empty = answer.status === 204 || answer.body === "";
  return new Response(empty ? null : answer.body, {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
  });
}
