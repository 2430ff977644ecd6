// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are written in the language that is tested
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { workspace } from "../test/workspace.ts";
import {
  byteSize,
  configMap,
  describeConfig,
  duration,
  endpoint,
  envTemplate,
  flag,
  jsonSchema,
  list,
  loadConfig,
  port,
  postgresUrl,
  secretManifest,
  secretText,
  url,
} from "./index.ts";
import { readDotenv } from "./internal/dotenv.ts";

const nowhere = { directory: false as const, env: {} };
const schema = z.object({
  http: z.object({
    port: port().default(3000),
    host: z.string().describe("Where it\nlistens").default('it\'s "here"\n'),
  }),
  timeout: duration().default(90_000),
  limit: byteSize().default(65_536),
  feature: flag().default(false),
  hosts: list().default(["a", "b c"]),
  cache: endpoint().default({ host: "::1", port: 6379 }),
  database: z.object({ url: postgresUrl().meta({ env: "DATABASE_URL" }), pool: z.number() }),
  jwt: z.object({ secret: secretText({ minBytes: 32, example: "an-example" }) }),
  level: z.enum(["info", "debug"]).meta({ example: "debug" }),
  optional: z.object({ needed: z.string() }).optional(),
  computed: z.string().default(() => String(Math.random())),
});
const required = ["DATABASE_URL", "DATABASE__POOL", "JWT__SECRET", "LEVEL"];

/** The lines of a template that are commented out, as if somebody had put them in. */
function uncommented(template: string): string {
  const value = /^# ([A-Z][A-Z0-9_]*=(?:`[^`]*`|'[^']*'|"(?:\\"|[^"])*"|[^\n]*))$/gm;
  return template.replace(value, (_, line: string) => line.replaceAll("\n# ", "\n"));
}

describe("envTemplate", () => {
  it("gives the same text each time", () => {
    expect(envTemplate(schema)).toBe(envTemplate(schema));
    expect(envTemplate(schema)).toMatchInlineSnapshot(`
      "# Empty variables are required; those commented out show their defaults.

      # http.port: a port, an integer from 1 to 65535
      # HTTP__PORT=3000

      # http.host: a string
      # Where it listens
      # HTTP__HOST=\`it's "here"
      # \`

      # timeout: a duration such as "250ms", "30s" or "1h30m"
      # TIMEOUT=90s

      # limit: a size such as "10mb" or "64kib"
      # LIMIT=64kib

      # feature: true or false (or yes, no, on, off, 1, 0)
      # FEATURE=false

      # hosts: an array, its items separated by ","
      # HOSTS='["a","b c"]'

      # cache: an endpoint such as "host:5432" or "[::1]:5432"
      # CACHE=[::1]:6379

      # database.url: a PostgreSQL URL such as postgres://user:password@host:5432/database
      # Secret. DATABASE_URL_FILE may name a file that holds it.
      DATABASE_URL=

      # database.pool: a number
      DATABASE__POOL=

      # jwt.secret: a secret of at least 32 bytes
      # Secret. JWT__SECRET_FILE may name a file that holds it.
      JWT__SECRET=

      # level: one of "info", "debug"
      # Example: debug
      LEVEL=

      # optional.needed: a string
      # OPTIONAL__NEEDED=

      # computed: a string
      # COMPUTED=
      "
    `);
  });

  it("fed back gives problems for exactly the required variables", async () => {
    await using at = await workspace();
    await at.write(".env", envTemplate(schema));
    const issues = await issuesOf(loadConfig(schema, { directory: at.directory, env: {} }));
    expect(issues.map((issue) => issue.env)).toEqual(required);
    expect(issues.every((issue) => issue.problem === "missing")).toBe(true);
    expect(
      describeConfig(schema)
        .filter((field) => field.required)
        .map((field) => field.env),
    ).toEqual(required);
  });

  it("writes defaults that are read back as the same values", async () => {
    await using at = await workspace();
    const given = {
      database: { url: "postgres://a/b", pool: 1 },
      jwt: { secret: "Zk3v9Qw1LmX8c0TrZk3v9Qw1LmX8c0Tr" },
      level: "info" as const,
      computed: "x",
    };
    const options = { directory: at.directory, env: {}, overrides: given };
    const before = await loadConfig(schema, options);
    await at.write(".env", uncommented(envTemplate(schema)).replace(/^OPTIONAL.*$/m, ""));
    const after = await loadConfig(schema, options);
    expect({ ...after, jwt: 0 }).toEqual({ ...before, jwt: 0 });
  });

  it("names variables with the prefix", () => {
    expect(envTemplate(schema, { prefix: "APP" })).toContain("\nAPP_JWT__SECRET=\n");
    expect(() => envTemplate(schema, { prefx: "APP" } as never)).toThrow(TypeError);
  });

  it("round-trips for any schema: its required variables are those that are missing, and its defaults come back", async () => {
    await using at = await workspace();
    const text = fc
      .string({ unit: "binary", maxLength: 20 })
      .filter((value) => value.isWellFormed() && !/[\0]|\$\{|^vault:/.test(value) && value !== "");
    const field = fc.oneof(
      fc.constant(() => z.string()),
      fc.constant(() => port()),
      fc.constant(() => secretText()),
      fc.constant(() => z.number().optional()),
      text.map((value) => () => z.string().default(value)),
      fc.integer().map((value) => () => z.number().default(value)),
      fc.boolean().map((value) => () => z.boolean().default(value)),
      fc.array(text, { maxLength: 3 }).map((value) => () => z.array(z.string()).default(value)),
      fc.nat(1e9).map((value) => () => duration().default(value)),
      fc.nat(1e9).map((value) => () => byteSize().default(value)),
    );
    const fields = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), field, { minKeys: 1, maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(fields, async (made) => {
        const any = z.object({
          s: z.object(Object.fromEntries(Object.entries(made).map(([key, make]) => [key, make()]))),
        });
        const needed = describeConfig(any)
          .filter((described) => described.required)
          .map((described) => described.env);
        const template = envTemplate(any);
        const env = (source: string): Record<string, string> =>
          Object.fromEntries([...readDotenv(source).entries].map(([name, { value }]) => [name, value]));
        const missing = needed.length === 0 ? [] : await issuesOf(loadConfig(any, { ...nowhere, env: env(template) }));
        expect(missing.map((issue) => issue.env)).toEqual(needed);
        if (needed.length > 0) return;
        expect(readDotenv(uncommented(template)).faults).toEqual([]);
        await at.write(".env", uncommented(template));
        expect(await loadConfig(any, { directory: at.directory, env: {} })).toEqual(await loadConfig(any, nowhere));
      }),
      { numRuns: 100 },
    );
  });
});

describe("configMap and secretManifest", () => {
  const given = {
    database: { url: "postgres://app:pw@db/orders", pool: "5" },
    jwt: { secret: "Zk3v9Qw1LmX8c0TrZk3v9Qw1LmX8c0Tr" },
    level: "info",
    hosts: 'ü "quoted" \\ \n\u0000\u2028😀: # -,x',
    http: { port: "8080" },
    timeout: "90s",
    computed: "c",
  };
  interface Manifest {
    kind: string;
    metadata: { name: string; namespace?: string };
    data?: Record<string, string>;
    stringData?: Record<string, string>;
  }

  it("split a configuration into what may be shown and what may not, in YAML that says the same", async () => {
    const config = await loadConfig(schema, { ...nowhere, overrides: given });
    const map = parse(configMap(schema, config, { name: "orders", namespace: "shop" })) as Manifest;
    const hidden = parse(secretManifest(schema, config)) as Manifest;
    expect(map).toMatchObject({ kind: "ConfigMap", metadata: { name: "orders", namespace: "shop" } });
    expect(map.data).toMatchObject({
      HTTP__PORT: "8080",
      TIMEOUT: "90s",
      LIMIT: "64kib",
      HOSTS: given.hosts,
      CACHE: "[::1]:6379",
      FEATURE: "false",
    });
    expect(Object.keys(map.data ?? {})).not.toContain("DATABASE_URL");
    expect(hidden).toMatchObject({ kind: "Secret", stringData: { DATABASE_URL: "", JWT__SECRET: "" } });
    expect(configMap(schema, config)).toBe(configMap(schema, config));
  });

  it("loaded as an environment, together with revealed secrets, give the same configuration", async () => {
    const config = await loadConfig(schema, { ...nowhere, overrides: { ...given, hosts: "a,b" } });
    const map = parse(configMap(schema, config)) as Manifest;
    const revealed = parse(secretManifest(schema, config, { reveal: true })) as Manifest;
    expect(revealed.stringData).toEqual({ DATABASE_URL: given.database.url, JWT__SECRET: given.jwt.secret });
    const again = await loadConfig(schema, { ...nowhere, env: { ...map.data, ...revealed.stringData } });
    expect({ ...again, jwt: again.jwt.secret.reveal() }).toEqual({ ...config, jwt: given.jwt.secret });
  });

  it("write what looks like a reference so that the environment gives it back as it is", async () => {
    const texts = z.object({ greeting: z.string().default("Hello ${name}, $${cost}"), price: z.string() });
    const config = await loadConfig(texts, { ...nowhere, overrides: { price: "${5}" } });
    const env = (parse(configMap(texts, config)) as Manifest).data ?? {};
    expect(await loadConfig(texts, { ...nowhere, env })).toEqual(config);
  });

  it("never write a URL that holds a password into a ConfigMap", async () => {
    const urls = z.object({ plain: url(), with: url() });
    const config = await loadConfig(urls, { ...nowhere, overrides: { plain: "https://a/", with: "https://u:pw@a/" } });
    expect((parse(configMap(urls, config)) as Manifest).data).toEqual({ PLAIN: "https://a/" });
    expect((parse(secretManifest(urls, config)) as Manifest).stringData).toEqual({ WITH: "" });
  });

  it("keep the prefix of the configuration, and refuse names that Kubernetes does", async () => {
    const config = await loadConfig(schema, { ...nowhere, prefix: "APP", overrides: given });
    expect(configMap(schema, config)).toContain("  APP_HTTP__PORT:");
    for (const name of ["", "Upper", "a_b", "-a", "a".repeat(300), 5])
      expect(() => configMap(schema, config, { name: name as string })).toThrow(/configMap: name/);
    expect(() => secretManifest(schema, undefined, { reveal: true })).toThrow("reveal requires a configuration");
    expect(() => secretManifest(schema, 5 as never)).toThrow("config must be an object");
  });
});

describe("jsonSchema", () => {
  it("describes what a file may hold, without the defaults of secrets", () => {
    const json = jsonSchema(schema) as { properties: Record<string, Record<string, unknown>>; required: string[] };
    expect(json.properties.http).toMatchObject({
      properties: { port: { type: "integer", minimum: 1, maximum: 65_535, default: 3000 } },
    });
    expect(json.properties.jwt).toMatchObject({ properties: { secret: { type: "string", writeOnly: true } } });
    expect(json.required).toEqual(expect.arrayContaining(["database", "jwt", "level"]));
    expect(JSON.stringify(json)).not.toMatch(/seaworthy|"env"|an-example/);
    expect(JSON.stringify(jsonSchema(schema))).toBe(JSON.stringify(json));
  });

  it("requires nothing of one file among several, and keeps a value that is called required", () => {
    const odd = z.object({ required: z.array(z.string()), properties: z.object({ required: z.string() }) });
    const json = jsonSchema(odd, { partial: true });
    expect(json).toMatchObject({
      properties: { required: { type: "array" }, properties: { properties: { required: { type: "string" } } } },
    });
    expect(JSON.stringify(json)).not.toContain('"required":[');
  });
});

describe("describeConfig", () => {
  it("gives the variable of each value, what it accepts, and whether it is required or secret", () => {
    const fields = new Map(describeConfig(schema).map((field) => [field.path, field]));
    expect(fields.get("http.port")).toEqual({
      path: "http.port",
      env: "HTTP__PORT",
      expected: "a port, an integer from 1 to 65535",
      required: false,
      secret: false,
      default: "3000",
    });
    expect(fields.get("database.url")).toMatchObject({ env: "DATABASE_URL", required: true, secret: true });
    expect(fields.get("optional.needed")).toMatchObject({ required: false });
    expect(fields.get("computed")).not.toHaveProperty("default");
  });
});
