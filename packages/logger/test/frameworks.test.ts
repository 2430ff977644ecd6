import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { pinoHttp } from "pino-http";
import { expect, test } from "vitest";
import type { Logger } from "../src/index.ts";
import { captureLogs } from "../src/testing.ts";

test("Fastify takes it as its logger: requests are logged with their id, errors described, headers hidden", async () => {
  const { logger, records } = captureLogs({ name: "api" });
  const app = fastify({ loggerInstance: logger as Logger });
  app.get("/ok", async (request) => {
    request.log.info({ headers: { authorization: "Bearer x" } }, "in the handler");
    return { ok: true };
  });
  app.get("/fails", { logLevel: "warn" }, async () => {
    throw new Error("boom", { cause: new Error("inner") });
  });
  await app.inject("/ok");
  await app.inject("/fails");
  await app.close();
  const find = (msg: string): Record<string, unknown> | undefined => records.find((record) => record.msg === msg);
  expect(find("incoming request")).toMatchObject({ name: "api", reqId: "req-1", req: { method: "GET", url: "/ok" } });
  expect(find("in the handler")).toMatchObject({ reqId: "req-1", headers: { authorization: "[redacted]" } });
  expect(find("request completed")).toMatchObject({ reqId: "req-1", res: { statusCode: 200 } });
  expect(find("boom")).toMatchObject({
    level: 50,
    reqId: "req-2",
    err: { type: "Error", cause: { message: "inner" } },
  });
  expect(records.filter((record) => record.reqId === "req-2" && record.level < 40)).toEqual([]);
});

test("pino-http takes it as its logger", async () => {
  const { logger, records } = captureLogs();
  const log = pinoHttp({ logger });
  const handle: RequestListener = (request, response) => {
    log(request, response);
    request.log.info("in the handler");
    response.end("ok");
  };
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${port}/path`, { headers: { cookie: "session=abc" } })).text();
  await new Promise((resolve) => server.close(resolve));
  expect(records.map((record) => record.msg)).toEqual(["in the handler", "request completed"]);
  expect(records[1]).toMatchObject({
    req: { method: "GET", url: "/path", headers: { cookie: "[redacted]" } },
    res: { statusCode: 200 },
    responseTime: expect.any(Number) as number,
  });
});
