import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { captureTelemetry } from "@seaworthy/core/testing";
import { createHealth } from "@seaworthy/health";
import { httpErrors } from "@seaworthy/http";
import { edge as expressEdge } from "@seaworthy/http/express";
import { edge as fastifyEdge } from "@seaworthy/http/fastify";
import { edge as honoEdge } from "@seaworthy/http/hono";
import { edge as nodeEdge } from "@seaworthy/http/node";
import { policy } from "@seaworthy/resilience";
import express, { Router } from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ask, until } from "./subject.ts";

async function serving(listener: Parameters<typeof createServer>[1]): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function labelsOf(count: number, telemetry: ReturnType<typeof captureTelemetry>): Promise<unknown[]> {
  await until(() => telemetry.of("http.request").length >= count);
  return telemetry.of("http.request").map(({ labels }) => labels.route);
}

describe("templates of Express", () => {
  test("are those of all routers on the way, however they are mounted, also when the handler fails", async () => {
    using telemetry = captureTelemetry();
    const front = expressEdge();
    const app = express();
    const shared = Router();
    shared.get("/item/:id", (_request, response) => void response.send("ok"));
    shared.get("/fail", () => {
      throw new Error("inside");
    });
    const deep = Router();
    deep.use("/deep", shared);
    const sub = express();
    sub.get("/page/:n", (_request, response) => void response.send("ok"));
    app.use(front.middleware);
    app.use("/a", shared);
    app.use("/b/:tenant", shared);
    app.use("/c", deep);
    app.use(shared);
    app.use("/sub", sub);
    app.get(/^\/pattern/, (_request, response) => void response.send("ok"));
    app.get(["/one", "/other"], (_request, response) => void response.send("ok"));
    app.use("/static", (_request, response) => void response.send("ok"));
    app.use(front.notFound, front.errorHandler);
    await using running = await serving(app);
    const paths = [
      "/a/item/1",
      "/b/acme/item/1",
      "/c/deep/item/1",
      "/item/1",
      "/sub/page/1",
      "/pattern-1",
      "/one",
      "/static/x.js",
      "/b/acme/fail",
      "/b/acme/nowhere",
    ];
    for (const path of paths) await ask(running, path);
    expect(await labelsOf(paths.length, telemetry)).toEqual([
      "/a/item/:id",
      "/b/:tenant/item/:id",
      "/c/deep/item/:id",
      "/item/:id",
      "/sub/page/:n",
      "(pattern)",
      "(pattern)",
      "/static/*",
      "/b/:tenant/fail",
      "unmatched",
    ]);
  });

  test("an edge that is installed twice emits one event", async () => {
    using telemetry = captureTelemetry();
    const front = expressEdge();
    const app = express();
    app.use(front.middleware, expressEdge().middleware, front.middleware);
    app.get("/", (_request, response) => void response.send("ok"));
    await using running = await serving(app);
    await ask(running, "/");
    await ask(running, "/");
    expect(await labelsOf(2, telemetry)).toEqual(["/", "/"]);
  });
});

describe("Fastify", () => {
  test("injected requests pass the edge as those from the network", async () => {
    using telemetry = captureTelemetry();
    const front = fastifyEdge();
    const app = Fastify({ frameworkErrors: front.frameworkErrors });
    await app.register(front);
    app.get("/orders/:id", async () => ({ ok: true }));
    const answered = await app.inject("/orders/7");
    expect(answered.headers["x-frame-options"]).toBe("SAMEORIGIN");
    expect((await app.inject("/orders/%E0%A4%A")).json()).toMatchObject({ status: 404, code: "HTTP_NOT_FOUND" });
    await app.close();
    expect(await labelsOf(2, telemetry)).toEqual(["/orders/:id", "unmatched"]);
  });

  test("a route's own body limit goes before the edge's, and the edge's before Fastify's", async () => {
    const app = Fastify();
    await app.register(fastifyEdge({ bodyLimit: 100 }));
    app.post("/small", async () => "ok");
    app.post("/large", { bodyLimit: 1000 }, async () => "ok");
    const send = async (url: string): Promise<unknown> =>
      (await app.inject({ method: "POST", url, payload: { text: "x".repeat(200) } })).json;
    expect(await send("/small")).toBeTypeOf("function");
    const small = await app.inject({ method: "POST", url: "/small", payload: { text: "x".repeat(200) } });
    expect(small.json()).toMatchObject({ status: 413, limit: 100 });
    expect((await app.inject({ method: "POST", url: "/large", payload: { text: "x".repeat(200) } })).statusCode).toBe(
      200,
    );
    await app.close();
  });
});

test("over HTTP/2 a request passes the same edge", async () => {
  using telemetry = captureTelemetry();
  const app = Fastify({ http2: true });
  await app.register(fastifyEdge({ cors: { origins: ["https://app.example.com"] } }) as never);
  app.get("/orders/:id", async () => ({ ok: true }));
  app.get("/fail", async () => {
    throw new Error("inside");
  });
  const client = connectHttp2(await app.listen({ port: 0, host: "127.0.0.1" }));
  const get = async (path: string): Promise<unknown> => {
    const stream = client.request({ ":path": path, "x-request-id": "trip-1" });
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    stream.resume();
    await once(stream, "end");
    return [headers[":status"], headers["x-request-id"], headers["x-frame-options"], headers["content-type"]];
  };
  expect(await get("/orders/7")).toEqual([200, "trip-1", "SAMEORIGIN", "application/json; charset=utf-8"]);
  expect(await get("/fail")).toEqual([500, "trip-1", "SAMEORIGIN", "application/problem+json; charset=utf-8"]);
  await until(() => telemetry.of("http.request").length === 2);
  expect(telemetry.of("http.request").map(({ labels }) => labels.status)).toEqual([200, 500]);
  client.close();
  await app.close();
});

describe("Hono", () => {
  test("without a server of Node's, headers, problems and the event are the same", async () => {
    using telemetry = captureTelemetry();
    const front = honoEdge({ cors: { origins: ["https://app.example.com"] } });
    const app = new Hono();
    app.use(front.middleware);
    app.onError(front.onError);
    app.notFound(front.notFound);
    app.get("/orders/:id", (context) => context.json({ id: 7 }, 200, { Vary: "Accept" }));
    app.get("/throw", () => {
      throw new Error("inside");
    });
    const answered = await app.request("/orders/7", {
      headers: { "x-request-id": "trip-1", origin: "https://app.example.com" },
    });
    expect(answered.headers.get("x-request-id")).toBe("trip-1");
    expect(answered.headers.get("x-frame-options")).toBe("SAMEORIGIN");
    expect(answered.headers.get("vary")).toMatch(/Accept, *Origin/);
    expect(answered.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    const failed = await app.request("/throw");
    expect(failed.headers.get("content-type")).toContain("application/problem+json");
    expect((await app.request("/nowhere")).status).toBe(404);
    expect(telemetry.of("http.request").map(({ labels }) => labels)).toEqual([
      { method: "GET", route: "/orders/:id", status: 200 },
      { method: "GET", route: "/throw", status: 500 },
      { method: "GET", route: "unmatched", status: 404 },
    ]);
  });
});

test("an application of Hono that names no notFound answers unknown routes as problems all the same", async () => {
  const front = honoEdge();
  const app = new Hono();
  app.use(front.middleware);
  app.get("/own", (context) => context.text("mine", 404));
  const unknown = await app.request("/nowhere");
  expect(unknown.headers.get("content-type")).toContain("application/problem+json");
  expect(await unknown.json()).toMatchObject({ status: 404, code: "HTTP_NOT_FOUND" });
  expect(await (await app.request("/own")).text()).toBe("mine");
});

describe("on Hono", () => {
  test("a validated route reads a body that other middleware has read before", async () => {
    const front = honoEdge();
    const app = new Hono();
    app.onError(front.onError);
    app.use(front.middleware, async (context, next) => {
      await context.req.text();
      await next();
    });
    app.post(
      "/",
      front.route({ body: z.object({ name: z.string() }) }, ({ body }) => body),
    );
    const sent = (init: RequestInit): Response | Promise<Response> =>
      app.request("/", { method: "POST", headers: { "content-type": "application/json" }, ...init });
    expect(await (await sent({ body: '{"name":"x"}' })).json()).toEqual({ name: "x" });
    expect((await sent({ body: `"${"x".repeat(200_000)}"` })).status).toBe(413);
    expect((await sent({ body: "{" })).status).toBe(400);
  });

  test("a handler may pass on what fetch() gave, also where there is no server of Node's", async () => {
    const front = honoEdge();
    const app = new Hono();
    app.use(front.middleware);
    app.get("/", () => fetch("data:text/plain,hello"));
    const response = await app.request("/");
    expect([response.status, await response.text()]).toEqual([200, "hello"]);
    expect(response.headers.get("x-frame-options")).toBe("SAMEORIGIN");
    expect(response.headers.get("x-request-id")).not.toBeNull();
  });

  test("a validated route passes a response on as it is, before its body is whole", async () => {
    const front = honoEdge();
    const app = new Hono();
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0, 255])) });
    app.get(
      "/",
      front.route({}, () => new Response(body, { status: 206, headers: { "x-a": "b" } })),
    );
    const response = await app.request("/");
    expect([response.status, response.headers.get("x-a")]).toEqual([206, "b"]);
    expect((await response.body?.getReader().read())?.value).toEqual(new Uint8Array([0, 255]));
  });
});

test("a result that JSON cannot represent is a failure", async () => {
  const front = honoEdge();
  const app = new Hono();
  app.use(front.middleware);
  app.onError(front.onError);
  app.get(
    "/",
    front.route({}, () => () => 1),
  );
  expect((await app.request("/")).status).toBe(500);
});

test("whatever next does behind node's middleware, it is answered", async () => {
  const front = nodeEdge();
  const listener: Parameters<typeof createServer>[1] = (request, response) =>
    front.middleware(request, response, async () => {
      await Promise.resolve();
      throw new Error("inside");
    });
  await using running = await serving(listener);
  expect(await ask(running, "/")).toMatchObject({ status: 500, json: { status: 500 } });
});

test("a policy below shortens to the request's deadline", async () => {
  const calls = policy("slow", { timeout: "1m" });
  const front = nodeEdge({ deadline: "40ms" });
  const hangs = ({ signal }: { signal: AbortSignal }): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await using running = await serving(front.handle(() => calls.run(hangs)));
  const { status, json } = await ask(running, "/");
  expect(status).toBe(504);
  expect(["RESILIENCE_TIMEOUT", "HTTP_DEADLINE_EXCEEDED"]).toContain(json.code);
});

test("what authentication throws may be one of the edge's own errors", async () => {
  const authenticate = (): never => {
    throw httpErrors.HTTP_FORBIDDEN();
  };
  const front = nodeEdge({ authenticate });
  await using running = await serving(front.handle((_request, response) => response.end()));
  expect((await ask(running, "/")).json).toMatchObject({ status: 403, code: "HTTP_FORBIDDEN" });
});

describe("the operations listener", () => {
  test("holds no process open, not even with a connection", () => {
    const script = `
      import { connect } from "node:net";
      import { edge } from "@seaworthy/http/node";
      const front = edge({ operationsPort: 0 });
      const port = await front.listening();
      const socket = connect(port).unref();
      await new Promise((resolve) => socket.once("connect", resolve));
      console.log("still ended");
    `;
    const flags = ["--conditions=@seaworthy/source", "--input-type=module", "-e", script];
    const { status, stdout } = spawnSync(process.execPath, flags, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      timeout: 15_000,
    });
    expect(stdout).toBe("still ended\n");
    expect(status).toBe(0);
  }, 20_000);

  test("whose port is taken fails the start", async () => {
    await using holder = await serving((_request, response) => void response.end());
    const operationsPort = Number(new URL(holder.url).port);
    const refused = { code: "EADDRINUSE", message: expect.stringContaining(`127.0.0.1:${operationsPort}`) };
    await expect(nodeEdge({ operationsPort }).listening()).rejects.toMatchObject(refused);
    const app = Fastify();
    app.register(fastifyEdge({ operationsPort }));
    await expect(app.ready()).rejects.toMatchObject(refused);
    expect(await nodeEdge().listening()).toBeUndefined();
  });

  test("whose port is taken ends a process that does not look", async () => {
    await using holder = await serving((_request, response) => void response.end());
    const script = `
      import { createServer } from "node:http";
      import { edge } from "@seaworthy/http/node";
      const front = edge({ operationsPort: ${new URL(holder.url).port} });
      createServer(front.handle(() => undefined)).listen(0, "127.0.0.1");
    `;
    const flags = ["--conditions=@seaworthy/source", "--input-type=module", "-e", script];
    const { status, stderr } = await new Promise<{ status: number | null; stderr: string }>((resolve) => {
      execFile(process.execPath, flags, { cwd: import.meta.dirname, timeout: 15_000 }, (error, _stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), stderr }),
      );
    });
    expect(status).toBe(1);
    expect(stderr).toContain("another process listens there; choose another operationsPort");
  }, 20_000);

  test("binds the loopback address unless a host is given", async () => {
    await using loopback = nodeEdge({ operationsPort: 0 });
    expect((await ask({ url: `http://127.0.0.1:${await loopback.listening()}` }, "/livez")).status).toBe(200);
    await expect(ask({ url: `http://127.0.0.2:${await loopback.listening()}` }, "/livez")).rejects.toThrow();
    await using everywhere = nodeEdge({ operationsPort: 0, operations: { host: "0.0.0.0" } });
    expect((await ask({ url: `http://127.0.0.2:${await everywhere.listening()}` }, "/livez")).status).toBe(200);
  });

  test("answers readiness while the service refuses everything else", async () => {
    const health = createHealth();
    health.add("database", () => ({ status: "unhealthy" }), { groups: ["ready"] });
    await using front = nodeEdge({ health, operationsPort: 0, operations: { host: "127.0.0.1" } });
    const operations = { url: `http://127.0.0.1:${await front.listening()}` };
    expect((await ask(operations, "/readyz")).status).toBe(503);
    expect((await ask(operations, "/livez")).status).toBe(200);
  });
});

test("a heap snapshot is streamed to operators, and only one is taken at a time", () => {
  const script = `
    import { once } from "node:events";
    import { createServer } from "node:http";
    import { edge } from "@seaworthy/http/node";
    const front = edge({ operations: { profiling: true, authorize: (request) => request.header("x-key") === "k" } });
    const server = createServer(front.handle(() => undefined)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = "http://127.0.0.1:" + server.address().port + "/debug/heap-snapshot";
    const take = (key) => fetch(url, { method: "POST", headers: { "x-key": key } });
    const refused = await take("other");
    await refused.text();
    const first = await take("k");
    const second = await take("k");
    const { snapshot, nodes } = await first.json();
    console.log(refused.status, first.status, second.status, snapshot.node_count > 1000, nodes.length > 1000);
    const third = await take("k");
    console.log(third.status, third.headers.get("content-disposition").endsWith('.heapsnapshot"'));
    await third.body.cancel();
    server.close();
    server.closeAllConnections();
  `;
  const flags = ["--conditions=@seaworthy/source", "--input-type=module", "-e", script];
  const options = { cwd: import.meta.dirname, encoding: "utf8", timeout: 55_000 } as const;
  const { stdout, stderr } = spawnSync(process.execPath, flags, options);
  // The second request comes while the first snapshot is taken, or after it.
  expect(stdout, stderr).toMatch(/^401 200 (?:409|200) true true\n200 true\n$/);
}, 60_000);

test("a schema may be asynchronous", async () => {
  const front = honoEdge();
  const app = new Hono();
  app.use(front.middleware);
  app.onError(front.onError);
  const query = z.object({ name: z.string().refine(async (name) => name !== "taken") });
  app.get(
    "/",
    front.route({ query }, ({ query: { name } }) => name),
  );
  expect(await (await app.request("/?name=free")).json()).toBe("free");
  expect(await (await app.request("/?name=taken")).json()).toMatchObject({ status: 422, issues: [{ path: "/name" }] });
});
