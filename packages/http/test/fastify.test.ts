import { createIdempotency } from "@seaworthy/http";
import { edge } from "@seaworthy/http/fastify";
import Fastify from "fastify";
import { contract } from "./contract.ts";
import { aborted, mountRoutes, Orders, routes, type Subject, seen, thrown } from "./subject.ts";
import { wire } from "./wire.ts";

interface Kind {
  Params: { kind: string };
}

const subject: Subject = {
  name: "Fastify",
  async build({ edge: options, logger }) {
    const front = edge(options);
    const orders = new Orders();
    const app = Fastify({ frameworkErrors: front.frameworkErrors, forceCloseConnections: true });
    await app.register(front);
    app.get("/", async () => routes.hello);
    app.get<{ Params: { id: string } }>("/orders/:id", async ({ params }) => ({ id: params.id }));
    await app.register(
      async (inner) => {
        inner.get<{ Params: { thing: string } }>("/things/:thing", async ({ params }) => ({ thing: params.thing }));
        inner.get("/fail/:thing", async () => {
          throw new Error("inside");
        });
      },
      { prefix: "/api/:version" },
    );
    app.get<Kind>("/throw/:kind", ({ params }) => {
      throw thrown(params.kind);
    });
    app.get<Kind>("/reject/:kind", ({ params }) => Promise.reject(thrown(params.kind)));
    app.get("/context", () => seen(logger));
    app.post("/echo-context", () => seen(logger));
    mountRoutes(
      (method, path, schemas, handler) => void app[method](path, front.route(schemas, handler)),
      orders,
      options,
    );
    app.post(
      "/own",
      front.route(
        { idempotency: createIdempotency({ scope: "credentials", required: false }) },
        (_input, _request, reply) => reply.code(201).send({ number: ++orders.made }),
      ),
    );
    app.get("/hang", () => aborted());
    app.get("/vary", async (_request, reply) => reply.header("Vary", "Accept-Language").send("v"));
    app.get("/coded", async (_request, reply) => {
      reply.header("content-encoding", "gzip").header("etag", '"1"').header("content-disposition", "attachment");
      throw new Error("before the body");
    });
    app.get("/twice", (_request, reply) => {
      reply.send("once");
      reply.send("twice");
    });
    app.get("/late", (_request, reply) => {
      reply.send("done");
      throw new Error("too late");
    });
    app.get("/broken", (_request, reply) => {
      reply.raw.write("half");
      throw new Error("halfway");
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    return { server: app.server, front, close: () => app.close() };
  },
};

contract(subject);
wire(subject);
