import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { createIdempotency } from "@seaworthy/http";
import { edge } from "@seaworthy/http/hono";
import { Hono } from "hono";
import { contract } from "./contract.ts";
import { aborted, mountRoutes, Orders, routes, type Subject, seen, thrown } from "./subject.ts";
import { wire } from "./wire.ts";

const subject: Subject = {
  name: "Hono",
  async build({ edge: options, logger }) {
    const front = edge(options);
    const orders = new Orders();
    const app = front.install(new Hono());
    app.get("/", (context) => context.json(routes.hello));
    app.get("/orders/:id", (context) => context.json({ id: context.req.param("id") }));
    const inner = new Hono();
    inner.use("*", (_context, next) => next());
    inner.get("/things/:thing", (context) => context.json({ thing: context.req.param("thing") }));
    inner.get("/fail/:thing", async () => {
      throw new Error("inside");
    });
    app.route("/api/:version", inner);
    app.get("/throw/:kind", (context) => {
      throw thrown(context.req.param("kind"));
    });
    app.get("/reject/:kind", (context) => Promise.reject(thrown(context.req.param("kind"))));
    app.get("/context", async (context) => context.json((await seen(logger)) as object));
    app.post("/echo-context", async (context) => {
      await context.req.json();
      return context.json((await seen(logger)) as object);
    });
    mountRoutes(
      (method, path, schemas, handler) => void app[method](path, front.route(schemas, handler)),
      orders,
      options,
    );
    app.post(
      "/own",
      front.route({ idempotency: createIdempotency({ scope: "credentials", required: false }) }, (_input, context) =>
        context.json({ number: ++orders.made }, 201),
      ),
    );
    app.get("/hang", async (context) => {
      await aborted();
      return context.text("this is never read");
    });
    app.get("/vary", (context) => context.text("v", 200, { Vary: "Accept-Language" }));
    app.get("/coded", (context) => {
      context.header("content-encoding", "gzip");
      context.header("etag", '"1"');
      context.header("content-disposition", "attachment");
      throw new Error("before the body");
    });
    app.get("/twice", (context) => {
      context.res = context.text("once");
      return context.text("twice");
    });
    app.get("/late", async (context) => {
      context.res = context.text("done");
      return context.res;
    });
    app.get("/broken", () => {
      const body = ReadableStream.from(
        (async function* () {
          yield new TextEncoder().encode("half");
          await new Promise((resolve) => setTimeout(resolve, 5));
          throw new Error("halfway");
        })(),
      );
      return new Response(body);
    });
    return { server: createAdaptorServer({ fetch: app.fetch }) as Server, front };
  },
};

contract(subject);
wire(subject);
