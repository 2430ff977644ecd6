import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { currentContext, type Limiter, onTelemetry } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { edge as expressEdge, setRoute as setExpressRoute } from "@seaworthy/http/express";
import { edge as fastifyEdge, setRoute as setFastifyRoute } from "@seaworthy/http/fastify";
import { edge as honoEdge, setRoute as setHonoRoute } from "@seaworthy/http/hono";
import { edge as koaEdge, setRoute as setKoaRoute } from "@seaworthy/http/koa";
import { edge as nodeEdge, setRoute } from "@seaworthy/http/node";
import { captureLogs } from "@seaworthy/logger/testing";
import express from "express";
import express4 from "express4";
import Fastify, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { HTTPException } from "hono/http-exception";
import Koa from "koa";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ask, raw, until } from "./subject.ts";

type Listener = Parameters<typeof createServer>[1];

async function serving(
  listener: Listener | Http2Server,
): Promise<{ url: string; server: ReturnType<typeof createServer> } & AsyncDisposable> {
  const server = (typeof listener === "function" ? createServer(listener) : listener) as ReturnType<
    typeof createServer
  >;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections?.();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("Fastify's own handlers", () => {
  const own = (app: FastifyInstance): void => {
    app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ mine: "error" }));
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ mine: "not found" }));
  };

  test.each(["before", "after"])("that were set %s the edge are kept, without a warning", async (order) => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const app = Fastify({ allowErrorHandlerOverride: false });
    if (order === "before") own(app);
    await app.register(fastifyEdge());
    if (order === "after") own(app);
    app.get("/broken", () => Promise.reject(new Error("inside")));
    expect((await app.inject("/broken")).json()).toEqual({ mine: "error" });
    expect((await app.inject("/nowhere")).json()).toEqual({ mine: "not found" });
    expect((await app.inject("/broken")).headers["x-frame-options"]).toBe("SAMEORIGIN");
    expect(warnings).not.toHaveBeenCalled();
    warnings.mockRestore();
    await app.close();
  });

  test("of a plugin hold inside it, and the edge's outside", async () => {
    const app = Fastify();
    await app.register(fastifyEdge());
    app.register(
      async (inner) => {
        own(inner);
        inner.get("/broken", () => Promise.reject(new Error("inside")));
      },
      { prefix: "/inner" },
    );
    app.get("/broken", () => Promise.reject(Object.assign(new Error("inside"), { statusCode: 409 })));
    expect((await app.inject("/inner/broken")).json()).toEqual({ mine: "error" });
    expect((await app.inject("/inner/nowhere")).json()).toEqual({ mine: "not found" });
    expect((await app.inject("/broken")).json()).toMatchObject({ status: 409 });
    expect((await app.inject("/nowhere")).json()).toMatchObject({ code: "HTTP_NOT_FOUND" });
    await app.close();
  });

  test("are called by reply.callNotFound() too, and without any the edge answers", async () => {
    const app = Fastify();
    await app.register(fastifyEdge());
    app.get("/maybe", (_request, reply) => reply.callNotFound());
    expect((await app.inject("/maybe")).json()).toMatchObject({ code: "HTTP_NOT_FOUND" });
    await app.close();
  });
});

test("Fastify's own validation tells which members are wrong", async () => {
  const app = Fastify();
  await app.register(fastifyEdge());
  const schema = {
    body: {
      type: "object",
      required: ["email", "a/b"],
      properties: { email: { type: "string", format: "email" }, age: { type: "integer" } },
    },
  };
  app.post("/", { schema }, async () => "ok");
  const refused = await app.inject({ method: "POST", url: "/", payload: { email: "hunter2", "a/b": 1 } });
  expect(refused.json()).toMatchObject({
    status: 400,
    code: "VALIDATION_FAILED",
    in: "body",
    issues: [{ path: "/email", code: "format", message: 'must match format "email"' }],
  });
  expect(refused.body).not.toContain("hunter2");
  const missing = await app.inject({ method: "POST", url: "/", payload: { email: "a@b.example" } });
  expect(missing.json().issues).toMatchObject([{ path: "/a~1b", code: "required" }]);
  await app.close();
});

test("the id of a request is the same for Fastify, its logger and the edge", async () => {
  const { logger, records } = captureLogs();
  const app = Fastify({ loggerInstance: logger as never });
  await app.register(fastifyEdge());
  app.get("/", async (request) => ({ id: request.id, context: currentContext().correlationId }));
  for (const given of ["trip-1", "not safe"]) {
    const { headers, json } = await app.inject({ url: "/", headers: { "x-request-id": given } });
    expect(json()).toEqual({ id: headers["x-request-id"], context: headers["x-request-id"] });
  }
  expect(records.filter(({ reqId }) => reqId === "trip-1")).toHaveLength(2);
  expect(records.filter(({ reqId }) => String(reqId).startsWith("req-"))).toEqual([]);
  await app.close();
});

test("a generator of ids that the application has, before the edge or later, is kept, and its ids are the edge's", async () => {
  using telemetry = captureTelemetry();
  const app = Fastify({ genReqId: () => "own-1" });
  await app.register(fastifyEdge());
  app.get("/", async (request) => ({ id: request.id, context: currentContext().correlationId }));
  app.register(async (inner) => {
    inner.setGenReqId(() => "inner 2, which cannot stand in a header\r\n");
    inner.get("/inner", async (request) => ({ id: request.id, context: currentContext().correlationId }));
  });
  const outer = await app.inject("/");
  expect([outer.json(), outer.headers["x-request-id"]]).toEqual([{ id: "own-1", context: "own-1" }, "own-1"]);
  const inner = await app.inject("/inner");
  expect(inner.json().id).toMatch(/^inner 2/);
  expect(inner.headers["x-request-id"]).toBe(inner.json().context);
  expect(inner.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(telemetry.of("http.request")).toHaveLength(2);
  await app.close();
});

test("without problems, Fastify answers what Node's parser refuses", async () => {
  const app = Fastify();
  await app.register(fastifyEdge({ problems: false }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  expect(await raw(port, "GET / HTTP/9.9\r\n\r\n")).toContain("Client Error");
  await app.close();
});

describe("exceptions of Hono", () => {
  const app = honoEdge().install(new Hono());
  app.use("/admin/*", basicAuth({ username: "a", password: "b", realm: "shop" }));
  app.get("/admin/x", (context) => context.text("in"));
  app.get("/own", () => {
    throw new HTTPException(402, { res: new Response("pay first", { headers: { "x-price": "7" } }) });
  });
  app.get("/taken", () => {
    throw new HTTPException(409, { message: "Email already taken" });
  });
  app.get("/broken", () => {
    throw new HTTPException(500, { message: "db-7 is down" });
  });

  test("keep the response that they bring along, and the challenge of its middleware", async () => {
    const refused = await app.request("/admin/x");
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="shop"']);
    const own = await app.request("/own");
    expect([own.status, await own.text(), own.headers.get("x-price")]).toEqual([402, "pay first", "7"]);
    expect(own.headers.get("x-frame-options")).toBe("SAMEORIGIN");
  });

  test("show their message below 500 and not above", async () => {
    expect(await (await app.request("/taken")).json()).toMatchObject({ status: 409, detail: "Email already taken" });
    const { status, detail } = (await (await app.request("/broken")).json()) as Record<string, unknown>;
    expect([status, detail]).toEqual([500, undefined]);
  });

  test("a handler that returns no response is a failure, and not an empty answer", async () => {
    using telemetry = captureTelemetry();
    for (const problems of [true, false]) {
      const forgetful = honoEdge({ problems }).install(new Hono());
      forgetful.onError((_error, context) => context.text("mine", 500));
      forgetful.get("/", async () => undefined as unknown as Response);
      expect((await forgetful.request("/")).status).toBe(500);
    }
    expect(telemetry.of("http.request").map(({ labels }) => labels.status)).toEqual([500, 500]);
  });

  test("a stream of the application's own that is 404 is not read by the edge", async () => {
    const streaming = new Hono();
    streaming.use(honoEdge().middleware);
    const endless = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("x")) });
    streaming.get("/", (context) => context.body(endless, 404, { "content-type": "text/plain" }));
    expect((await streaming.request("/")).status).toBe(404);
  });
});

test("a challenge that middleware has written is kept", async () => {
  const front = expressEdge();
  const app = express();
  app.use(front.middleware);
  app.get("/", (_request, response) => {
    response.set("WWW-Authenticate", "Basic");
    throw Object.assign(new Error("who?"), { status: 401 });
  });
  app.use(front.notFound, front.errorHandler);
  await using running = await serving(app);
  expect((await ask(running, "/")).headers.get("www-authenticate")).toBe("Basic");
});

describe("over HTTP/2", () => {
  const kinds: Record<string, (reached: () => void) => Promise<Http2Server>> = {
    "node:http2": async (reached) => {
      const front = nodeEdge();
      return createHttp2Server(front.handle(reached as never) as never);
    },
    Fastify: async (reached) => {
      const app = Fastify({ http2: true });
      await app.register(fastifyEdge() as never);
      app.get("/", () => {
        reached();
        return new Promise(() => undefined);
      });
      await app.ready();
      return app.server as unknown as Http2Server;
    },
    Hono: async (reached) => {
      const app = honoEdge().install(new Hono());
      app.get("/", () => {
        reached();
        return new Promise<Response>(() => undefined);
      });
      return createAdaptorServer({
        fetch: app.fetch,
        createServer: createHttp2Server as never,
      }) as unknown as Http2Server;
    },
  };

  test.each(Object.keys(kinds))("a request that its client resets on %s is 499 and aborts the signal", async (name) => {
    using telemetry = captureTelemetry();
    let signal: AbortSignal | undefined;
    const reached = Promise.withResolvers<void>();
    const server = await kinds[name]?.(() => {
      signal = currentContext().signal;
      reached.resolve();
    });
    await using running = await serving(server as Http2Server);
    const client = connectHttp2(running.url);
    const stream = client.request({ ":path": "/" });
    stream.on("error", () => undefined);
    await reached.promise;
    stream.close(8); // CANCEL
    await until(() => telemetry.of("http.request").length === 1, "the event");
    expect(telemetry.of("http.request")[0]?.labels.status).toBe(499);
    expect(signal?.aborted).toBe(true);
    client.destroy();
  });
});

describe("without a listener of telemetry", () => {
  afterEach(() => void vi.restoreAllMocks());

  test("an unexpected error is printed once, on every framework, and a refusal is not", async () => {
    const printed: string[] = [];
    vi.spyOn(console, "error").mockImplementation((text) => void printed.push(String(text)));
    const broken = (path: string): never => {
      throw path === "/bug" ? new Error("my bug") : Object.assign(new Error("no"), { status: 409 });
    };
    const node = nodeEdge();
    const front = expressEdge();
    const app = express();
    app.use(front.middleware, (request) => broken(request.path));
    app.use(front.notFound, front.errorHandler);
    const koa = new Koa().use(koaEdge().middleware).use((context) => broken(context.path));
    const hono = honoEdge().install(new Hono());
    hono.get("*", (context) => broken(context.req.path));
    const listeners: Listener[] = [node.handle((request) => broken(request.url ?? "")), app, koa.callback()];
    for (const listener of listeners) {
      await using running = await serving(listener);
      expect((await ask(running, "/bug")).status).toBe(500);
      expect((await ask(running, "/refusal")).status).toBe(409);
      await until(() => printed.length > 0, "the error");
      expect(printed.splice(0)).toEqual([expect.stringMatching(/^GET \/bug failed: Error: my bug\n\s+at /)]);
    }
    expect((await hono.request("/bug")).status).toBe(500);
    expect(printed).toHaveLength(1);
  });

  test("an error that cannot be shown is reported all the same", async () => {
    const printed: string[] = [];
    vi.spyOn(console, "error").mockImplementation((text) => void printed.push(String(text)));
    const hono = honoEdge().install(new Hono());
    hono.get("/", () => {
      throw Object.defineProperty(new Error("x"), Symbol.for("nodejs.util.inspect.custom"), {
        value: () => {
          throw new Error("no");
        },
      });
    });
    expect((await hono.request("/")).status).toBe(500);
    expect(printed).toEqual(["GET / failed with an error that cannot be shown"]);
  });
});

test("what a handler says in a callback behind its deadline is discarded, and ends no process", async () => {
  for (const express_ of [express, express4]) {
    const clock = manualClock();
    const front = expressEdge({ clock, deadline: "1s" });
    const app = express_();
    let late: (() => void) | undefined;
    app.use(front.middleware);
    app.get("/", (_request, response) => {
      late = () => {
        response.status(201).set("x-a", "b").json({ late: true });
        response.write("more");
        response.end();
      };
    });
    app.use(front.notFound, front.errorHandler);
    await using running = await serving(app);
    const asked = ask(running, "/");
    await until(() => late !== undefined, "the handler");
    await clock.advance("1s");
    expect((await asked).status).toBe(504);
    expect(late).not.toThrow();
    late?.();
    expect((await ask(running, "/nowhere")).status).toBe(404);
  }
});

test("an answer that has begun is not cut off at the deadline, and its signal aborts", async () => {
  const clock = manualClock();
  const front = nodeEdge({ clock, deadline: "1s" });
  const begun = Promise.withResolvers<AbortSignal | undefined>();
  const go = Promise.withResolvers<void>();
  const handler = front.handle(async (_request, response) => {
    response.write("first ");
    begun.resolve(currentContext().signal);
    await go.promise;
    response.end("last");
  });
  await using running = await serving(handler);
  const asked = ask(running, "/");
  const signal = await begun.promise;
  await clock.advance("2s");
  expect(signal?.aborted).toBe(true);
  go.resolve();
  expect(await asked).toMatchObject({ status: 200, text: "first last" });
});

describe("routes", () => {
  test("of a mounted application keep its mount when their handler fails, as do those of Express 4", async () => {
    using telemetry = captureTelemetry();
    for (const make of [express, express4]) {
      const front = expressEdge();
      const app = make();
      const sub = make();
      const deep = make();
      const router = make.Router({ mergeParams: true });
      const fail = (): never => {
        throw new Error("inside");
      };
      deep.get("/end/:n", fail);
      sub.get("/e/:n", fail);
      sub.use("/two", deep);
      router.get("/item/:id", fail);
      app.use(front.middleware);
      app.use("/sub", sub);
      app.use("/t/:tenant", router);
      app.use("/graphql", (_request, response) => void response.send("{}"));
      app.get(["/named"], (request, response) => {
        setExpressRoute(request, "/renamed");
        response.send("ok");
      });
      app.use(front.notFound, front.errorHandler);
      await using running = await serving(app);
      const paths = [
        "/sub/e/1",
        "/sub/two/end/1",
        "/t/acme/item/7",
        "/graphql/x",
        "/named",
        "/graphqlx",
        "/t/acme/none",
      ];
      for (const path of paths) await ask(running, path);
      await until(() => telemetry.of("http.request").length === paths.length);
      expect(telemetry.of("http.request").map(({ labels }) => labels.route)).toEqual([
        "/sub/e/:n",
        "/sub/two/end/:n",
        "/t/:tenant/item/:id",
        "/graphql/*",
        "/renamed",
        "unmatched",
        "unmatched",
      ]);
      telemetry.clear();
    }
  });

  test("can be named on every framework", async () => {
    using telemetry = captureTelemetry();
    const node = nodeEdge();
    const koa = new Koa().use(koaEdge().middleware).use((context) => {
      setKoaRoute(context, "/named");
      context.body = "ok";
    });
    const listener = node.handle((request, response) => {
      setRoute(request, "/named");
      response.end("ok");
    });
    for (const one of [listener, koa.callback()]) {
      await using running = await serving(one);
      await ask(running, "/x");
      await until(() => telemetry.of("http.request").length > 0);
      expect(telemetry.of("http.request")[0]?.labels.route).toBe("/named");
      telemetry.clear();
    }
    const app = Fastify();
    await app.register(fastifyEdge());
    app.get("/*", async (request) => {
      setFastifyRoute(request, "/named");
      return "ok";
    });
    await app.inject("/x");
    await app.close();
    const hono = honoEdge().install(new Hono());
    hono.get("/*", (context) => {
      setHonoRoute(context, "/named");
      return context.text("ok");
    });
    await hono.request("/x");
    expect(telemetry.of("http.request").map(({ labels }) => labels.route)).toEqual(["/named", "/named"]);
  });
});

test("a handler can read and remove the headers that the edge has prepared", async () => {
  const seen: unknown[] = [];
  const front = nodeEdge({ cors: { origins: ["https://app.example.com"] } });
  const handler = front.handle((_request, response) => {
    seen.push(response.getHeader("X-Frame-Options"), response.hasHeader("referrer-policy"), response.getHeaderNames());
    response.removeHeader("x-frame-options");
    response.removeHeader("vary");
    seen.push(response.getHeader("x-frame-options"), response.getHeaders()["referrer-policy"]);
    response.setHeader("Vary", "Accept").end("ok");
  });
  await using running = await serving(handler);
  const { headers } = await ask(running, "/", { headers: { origin: "https://app.example.com" } });
  expect(headers.get("x-frame-options")).toBeNull();
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("access-control-allow-origin")).toBe("https://app.example.com");
  expect(headers.get("vary")).toBe("Accept, Origin");
  expect(seen[0]).toBe("SAMEORIGIN");
  expect(seen[1]).toBe(true);
  expect(seen[2]).toEqual(expect.arrayContaining(["x-frame-options", "x-request-id", "vary"]));
  expect(seen.slice(3)).toEqual([undefined, "no-referrer"]);
});

describe("WebSocket handshakes", () => {
  test("that Deno or a worker has accepted pass the edge as they are", async () => {
    using telemetry = captureTelemetry();
    const app = honoEdge().install(new Hono());
    const accepted = Object.defineProperty(new Response(null), "status", { value: 101 });
    app.get("/", () => accepted);
    expect(await app.request("/")).toBe(accepted);
    expect(telemetry.of("http.request")[0]?.labels.status).toBe(101);
  });

  test("are let in from the service's own origin and from listed ones, within limits, authenticated, and end as 101", async () => {
    using telemetry = captureTelemetry();
    const sockets = new WebSocketServer({ noServer: true });
    let left = 3;
    const limiter: Limiter = {
      consume: async () => ({
        allowed: left-- > 0,
        limit: 3,
        remaining: Math.max(0, left),
        resetAfter: 1,
        retryAfter: 1000,
      }),
    };
    const front = nodeEdge({
      cors: { origins: ["https://app.example.com"] },
      limits: [{ match: "/socket", limiter }],
      authenticate: (request) => (request.path === "/socket" ? { id: "u-1" } : undefined),
    });
    await using running = await serving(front.handle((_request, response) => response.end()));
    front.guard(running.server, {
      onUpgrade: (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (client) =>
          client.send(JSON.stringify(currentContext().principal)),
        ),
    });
    const open = async (origin?: string): Promise<string> => {
      const client = new WebSocket(
        `${running.url.replace("http", "ws")}/socket`,
        origin === undefined ? {} : { origin },
      );
      try {
        const [message] = (await once(client, "message")) as [Buffer];
        client.close();
        return message.toString();
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(await open()).toBe('{"id":"u-1"}');
    expect(await open("https://app.example.com")).toBe('{"id":"u-1"}');
    expect(await open(running.url)).toBe('{"id":"u-1"}');
    expect(await open("https://evil.example")).toContain("403");
    expect(await open("null")).toContain("403");
    expect(await open()).toContain("429");
    await until(() => telemetry.of("http.request").length === 6, "all events");
    expect(
      telemetry
        .of("http.request")
        .map(({ labels }) => labels.status)
        .sort(),
    ).toEqual([101, 101, 101, 403, 403, 429]);
    expect(telemetry.of("http.rejected").map(({ labels }) => labels.reason)).toEqual(["origin", "origin", "limit"]);
  });

  test("whose listener fails are answered, and those that nothing takes do not hang", async () => {
    using telemetry = captureTelemetry();
    const front = nodeEdge();
    await using running = await serving(front.handle((_request, response) => response.end()));
    front.guard(running.server, { onUpgrade: () => Promise.reject(new Error("inside")) });
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    const [response] = await once(httpRequest(running.url, { headers }).end(), "response");
    expect([response.statusCode, response.headers["content-type"]]).toEqual([
      500,
      "application/problem+json; charset=utf-8",
    ]);
    response.resume();
    await until(() => telemetry.of("http.request").length === 1);
    expect(telemetry.of("http.request")[0]).toMatchObject({
      labels: { status: 500 },
      details: { error: { message: "inside" } },
    });
    expect(() => front.guard({} as never)).toThrow(TypeError);
    expect(() => front.guard(running.server, { onUpgrade: 7 as never })).toThrow(TypeError);
  });

  test("that a framework routes through the edge end as 101 too, and not as 499", async () => {
    using telemetry = captureTelemetry();
    const front = nodeEdge({ deadline: "1s", clock: manualClock() });
    const sockets = new WebSocketServer({ noServer: true });
    const { ServerResponse } = await import("node:http");
    await using running = await serving(front.handle((_request, response) => response.end()));
    // What Fastify's plugin for WebSockets does: the handshake is routed like a request, with a response that is not used.
    running.server.on("upgrade", (request, socket, head) => {
      const response = new ServerResponse(request);
      response.assignSocket(socket as never);
      front.middleware(request, response, () =>
        sockets.handleUpgrade(request, socket, head, (client) => client.send("hello")),
      );
    });
    const client = new WebSocket(running.url.replace("http", "ws"));
    await once(client, "message");
    client.close();
    await until(() => telemetry.of("http.request").length === 1, "the event");
    expect(telemetry.of("http.request")[0]?.labels.status).toBe(101);
  });
});

test.each<[string, unknown, string]>([
  ["Deno", { remoteAddr: { transport: "tcp", hostname: "203.0.113.7", port: 4711 } }, "203.0.113.7"],
  ["Bun", { requestIP: () => ({ address: "203.0.113.7", family: "IPv4", port: 4711 }) }, "203.0.113.7"],
  ["Bun, as a member", { server: { requestIP: () => ({ address: "203.0.113.7" }) } }, "203.0.113.7"],
  ["Bun, when the client has left", { requestIP: () => null }, ""],
  ["AWS Lambda, by a function URL", { requestContext: { http: { sourceIp: "203.0.113.7" } } }, "203.0.113.7"],
  ["AWS Lambda, by a REST API", { requestContext: { identity: { sourceIp: "203.0.113.7" } } }, "203.0.113.7"],
  ["AWS Lambda, by a load balancer", { requestContext: { elb: { targetGroupArn: "arn" } } }, ""],
  ["a runtime that does not say", {}, ""],
])("the client's address and the id of the request are known under %s", async (_runtime, environment, address) => {
  using telemetry = captureTelemetry();
  const ids: unknown[] = [];
  const stop = onTelemetry(({ name }) => void (name === "http.request" && ids.push(currentContext().correlationId)));
  const app = honoEdge().install(new Hono());
  app.get("/", (context) => context.text("ok"));
  const response = await app.fetch(new Request("http://a/"), environment as object);
  stop();
  expect(ids).toEqual([response.headers.get("x-request-id")]); // the line of the access log has the id of its request
  expect(telemetry.of("http.request")[0]?.details?.clientAddress).toBe(address);
});
