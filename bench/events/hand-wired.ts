// The service as experienced engineers build it today, from the usual libraries.
import { createServer } from "node:http";
import { createTerminus } from "@godaddy/terminus";
import cors from "cors";
import { bool, cleanEnv, num, str, url } from "envalid";
import express, { type NextFunction, type Request, type Response } from "express";
import promBundle from "express-prom-bundle";
import rateLimit from "express-rate-limit";
import helmet from "helmet";
import CircuitBreaker from "opossum";
import pRetry, { AbortError } from "p-retry";
import { pino } from "pino";
import { pinoHttp } from "pino-http";
import { z } from "zod";

const env = cleanEnv(process.env, {
  PORT: num(),
  API_KEY: str(),
  UPSTREAM_URL: url(),
  DATABASE_URL: url(),
  TIMEOUT: num({ default: 1000 }),
  VERBOSE: bool({ default: false }),
});
const logger = pino({ level: env.VERBOSE ? "debug" : "info", redact: ["req.headers.authorization"] });

const fetchRate = async (currency: string): Promise<unknown> => {
  const signal = AbortSignal.timeout(env.TIMEOUT);
  const response = await fetch(`${env.UPSTREAM_URL}/rates/${currency}`, { signal });
  if (response.status === 404) throw new AbortError("unknown currency");
  if (!response.ok) throw new Error(`upstream answered ${response.status}`);
  return response.json();
};
const breaker = new CircuitBreaker(
  (currency: string) => pRetry(() => fetchRate(currency), { retries: 2, minTimeout: 20 }),
  {
    timeout: env.TIMEOUT,
    errorThresholdPercentage: 50,
    volumeThreshold: 5,
    resetTimeout: 10_000,
    errorFilter: (error: Error) => error.message === "unknown currency",
  },
);
const order = z.object({ item: z.string().min(1), quantity: z.int().min(1).max(100) });

const app = express();
app.use(pinoHttp({ logger, genReqId: (request) => request.headers["x-request-id"] ?? crypto.randomUUID() }));
app.use((request, response, next) => {
  response.setHeader("X-Request-Id", String(request.id));
  next();
});
app.use(helmet(), cors({ origin: "https://app.example.com" }));
app.use(promBundle({ includeMethod: true, includePath: true }));
app.use(rateLimit({ windowMs: 60_000, limit: 1_000_000 }));
app.use(express.json({ limit: "100kb" }));
app.get("/ping", (_request, response) => void response.json({ ok: true }));
app.post("/orders", (request, response) => void response.status(201).json(order.parse(request.body)));
app.get(
  "/rate/:currency",
  async (request, response) => void response.json(await breaker.fire(request.params.currency)),
);
app.get("/slow/:ms", (request, response) => {
  setTimeout(() => response.json({ ok: true }), Number(request.params.ms));
});
app.get("/burn/:ms", (request, response) => {
  const end = performance.now() + Number(request.params.ms);
  while (performance.now() < end);
  response.json({ ok: true });
});
app.get("/leak", () => {
  throw new Error(`the provider refused the key ${env.API_KEY}`);
});
app.get("/crash", () => void setTimeout(() => nothing.thing));
app.get("/reject", () => void Promise.reject(new Error("this has no handler")));
app.use((error: Error, request: Request, response: Response, _next: NextFunction) => {
  request.log.error(error);
  if (error instanceof z.ZodError) return void response.status(422).json({ issues: error.issues });
  const { status = 500, code } = error as { status?: number; code?: string };
  if (code === "EOPENBREAKER") return void response.status(503).json({ error: "unavailable" });
  if (code === "ETIMEDOUT") return void response.status(504).json({ error: "timeout" });
  if (error.message === "unknown currency") return void response.status(404).json({ error: error.message });
  response.status(status).json({ error: status < 500 ? error.message : "internal error" });
});
const nothing = undefined as unknown as { thing: string };

const fail = (error: unknown): void => {
  logger.fatal(error);
  server.close(() => process.exit(1));
  server.closeIdleConnections();
  setTimeout(() => process.exit(1), 5000).unref();
};
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
const server = createServer(app);
createTerminus(server, {
  signals: ["SIGTERM", "SIGINT"],
  timeout: 15_000,
  healthChecks: {
    "/healthz": async () => {
      const response = await fetch(`${env.DATABASE_URL}/ping`);
      if (!response.ok) throw new Error("the database is down");
    },
    "/livez": async () => undefined,
  },
  beforeShutdown: () => new Promise((resolve) => setTimeout(resolve, 1000)),
});
server.listen(env.PORT, "127.0.0.1", () => logger.info("listening"));
