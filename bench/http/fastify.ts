import type { Server } from "node:http";
import { edge } from "@seaworthy/http/fastify";
import cors from "cors";
import Fastify from "fastify";
import helmet from "helmet";
import { ORIGINS, order, ours, usualHistogram, usualLimit } from "./duties.ts";

type Middleware = (request: never, response: never, next: (error?: unknown) => void) => void;

export async function fastifyServer(stack: string): Promise<Server> {
  const app = Fastify({ logger: stack === "usual" });
  if (stack === "ours") await app.register(edge(ours()));
  if (stack === "usual") {
    const histogram = usualHistogram();
    for (const middleware of [helmet(), cors({ origin: ORIGINS }), usualLimit()] as unknown as Middleware[])
      app.addHook("onRequest", (request, reply, done) =>
        middleware(request.raw as never, reply.raw as never, done as () => void),
      );
    app.addHook("onResponse", (request, reply, done) => {
      histogram.observe(
        { method: request.method, route: request.routeOptions.url ?? "unmatched", status: reply.statusCode },
        reply.elapsedTime / 1000,
      );
      done();
    });
  }
  app.get<{ Params: { id: string } }>("/orders/:id", async ({ params }) => order(params.id));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}
