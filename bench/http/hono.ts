import type { IncomingMessage, Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { edge } from "@seaworthy/http/hono";
import { MemoryStore } from "express-rate-limit";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import { pino } from "pino";
import { ORIGINS, order, ours, usualHistogram } from "./duties.ts";

export function honoServer(stack: string): Server {
  const app = new Hono<{ Bindings: { incoming: IncomingMessage }; Variables: { requestId: string } }>();
  if (stack === "ours") {
    const front = edge(ours());
    app.use(front.middleware);
    app.onError(front.onError);
    app.notFound(front.notFound);
  }
  if (stack === "usual") {
    const logger = pino();
    const histogram = usualHistogram();
    const store = new MemoryStore();
    store.init({ windowMs: 60_000 } as Parameters<MemoryStore["init"]>[0]);
    app.use(requestId(), async (context, next) => {
      const start = performance.now();
      await next();
      const seconds = (performance.now() - start) / 1000;
      const { method, path } = context.req;
      const { status } = context.res;
      histogram.observe({ method, route: routePath(context, -1), status }, seconds);
      logger.info({ reqId: context.get("requestId"), method, path, status, seconds }, "request completed");
    });
    app.use(secureHeaders(), cors({ origin: ORIGINS }), async (context, next) => {
      const { totalHits, resetTime } = await store.increment(context.env.incoming.socket.remoteAddress ?? "");
      await next();
      const reset = Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000);
      context.header("RateLimit-Policy", "1000000000;w=60");
      context.header("RateLimit", `limit=1000000000, remaining=${1_000_000_000 - totalHits}, reset=${reset}`);
    });
  }
  app.get("/orders/:id", (context) => context.json(order(context.req.param("id"))));
  return createAdaptorServer({ fetch: app.fetch }) as Server;
}
