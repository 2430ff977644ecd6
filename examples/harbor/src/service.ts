import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isSeaworthyError } from "@seaworthy/core";
import { breakerCheck, createHealth, eventLoopCheck, memoryCheck, redisCheck } from "@seaworthy/health";
import { createLifecycle } from "@seaworthy/lifecycle";
import { createLogger, file, stdout } from "@seaworthy/logger";
import { createMetrics } from "@seaworthy/metrics";
import type { Express } from "express";
import type { Redis } from "ioredis";
import { createApp } from "./app.ts";
import { banner } from "./banner.ts";
import { type HarborConfig, readConfig } from "./config.ts";
import { upstreamKey } from "./credentials.ts";
import { operators } from "./operators.ts";
import { connectRedis } from "./store/connect-redis.ts";
import { memoryRecords } from "./store/memory-records.ts";
import type { OpenRecords } from "./store/records.ts";
import { redisRecords } from "./store/redis-records.ts";
import { createClassifier } from "./upstream/classifier.ts";
import { startUpstream, type UpstreamProcess } from "./upstream/process.ts";

const config = await readConfig().catch((error: unknown) => {
  // The message lists all problems at once and contains no secret. There is no logger yet.
  if (isSeaworthyError(error)) console.error(error.message);
  else console.error(error);
  process.exit(1);
});
await serve(config);

async function serve({
  http,
  log,
  data,
  redis,
  vault,
  operators: { token },
  upstream,
  shutdown,
  health: checks,
  embeddings,
}: HarborConfig): Promise<void> {
  const destinations = [
    stdout(),
    ...(log.file === undefined
      ? []
      : [file({ path: log.file, rotate: { size: "10mb", every: "1d" }, keep: { files: 7 } })]),
  ];
  const logger = createLogger({ name: "harbor", level: log.level, destinations, caller: ["principal"] });
  const metrics = createMetrics();
  logger.observe();
  metrics.observe();

  const health = createHealth({ name: "harbor", details: checks.details });
  health.add("event-loop", eventLoopCheck(), { groups: ["live", "ready"] });
  health.add("memory", memoryCheck(), { groups: ["ready"] });
  health.add("log", logger.health, { critical: false, groups: ["ready"] });

  const life = createLifecycle({ ...shutdown, flush: () => logger.flush() });
  let client: Redis | undefined;
  let openRecords: OpenRecords = memoryRecords;
  life.resource("redis", {
    start: async () => {
      if (redis.url === undefined) return;
      client = await connectRedis(redis.url);
      openRecords = redisRecords(client, redis.prefix);
      health.add("redis", redisCheck(client), { groups: ["ready"] });
    },
    stop: () => client?.disconnect(),
  });
  let simulated: UpstreamProcess | undefined;
  let app: Express | undefined;
  life.resource("upstream", {
    after: ["redis"], // the application needs both
    start: async () => {
      const apiKey = await upstreamKey(data.directory, vault.password);
      if (upstream.url === undefined) simulated = await startUpstream(apiKey, upstream.port, upstream.failureRate);
      const url = upstream.url ?? (simulated as UpstreamProcess).url;
      const classifier = createClassifier({ ...upstream, url, apiKey, logger, slow: log.slow });
      health.add("classifier", breakerCheck(classifier.breaker), { critical: false, groups: ["ready"] });
      app = createApp({
        config: { http, embeddings },
        classifier,
        openRecords,
        edge: { health, metrics, lifecycle: life, ...operators(token, logger) },
      });
    },
    stop: () => simulated?.stop(),
  });
  const server = createServer((req, res) => (app as Express)(req, res));
  life.serve(server, { host: http.host, port: http.port, portSetting: "HTTP__PORT" });
  await life.start();

  const url = `http://${http.host === "0.0.0.0" ? "127.0.0.1" : http.host}:${(server.address() as AddressInfo).port}`;
  logger.info({ url }, "listening");
  if (redis.url === undefined && process.env.NODE_ENV === "production")
    logger.warn("REDIS__URL is not set: tasks and embeddings stay in this process, so run one instance only");
  if (process.env.NODE_ENV !== "production") process.stdout.write(banner(url, simulated?.url));
}
