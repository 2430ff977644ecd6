// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are written in the language that is tested
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { workspace } from "../test/workspace.ts";
import {
  type ConfigWarning,
  describeConfig,
  duration,
  envTemplate,
  explainConfig,
  flag,
  loadConfig,
  port,
  secretText,
} from "./index.ts";

const nowhere = { directory: false as const, env: {} };

const storage = z.object({
  storage: z.discriminatedUnion("driver", [
    z.object({ driver: z.literal("disk"), path: z.string(), sync: flag().default(false) }),
    z.object({ driver: z.literal("s3"), bucket: z.string(), partSize: z.number(), secretKey: secretText() }),
  ]),
});

describe("a discriminated union", () => {
  it("is set by a variable for each of its values, each read as its type", async () => {
    const env = {
      STORAGE__DRIVER: "s3",
      STORAGE__BUCKET: "b",
      STORAGE__PART_SIZE: "5",
      STORAGE__SECRET_KEY: "Zk3v9Qw1",
    };
    const config = await loadConfig(storage, { ...nowhere, env });
    expect(config.storage).toMatchObject({ driver: "s3", bucket: "b", partSize: 5 });
    const disk = { STORAGE__DRIVER: "disk", STORAGE__PATH: "/data", STORAGE__SYNC: "yes" };
    expect(await loadConfig(storage, { ...nowhere, env: disk })).toEqual({
      storage: { driver: "disk", path: "/data", sync: true },
    });
  });

  it("takes a variable that names a file, merges with a file and with JSON, and is explained by its strongest source", async () => {
    await using at = await workspace();
    const key = await at.write("key", "Zk3v9Qw1\n");
    await at.write("config/default.json", { storage: { driver: "s3", bucket: "from-file", partSize: 5 } });
    const env = { STORAGE: '{"bucket":"from-json"}', STORAGE__PART_SIZE: "7", STORAGE__SECRET_KEY_FILE: key };
    const config = await loadConfig(storage, { directory: at.directory, env });
    expect(config.storage).toMatchObject({ driver: "s3", bucket: "from-json", partSize: 7 });
    expect((config.storage as { secretKey: { reveal(): string } }).secretKey.reveal()).toBe("Zk3v9Qw1");
    expect(explainConfig(config, "storage").layer).toBe("environment");
  });

  it("names the variable of what is missing, and those that it has", async () => {
    const nothing = await issuesOf(loadConfig(storage, nowhere));
    expect(nothing).toMatchObject([
      { env: "STORAGE", problem: "missing", hint: expect.stringContaining("STORAGE__DRIVER, STORAGE__PATH") },
    ]);
    const some = await issuesOf(loadConfig(storage, { ...nowhere, env: { STORAGE__DRIVER: "disk" } }));
    expect(some).toMatchObject([
      { path: "storage.path", env: "STORAGE__PATH", problem: "missing", expected: "a string" },
    ]);
    expect(envTemplate(storage)).toContain("# JSON, or one by one: STORAGE__DRIVER, STORAGE__PATH");
    expect(describeConfig(storage)[0]?.parts).toContain("STORAGE__SECRET_KEY");
  });

  it("is refused if one variable holds something else than JSON and another a part", async () => {
    const env = { STORAGE: "disk", STORAGE__PATH: "/data" };
    expect((await issuesOf(loadConfig(storage, { ...nowhere, env })))[0]).toMatchObject({ problem: "conflict" });
  });
});

describe("a record", () => {
  it("is set by a variable for each of its entries", async () => {
    const schema = z.object({
      limits: z.record(z.string(), z.number()),
      tenants: z.record(z.string(), z.object({ url: z.string(), maxUsers: z.number().optional() })),
      colors: z.record(z.enum(["mainColor", "other"]), z.string()),
    });
    const env = {
      LIMITS__SEARCH: "5",
      LIMITS__bulkUpload: "6",
      LIMITS____PROTO__: "7",
      TENANTS__ACME__URL: "https://acme",
      TENANTS__ACME__MAX_USERS: "3",
      TENANTS__BIG_CORP: '{"url":"https://big"}',
      COLORS__MAIN_COLOR: "red",
      COLORS__OTHER: "blue",
    };
    expect(await loadConfig(schema, { ...nowhere, env })).toEqual({
      limits: { search: 5, bulkUpload: 6 },
      tenants: { acme: { url: "https://acme", maxUsers: 3 }, big_corp: { url: "https://big" } },
      colors: { mainColor: "red", other: "blue" },
    });
    const missing = await issuesOf(loadConfig(schema, { ...nowhere, env: { ...env, TENANTS__NEW__MAX_USERS: "1" } }));
    expect(missing).toMatchObject([{ path: "tenants.new.url", env: "TENANTS__NEW__URL", problem: "missing" }]);
  });
});

describe("a section", () => {
  const schema = z.object({
    google: z.object({ clientEmail: z.string(), privateKey: secretText(), retries: z.number().default(1) }),
    user: z.object({ name: z.string().default("n") }),
  });

  it("may be one JSON variable, under which the variables of its members win", async () => {
    const google = JSON.stringify({ clientEmail: "a@b", privateKey: "Zk3v9Qw1", retries: "2" });
    const config = await loadConfig(schema, {
      ...nowhere,
      env: { GOOGLE: google, GOOGLE__RETRIES: "3", USER: "root" },
    });
    expect(config.google).toMatchObject({ clientEmail: "a@b", retries: 3 });
    expect(config.user.name).toBe("n");
    expect(explainConfig(config, "google.clientEmail").source).toBe("env:GOOGLE");
    expect(explainConfig(config, "google.retries").shadowed[0]?.source).toBe("env:GOOGLE");
  });

  it("is refused with the name of the variable if that is not JSON, or has a key that the schema does not know", async () => {
    const broken = await issuesOf(loadConfig(schema, { ...nowhere, env: { GOOGLE: '{"clientEmail": oops}' } }));
    expect(broken[0]).toMatchObject({ path: "google", env: "GOOGLE", problem: "malformed" });
    expect(JSON.stringify(broken)).not.toContain("oops");
    const env = { GOOGLE: '{"clientEmial":"a","clientEmail":"a","privateKey":"Zk3v9Qw1"}' };
    expect((await issuesOf(loadConfig(schema, { ...nowhere, env })))[0]).toMatchObject({
      problem: "unknown",
      source: "env:GOOGLE",
    });
  });

  it("names its members after a name and with a separator of its own", async () => {
    const single = z
      .object({
        db: z.object({ postgres: z.object({ host: z.string(), poolSize: z.number() }).meta({ env: "DB_POSTGRESDB" }) }),
        logLevel: z.string().default("info"),
      })
      .meta({ separator: "_" });
    expect(describeConfig(single).map(({ env }) => env)).toEqual([
      "DB_POSTGRESDB_HOST",
      "DB_POSTGRESDB_POOL_SIZE",
      "LOG_LEVEL",
    ]);
    const env = { DB_POSTGRESDB_HOST: "h", DB_POSTGRESDB_POOL_SIZE: "3" };
    expect(await loadConfig(single, { ...nowhere, env })).toEqual({
      db: { postgres: { host: "h", poolSize: 3 } },
      logLevel: "info",
    });
  });

  it("of the wrong type is reported with its source", async () => {
    const [issue] = await issuesOf(loadConfig(schema, { ...nowhere, overrides: { google: 5 } }));
    expect(issue).toMatchObject({ path: "google", expected: "an object", source: "override:google" });
  });
});

describe("a deprecated name of a variable", () => {
  const schema = z.object({
    ping: duration()
      .meta({ env: ["DB_PING", "OLD_PING", "OLDEST_PING"] })
      .default("1s"),
    database: z.object({ url: z.string().optional() }).meta({ env: ["DATABASE", "DB"] }),
  });
  const load = async (
    env: Record<string, string>,
  ): Promise<{ ping: number; url: unknown; warnings: ConfigWarning[] }> => {
    const warnings: ConfigWarning[] = [];
    const onWarning = (warning: ConfigWarning): void => void warnings.push(warning);
    const config = await loadConfig(schema, { ...nowhere, env, onWarning });
    return { ping: config.ping, url: config.database.url, warnings };
  };

  it("is read with a warning if the new one is not set, for values and for whole sections", async () => {
    const { ping, url, warnings } = await load({ OLDEST_PING: "3s", DB__URL: "u" });
    expect([ping, url]).toEqual([3000, "u"]);
    expect(warnings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "CONFIG_VARIABLE_DEPRECATED OLDEST_PING is deprecated; use DB_PING.",
      "CONFIG_VARIABLE_DEPRECATED DB__URL is deprecated; use DATABASE__URL.",
    ]);
  });

  it("is read for the parts of a union, a record and a section in JSON as well", async () => {
    const parts = z.object({
      limits: z.record(z.string(), z.number()).meta({ env: ["LIMITS", "OLD_LIMITS"] }),
      google: z.object({ id: z.string() }).meta({ env: ["GOOGLE", "OLD_GOOGLE"] }),
    });
    const warnings: string[] = [];
    const onWarning = ({ message }: ConfigWarning): void => void warnings.push(message);
    const env = { OLD_LIMITS__A: "1", OLD_LIMITS__B: "2", LIMITS__B: "3", OLD_GOOGLE: '{"id":"x"}' };
    const config = await loadConfig(parts, { ...nowhere, env, onWarning });
    expect(config).toEqual({ limits: { a: 1, b: 3 }, google: { id: "x" } });
    expect(warnings).toEqual(["OLD_GOOGLE is deprecated; use GOOGLE.", "OLD_LIMITS__… is deprecated; use LIMITS__…."]);
  });

  it("is ignored without a warning if the new one is set", async () => {
    expect(await load({ DB_PING: "2s", OLD_PING: "9s" })).toMatchObject({ ping: 2000, warnings: [] });
  });

  it("cannot be the name of another value", () => {
    const twice = z.object({ a: z.string().meta({ env: ["A", "B"] }), b: z.string() });
    expect(() => describeConfig(twice)).toThrow("a and b have the same variable B");
  });
});

describe("a value that depends on the profile", () => {
  const schema = z.object({
    url: z.string().meta({ defaultIn: { development: "http://localhost", test: "http://test" } }),
    wait: duration()
      .default("1s")
      .meta({ defaultIn: { test: "5s" } }),
    sentry: z
      .string()
      .optional()
      .meta({ requiredIn: ["production", "staging"] }),
    cache: z.object({ host: z.string().meta({ defaultIn: { test: "h" } }) }).prefault({ host: "p" }),
  });

  it("has the default of its profile, read as its type, which wins over the general one", async () => {
    const config = await loadConfig(schema, { ...nowhere, profile: "test" });
    expect(config).toEqual({ url: "http://test", wait: 5000, cache: { host: "h" } });
    expect(explainConfig(config, "url")).toMatchObject({ layer: "schema", value: "http://test" });
    expect((await loadConfig(schema, { ...nowhere, profile: "development" })).cache).toEqual({ host: "p" });
  });

  it("is required in the profiles that say so", async () => {
    const issues = await issuesOf(loadConfig(schema, { ...nowhere, profile: "production" }));
    expect(issues.map(({ env, problem }) => [env, problem])).toEqual([
      ["URL", "missing"],
      ["SENTRY", "missing"],
    ]);
    const env = { URL: "u", SENTRY: "s" };
    expect(await loadConfig(schema, { ...nowhere, profile: "production", env })).toMatchObject({ sentry: "s" });
  });
});

describe("arguments", () => {
  const schema = z.object({
    http: z.object({ port: port().default(1) }),
    preview: flag().default(false),
    on: flag().default(true),
  });

  it("set values, win over the environment, and leave the host's own alone", async () => {
    const args = ["serve", "--http.port=8080", "--preview", "--no-on", "--", "--unknown"];
    const config = await loadConfig(schema, { ...nowhere, env: { HTTP__PORT: "2" }, args });
    expect(config).toEqual({ http: { port: 8080 }, preview: true, on: false });
    expect(explainConfig(config, "http.port")).toMatchObject({ layer: "arguments", source: "argument:--http.port" });
    expect((await loadConfig(schema, { ...nowhere, args: ["--http.port", "3"] })).http.port).toBe(3);
    const overrides = { http: { port: 4 } };
    expect((await loadConfig(schema, { ...nowhere, args, overrides })).http.port).toBe(4);
  });

  it("are refused if they name no value, and warned about if they hold a secret", async () => {
    const issues = await issuesOf(loadConfig(schema, { ...nowhere, args: ["--http.prot=1"] }));
    expect(issues[0]).toMatchObject({ problem: "unknown", didYouMean: "--http.port", source: "argument:--http.prot" });
    const warnings: string[] = [];
    const onWarning = ({ code }: ConfigWarning): void => void warnings.push(code);
    await loadConfig(z.object({ key: secretText() }), { ...nowhere, args: ["--key=Zk3v9Qw1"], onWarning });
    expect(warnings).toEqual(["CONFIG_ARGUMENT_SECRET"]);
  });
});

describe("an empty variable", () => {
  it("is the empty string where the schema says that it means something", async () => {
    const schema = z.object({
      prompt: z.string().default("login").meta({ keepEmpty: true }),
      other: z.string().default("x"),
    });
    expect(await loadConfig(schema, { ...nowhere, env: { PROMPT: "", OTHER: "" } })).toEqual({
      prompt: "",
      other: "x",
    });
    await using at = await workspace();
    await at.write(".env", "PROMPT=\nOTHER=\n");
    expect(await loadConfig(schema, { directory: at.directory, env: {} })).toEqual({ prompt: "", other: "x" });
  });
});

describe("${VAR} in the environment", () => {
  it("is left alone if expand is false", async () => {
    const schema = z.object({ password: z.string() });
    const env = { PASSWORD: "x7${k", HOME: "/root" };
    expect((await loadConfig(schema, { ...nowhere, env, expand: false })).password).toBe(env.PASSWORD);
    await expect(loadConfig(schema, { ...nowhere, env })).rejects.toThrow("PASSWORD");
  });

  it("may lead over 100 variables, and is refused beyond, without ending the process", async () => {
    const schema = z.object({ a: z.string() });
    const chain = (length: number): Record<string, string> => {
      const env: Record<string, string> = { A: "${V0}" };
      for (let at = 0; at < length; at++) env[`V${at}`] = at + 1 === length ? "end" : `\${V${at + 1}}`;
      return env;
    };
    expect(await loadConfig(schema, { ...nowhere, env: chain(90) })).toEqual({ a: "end" });
    const [issue] = await issuesOf(loadConfig(schema, { ...nowhere, env: chain(3000) }));
    expect(issue).toMatchObject({ problem: "unresolved", expected: expect.stringContaining("at most 100 steps") });
  });
});

describe("a variable that nothing reads", () => {
  const schema = z.object({ server: z.object({ port: port().default(1), host: z.string().default("h") }) });
  const warningsOf = async (env: Record<string, string>, directory: string | false = false): Promise<string[]> => {
    const warnings: string[] = [];
    await loadConfig(schema, { directory, env, onWarning: ({ message }) => void warnings.push(message) });
    return warnings;
  };

  it("is warned about if it is near to a value that only a file sets", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { server: { port: 5 } });
    expect(await warningsOf({ SERVER__PROT: "1" }, at.directory)).toEqual([
      "SERVER__PROT is set, but it is not read; did you mean SERVER__PORT?",
    ]);
  });

  it("is distinguished from one that is set and differs only in case", async () => {
    expect(await warningsOf({ SERVER__PORT: "1", server__port: "2" })).toEqual([
      "server__port is set, but it is not read; SERVER__PORT, which is set, differs from it only in case.",
    ]);
  });

  it("is warned about if it is near to a part of a union of objects or of a record", async () => {
    const parted = z.object({
      storage: z.discriminatedUnion("driver", [
        z.object({ driver: z.literal("fs"), path: z.string().default("/") }),
        z.object({ driver: z.literal("s3"), bucket: z.string() }),
      ]),
      tenants: z.record(z.string(), z.object({ url: z.string() })).default({}),
    });
    const warnings: string[] = [];
    const env = { STORAGE__DRIVER: "fs", STORAGE__PTAH: "/x", TENANTS__ACME__URI: "u" };
    const onWarning = ({ message }: { message: string }): void => void warnings.push(message);
    await loadConfig(parted, { ...nowhere, env, onWarning });
    expect(warnings).toEqual([
      "STORAGE__PTAH is set, but it is not read; did you mean STORAGE__PATH?",
      "TENANTS__ACME__URI is set, but it is not read; did you mean TENANTS__ACME__URL?",
    ]);
  });
});
