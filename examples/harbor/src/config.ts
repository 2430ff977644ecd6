import { join } from "node:path";
import { byteSize, duration, loadConfig, port, postgresUrl, redisUrl, secretText, url } from "@seaworthy/config";
import { z } from "zod";

const home = join(import.meta.dirname, "..");

/** Everything that can be set, with its defaults. `config/{profile}.json` and then the environment override them. */
export const schema = z.object({
  http: z.object({
    host: z.string().default("127.0.0.1"),
    port: port({ ephemeral: true }).default(3000),
    requestTimeout: duration().default("10s"),
    bodyLimit: byteSize().default("100kb"),
    /** The address at which clients reach the service. It is in links of mails, and names the issuer of tokens. */
    publicUrl: url().default("http://127.0.0.1:3000"),
  }),
  log: z.object({
    level: z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
    slow: duration().default("500ms"),
    file: z.string().optional(),
  }),
  data: z.object({ directory: z.string().default(join(home, "data")) }).prefault({}),
  // DATABASE_URL and so on. Without a URL the database is embedded, in a folder of the data directory.
  database: z
    .object({
      url: postgresUrl().optional(),
      base: z.int().min(0).max(1000).default(2),
      overflow: z.int().min(0).max(1000).default(6),
      instances: z.int().min(1).max(1000).default(1),
    })
    .meta({ separator: "_" })
    .prefault({}),
  // REDIS_URL and REDIS_PREFIX. Without a URL, limits and cached answers are those of this process.
  redis: z
    .object({ url: redisUrl().optional(), prefix: z.string().max(100).default("harbor:") })
    .meta({ separator: "_" })
    .prefault({}),
  // How often one address may do this in 60 seconds.
  limits: z
    .object({ logins: z.int().min(1).max(100_000).default(5), tasks: z.int().min(1).max(1_000_000).default(1200) })
    .prefault({}),
  vault: z.object({ password: secretText({ minBytes: 12 }).optional() }).prefault({}),
  // Signs access tokens. Without it, the vault of the data directory has one; several instances need the same one.
  auth: z.object({ key: secretText({ minBytes: 32 }).optional() }).prefault({}),
  upstream: z.object({
    url: url().optional(),
    port: port({ ephemeral: true }).default(3001),
    timeout: duration().default("1s"),
    failureRate: z.number().min(0).max(1).default(0.2),
    openFor: duration().default("10s"),
  }),
  shutdown: z.object({
    drainDelay: duration().default("5s"),
    drainTimeout: duration().default("15s"),
  }),
  health: z.object({ details: z.enum(["always", "never"]).default("always") }).prefault({}),
  embeddings: z.object({ dimensions: z.int().min(1).max(4096).default(8) }),
});

export type HarborConfig = Readonly<z.output<typeof schema>>;

/** Reads the configuration of this process, from the folder `config` of this package, whatever the working directory is. */
export const readConfig = (): Promise<HarborConfig> => loadConfig(schema, { directory: join(home, "config") });
