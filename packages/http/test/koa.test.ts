import { createServer } from "node:http";
import Router from "@koa/router";
import { createIdempotency } from "@seaworthy/http";
import { edge } from "@seaworthy/http/koa";
import Koa from "koa";
import { contract } from "./contract.ts";
import { aborted, mountRoutes, Orders, routes, type Subject, seen, thrown } from "./subject.ts";
import { wire } from "./wire.ts";

const subject: Subject = {
  name: "Koa",
  async build({ edge: options, logger }) {
    const front = edge(options);
    const orders = new Orders();
    const app = new Koa();
    app.silent = true;
    const router = new Router();
    router.get("/", (context) => {
      context.body = routes.hello;
    });
    router.get("/orders/:id", (context) => {
      context.body = { id: context.params.id };
    });
    const inner = new Router();
    inner.get("/things/:thing", (context) => {
      context.body = { thing: context.params.thing };
    });
    inner.get("/fail/:thing", async () => {
      throw new Error("inside");
    });
    router.use("/api/:version", inner.routes());
    router.get("/throw/:kind", (context) => {
      throw thrown(context.params.kind as string);
    });
    router.get("/reject/:kind", (context) => Promise.reject(thrown(context.params.kind as string)));
    router.get("/context", async (context) => {
      context.body = await seen(logger);
    });
    router.post("/echo-context", async (context) => {
      for await (const _chunk of context.req);
      context.body = await seen(logger);
    });
    mountRoutes(
      (method, path, schemas, handler) => void router[method](path, front.route(schemas, handler)),
      orders,
      options,
    );
    router.post(
      "/own",
      front.route({ idempotency: createIdempotency({ scope: "credentials", required: false }) }, (_input, context) => {
        context.status = 201;
        context.body = { number: ++orders.made };
      }),
    );
    router.get("/hang", async () => void (await aborted()));
    router.get("/vary", (context) => {
      context.set("Vary", "Accept-Language");
      context.body = "v";
    });
    router.get("/coded", (context) => {
      context.set({ "content-encoding": "gzip", etag: '"1"', "content-disposition": "attachment" });
      throw new Error("before the body");
    });
    router.get("/twice", (context) => {
      context.status = 200;
      context.respond = false;
      context.res.end("once");
      context.res.end("twice");
      context.res.write("thrice");
    });
    router.get("/late", (context) => {
      context.status = 200;
      context.respond = false;
      context.res.end("done");
      throw new Error("too late");
    });
    router.get("/broken", (context) => {
      context.res.write("half");
      throw new Error("halfway");
    });
    app.use(front.middleware).use(router.routes());
    return { server: createServer(app.callback()), front };
  },
};

contract(subject);
wire(subject);
