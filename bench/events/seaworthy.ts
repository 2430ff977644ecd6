// The same routes on Seaworthy.
import { createServer } from "node:http";
import { duration, flag, loadConfig, port, secretText, url } from "@seaworthy/config";
import { defineErrors, isSeaworthyError } from "@seaworthy/core";
import { breakerCheck, createHealth, httpCheck } from "@seaworthy/health";
import { edge } from "@seaworthy/http/express";
import { createLifecycle } from "@seaworthy/lifecycle";
import { createLogger } from "@seaworthy/logger";
import { createMetrics } from "@seaworthy/metrics";
import { createBreaker, guardedFetch, policy } from "@seaworthy/resilience";
import express from "express";
import { z } from "zod";

const schema = z.object({
  port: port(),
  apiKey: secretText({ minBytes: 8 }),
  upstreamUrl: url(),
  databaseUrl: url(),
  timeout: duration().default(1000),
  verbose: flag().default(false),
});
const env = await loadConfig(schema, { profile: "production" }).catch((error: unknown) => {
  console.error(isSeaworthyError(error) ? error.message : error);
  process.exit(1);
});
const logger = createLogger({ name: "orders", level: env.verbose ? "debug" : "info" });
const metrics = createMetrics();
logger.observe();
metrics.observe();

const errors = defineErrors({ UNKNOWN_CURRENCY: { status: 404, title: "There is no rate for this currency" } });
const breaker = createBreaker({ name: "rates", failureRate: 0.5, minimumCalls: 5, openFor: "10s" });
const call = guardedFetch(
  policy("rates", { timeout: env.timeout, retry: { attempts: 3, initialDelay: "20ms" }, breaker }),
);
const order = z.object({ item: z.string().min(1), quantity: z.int().min(1).max(100) });

const health = createHealth({ name: "orders" });
health.add("database", httpCheck(`${env.databaseUrl}/ping`));
health.add("rates", breakerCheck(breaker), { critical: false });
const life = createLifecycle({ drainDelay: "1s", drainTimeout: "15s", flush: () => logger.flush() });
const cors = { origins: ["https://app.example.com"] };
const front = edge({ health, metrics, lifecycle: life, cors, deadline: "10s", bodyLimit: "100kb", shed: true });
const app = express();
app.use(front.middleware);
app.get("/ping", (_request, response) => void response.json({ ok: true }));
app.post(
  "/orders",
  front.route({ body: order }, ({ body }) => body),
);
app.get("/rate/:currency", async (request, response) => {
  const answer = await call(`${env.upstreamUrl}/rates/${encodeURIComponent(request.params.currency)}`);
  if (answer.status === 404) throw errors.UNKNOWN_CURRENCY();
  response.status(answer.ok ? 200 : 503).json(answer.ok ? await answer.json() : { error: "unavailable" });
});
app.get("/slow/:ms", (request, response) => {
  setTimeout(() => response.json({ ok: true }), Number(request.params.ms));
});
app.get("/burn/:ms", (request, response) => {
  const end = performance.now() + Number(request.params.ms);
  while (performance.now() < end);
  response.json({ ok: true });
});
app.get("/leak", () => {
  throw new Error(`the provider refused the key ${env.apiKey.reveal()}`);
});
app.get("/crash", () => void setTimeout(() => nothing.thing));
app.get("/reject", () => void Promise.reject(new Error("this has no handler")));
app.use(front.notFound, front.errorHandler);
const nothing = undefined as unknown as { thing: string };

life.serve(createServer(app), { host: "127.0.0.1", port: env.port });
await life.start();
logger.info("listening");
