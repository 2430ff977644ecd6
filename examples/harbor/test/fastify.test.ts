import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { secret } from "@seaworthy/core";
import type { EdgeOptions } from "@seaworthy/http";
import { edge as expressEdge } from "@seaworthy/http/express";
import { edge as fastifyEdge } from "@seaworthy/http/fastify";
import { createLogger } from "@seaworthy/logger";
import express from "express";
import Fastify from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { routes } from "../src/routes/index.ts";
import type { Mount } from "../src/routes/mount.ts";
import { createClassifier } from "../src/upstream/classifier.ts";
import { openTestParts } from "./engines.ts";

// Nothing listens there: the rule answers every time, on either framework.
const classifier = createClassifier({
  url: "http://127.0.0.1:9",
  apiKey: secret("unused-key"),
  timeout: 100,
  openFor: 60_000,
  logger: createLogger({ level: "fatal" }),
  slow: 60_000,
});
const config = { embeddings: { dimensions: 3 } };
const options: EdgeOptions = { deadline: "5s", can: () => false };
let parts: Awaited<ReturnType<typeof openTestParts>>;

async function onExpress(): Promise<Server> {
  const front = expressEdge(options);
  const app = express();
  app.use(front.middleware);
  const mount: Mount = (method, path, schemas, handler) => void app[method](path, front.route(schemas, handler));
  routes(mount, config, classifier, parts.stores, parts.identity);
  app.use(front.notFound, front.errorHandler);
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function onFastify(): Promise<Server> {
  const front = fastifyEdge(options);
  const app = Fastify({ frameworkErrors: front.frameworkErrors });
  await app.register(front);
  const mount: Mount = (method, url, schemas, handler) => void app[method](url, front.route(schemas, handler));
  routes(mount, config, classifier, parts.stores, parts.identity);
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}

let servers: Server[] = [];
beforeAll(async () => {
  parts = await openTestParts();
  servers = [await onExpress(), await onFastify()];
});
afterAll(async () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await parts[Symbol.asyncDispose]();
});

/** What does not differ from one request to the next. */
async function ask(server: Server, path: string, body?: string): Promise<unknown> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: body ?? "" };
  const response = await fetch(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    body === undefined ? {} : init,
  );
  const { headers, status } = response;
  const text = (await response.text())
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/"(latency|observedAt)":[\d.]+/g, '"$1":0');
  const shown = [...headers].filter(
    ([name]) =>
      ![
        "date",
        "connection",
        "keep-alive",
        "x-request-id",
        "location",
        "etag",
        "content-length",
        "transfer-encoding",
      ].includes(name),
  );
  return { status, headers: Object.fromEntries(shown), text, hasId: headers.has("x-request-id") };
}

test.each([
  ["/"],
  ["/tasks", '{"text":"A leak in hold 3, urgent"}'],
  ["/tasks?limit=1"],
  ["/tasks?status=provisional"],
  ["/tasks?status=lost"],
  ["/tasks?limit=1e3"],
  ["/tasks?limit=1&limit=2"],
  ["/tasks/none"],
  ["/tasks", "{"],
  ["/tasks", '{"text":""}'],
  ["/tasks", `{"text":"${"x".repeat(200_000)}"}`],
  ["/tasks", '{"text":"x","admin":true}'],
  ["/embeddings", '{"id":"east","vector":[1,0,0]}'],
  ["/embeddings", '{"id":"east","vector":[1,0,"x"]}'],
  ["/embeddings/search", '{"vector":[1,0,0]}'],
  ["/nowhere"],
  ["/tasks/%E0%A4%A"],
  ["/livez"],
  ["/readyz"],
  ["/healthz"],
])(
  "the same routes answer %s alike on Express and on Fastify: nothing but the adapter changes",
  async (path, body?) => {
    const [express, fastify] = await Promise.all(servers.map((server) => ask(server, path, body)));
    expect(fastify).toEqual(express);
    expect(fastify).toMatchObject({ hasId: true, headers: { "x-frame-options": "SAMEORIGIN" } });
  },
);
