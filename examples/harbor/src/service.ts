import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cacheCheck } from "@seaworthy/cache";
import { redisTier } from "@seaworthy/cache/redis";
import { isSeaworthyError } from "@seaworthy/core";
import { breakerCheck, createHealth, eventLoopCheck, memoryCheck, postgresCheck, redisCheck } from "@seaworthy/health";
import { createLifecycle } from "@seaworthy/lifecycle";
import { createLogger, file, stdout } from "@seaworthy/logger";
import { createMetrics } from "@seaworthy/metrics";
import type { Express } from "express";
import type { Redis } from "ioredis";
import { createApp } from "./app.ts";
import { banner } from "./banner.ts";
import { type HarborConfig, readConfig } from "./config.ts";
import { connectRedis } from "./connect-redis.ts";
import { type Credentials, openCredentials } from "./credentials.ts";
import { openFirstAdministrator } from "./identity/first-administrator.ts";
import type { Identity } from "./identity/identity.ts";
import { openIdentity } from "./identity/open-identity.ts";
import { createLimits, type Limits } from "./limits.ts";
import { guards } from "./operators.ts";
import { openDatabase } from "./store/open-database.ts";
import { openStores, type Stores } from "./store/stores.ts";
import { type Classifier, createClassifier } from "./upstream/classifier.ts";
import { startUpstream, type UpstreamProcess } from "./upstream/process.ts";

const config = await readConfig().catch((error: unknown) => {
  // The message lists all problems at once and contains no secret. There is no logger yet.
  if (isSeaworthyError(error)) console.error(error.message);
  else console.error(error);
  process.exit(1);
});
await serve(config);

async function serve(config: HarborConfig): Promise<void> {
  const { http, log, data, redis, vault, upstream, shutdown } = config;
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

  const health = createHealth({ name: "harbor", details: config.health.details });
  health.add("event-loop", eventLoopCheck(), { groups: ["live", "ready"] });
  health.add("memory", memoryCheck(), { groups: ["ready"] });
  health.add("log", logger.health, { critical: false, groups: ["ready"] });

  const life = createLifecycle({ ...shutdown, flush: () => logger.flush() });
  let stores: Stores | undefined;
  life.resource("database", {
    start: async (signal) => {
      const db = await openDatabase(config, signal);
      // The embedded database has one connection, which may be in use for a while without a reason to worry.
      const pool =
        db.engine === "pglite" ? ({ saturation: { degradedAt: "never" }, connectionWait: "2s" } as const) : {};
      health.add("database", postgresCheck(db, pool), { groups: ["ready"] });
      stores = openStores(db);
    },
    stop: () => stores?.close(),
  });
  let client: Redis | undefined;
  let limits: Limits | undefined;
  life.resource("redis", {
    start: async () => {
      if (redis.url !== undefined) client = await connectRedis(redis.url);
      // The service works without it, so it stays ready.
      if (client !== undefined) health.add("redis", redisCheck(client), { critical: false, groups: ["ready"] });
      limits = createLimits(config, client);
    },
    stop: async () => {
      await limits?.close();
      client?.disconnect();
    },
  });
  let credentials: Credentials | undefined;
  life.resource("vault", {
    start: async () => {
      credentials = await openCredentials(data.directory, vault.password);
    },
  });
  let simulated: UpstreamProcess | undefined;
  let classifier: Classifier | undefined;
  life.resource("upstream", {
    after: ["redis", "vault"],
    start: async () => {
      const { upstream: apiKey } = credentials as Credentials;
      if (upstream.url === undefined) simulated = await startUpstream(apiKey, upstream.port, upstream.failureRate);
      const url = upstream.url ?? (simulated as UpstreamProcess).url;
      const remote = client === undefined ? undefined : redisTier(client, { prefix: `${redis.prefix}cache:` });
      classifier = createClassifier({ ...upstream, url, apiKey, logger, slow: log.slow, remote });
      health.add("answers", cacheCheck(classifier.answers), { critical: false, groups: ["ready"] });
      health.add("classifier", breakerCheck(classifier.breaker), { critical: false, groups: ["ready"] });
    },
    stop: async () => {
      await classifier?.answers.close();
      await simulated?.stop();
    },
  });
  let identity: Identity | undefined;
  life.resource("identity", {
    after: ["database", "vault"],
    start: async () => {
      const { db, audit } = stores as Stores;
      const key = config.auth.key ?? (credentials as Credentials).auth;
      const { directory } = data;
      const auth = openIdentity({ db, audit, key, directory, publicUrl: http.publicUrl });
      identity = { auth, first: await openFirstAdministrator({ db, audit, auth, directory }) };
    },
    stop: () => identity?.auth.close(),
  });
  let app: Express | undefined;
  life.resource("app", {
    after: ["identity", "upstream"],
    start: () => {
      const parts = { classifier: classifier as Classifier, stores: stores as Stores, identity: identity as Identity };
      const { rules } = limits as Limits;
      const edge = { health, metrics, lifecycle: life, limits: rules, ...guards(parts.identity.auth, logger) };
      app = createApp({ config, ...parts, edge });
    },
  });
  const server = createServer((req, res) => (app as Express)(req, res));
  life.serve(server, { host: http.host, port: http.port, portSetting: "HTTP__PORT" });
  await life.start();

  const url = `http://${http.host === "0.0.0.0" ? "127.0.0.1" : http.host}:${(server.address() as AddressInfo).port}`;
  logger.info({ url }, "listening");
  const path = (identity as Identity | undefined)?.first.path;
  if (path !== undefined) logger.info({ path }, "the file has the code for the first administrator");
  if (config.database.url === undefined && process.env.NODE_ENV === "production")
    logger.warn("DATABASE_URL is not set: everything is kept in the data directory, so run one instance only");
  if (process.env.NODE_ENV !== "production") process.stdout.write(banner(url, simulated?.url));
}
