import { createServer } from "node:http";
import { createIdempotency } from "@seaworthy/http";
import { edge } from "@seaworthy/http/express";
import express, { Router } from "express";
import { contract } from "./contract.ts";
import { gone, mountRoutes, Orders, routes, type Subject, seen, thrown } from "./subject.ts";
import { wire } from "./wire.ts";

/** With or without Express' own body parser; the edge's routes read the body themselves where none did. */
const subject = (name: string, parser: boolean): Subject => ({
  name,
  fallsThrough: true,
  async build({ edge: options, logger }) {
    const front = edge(options);
    const orders = new Orders();
    const app = express();
    app.use(front.middleware);
    if (parser) app.use(express.json({ limit: "100kb" }));
    app.get("/", (_request, response) => void response.json(routes.hello));
    app.get("/orders/:id", (request, response) => void response.json({ id: request.params.id }));
    const inner = Router();
    inner.get("/things/:thing", (request, response) => void response.json({ thing: request.params.thing }));
    inner.get("/fail/:thing", async () => {
      throw new Error("inside");
    });
    app.use("/api/:version", inner);
    app.get("/throw/:kind", (request) => {
      throw thrown(request.params.kind);
    });
    app.get("/reject/:kind", (request) => Promise.reject(thrown(request.params.kind)));
    app.get("/context", async (_request, response) => void response.json(await seen(logger)));
    app.post("/echo-context", express.json(), async (_request, response) => void response.json(await seen(logger)));
    mountRoutes((method, path, schemas, handler) => void app[method](path, front.route(schemas, handler)), orders);
    app.post(
      "/own",
      front.route({ idempotency: createIdempotency({ required: false }) }, (_input, _request, response) =>
        response.status(201).json({ number: ++orders.made }),
      ),
    );
    app.get("/hang", async () => void (await gone()));
    app.get("/vary", (_request, response) => void response.set("Vary", "Accept-Language").send("v"));
    app.get("/coded", (_request, response) => {
      response.set({ "content-encoding": "gzip", etag: '"1"', "content-disposition": "attachment" });
      throw new Error("before the body");
    });
    app.get("/twice", (_request, response) => {
      response.send("once");
      response.send("twice");
    });
    app.get("/late", (_request, response) => {
      response.send("done");
      throw new Error("too late");
    });
    app.get("/broken", (_request, response) => {
      response.write("half");
      throw new Error("halfway");
    });
    app.use(front.notFound, front.errorHandler);
    return { server: createServer(app), front };
  },
});

contract(subject("Express", false));
contract(subject("Express with express.json()", true));
wire(subject("Express", false));
