import { createServer } from "node:http";
import { createIdempotency } from "@seaworthy/http";
import { edge } from "@seaworthy/http/express";
import express5, { type Request, type RequestHandler, type Response } from "express";
import express4 from "express4";
import { contract } from "./contract.ts";
import { aborted, mountRoutes, Orders, routes, type Subject, seen, thrown } from "./subject.ts";
import { wire } from "./wire.ts";

type Handler = (request: Request, response: Response) => unknown;

/** Express 4 does not look at promises; there a handler passes on what it rejects with, as every guide says. */
const waits =
  (handler: Handler): RequestHandler =>
  async (request, response, next) => {
    try {
      await handler(request, response);
    } catch (thrown) {
      next(thrown ?? new Error(`${String(thrown)} was rejected with`));
    }
  };

/** With or without Express' own body parser; the edge's routes read the body themselves where none did. */
const subject = (name: string, parser: boolean, express = express5): Subject => ({
  name,
  fallsThrough: true,
  hasOwnParser: parser,
  async build({ edge: options, logger }) {
    const front = edge(options);
    const orders = new Orders();
    const app = express();
    app.use(front.middleware);
    if (parser) app.use(express.json({ limit: "100kb" }));
    app.get("/", (_request, response) => void response.json(routes.hello));
    app.get("/orders/:id", (request, response) => void response.json({ id: request.params.id }));
    const inner = express.Router();
    inner.get("/things/:thing", (request, response) => void response.json({ thing: request.params.thing }));
    inner.get(
      "/fail/:thing",
      waits(async () => {
        throw new Error("inside");
      }),
    );
    app.use("/api/:version", inner);
    app.get("/throw/:kind", (request) => {
      throw thrown(request.params.kind);
    });
    app.get(
      "/reject/:kind",
      waits((request) => Promise.reject(thrown(String(request.params.kind)))),
    );
    app.get("/context", async (_request, response) => void response.json(await seen(logger)));
    app.post("/echo-context", express.json(), async (_request, response) => void response.json(await seen(logger)));
    mountRoutes(
      (method, path, schemas, handler) => void app[method](path, front.route(schemas, handler)),
      orders,
      options,
    );
    app.post(
      "/own",
      front.route(
        { idempotency: createIdempotency({ scope: "credentials", required: false }) },
        (_input, _request, response) => response.status(201).json({ number: ++orders.made }),
      ),
    );
    app.get(
      "/hang",
      waits(async () => void (await aborted())),
    );
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
contract(subject("Express 4", false, express4));
wire(subject("Express", false));
