// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are written in the language that is tested
import { join } from "node:path";
import { inspect } from "node:util";
import { describeError, isSecret, scrubSecrets, secret } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { workspace } from "../test/workspace.ts";
import {
  compareConfigs,
  configMap,
  describeConfig,
  envTemplate,
  explainConfig,
  jsonSchema,
  list,
  loadConfig,
  port,
  postgresUrl,
  secretManifest,
  secretText,
  sharedSecrets,
  url,
} from "./index.ts";

const nowhere = { directory: false as const, env: {} };
const strong = "Zk3v9Qw1LmX8c0TrZk3v9Qw1LmX8c0Tr+/=";

/** Every text that an error or a value shows of itself. */
function everythingShownOf(value: unknown): string {
  const error = value as Error;
  return [
    String(value),
    error.message,
    error.stack,
    inspect(value, { depth: null, showHidden: true }),
    inspect(error.cause, { depth: null }),
    JSON.stringify(value),
    JSON.stringify(describeError(value)),
  ].join("\n");
}

describe("a secret", () => {
  it("comes out as core's Secret", async () => {
    const config = await loadConfig(z.object({ key: secretText() }), { ...nowhere, env: { KEY: strong } });
    expect(isSecret(config.key)).toBe(true);
    expect(config.key.reveal()).toBe(strong);
  });

  it("is in no message, stack, cause, inspection, JSON, event or log record of a refusal, however it is refused", async () => {
    const leaky = z
      .object({
        short: secretText({ minBytes: 200 }),
        quoted: z
          .string()
          .meta({ secret: true })
          .refine(() => false, { error: (issue) => `bad ${String(issue.input)}` }),
        password: z.string().refine(() => false, { error: (issue) => `bad ${JSON.stringify(issue.input)}` }),
        nested: z.array(z.object({ key: secretText({ minBytes: 200 }) })),
        keys: list(secretText({ minBytes: 200 })),
        database: postgresUrl().refine(() => false, { error: (issue) => `bad ${String(issue.input)}` }),
        upstream: url().refine(() => false, { error: (issue) => `bad ${encodeURIComponent(String(issue.input))}` }),
        pin: z
          .number()
          .meta({ secret: true })
          .refine(() => false, { error: (issue) => `bad ${String(issue.input)}` }),
        port: port(),
      })
      .refine(() => false, { error: (issue) => `whole ${JSON.stringify(issue.input)}` });
    const value = fc.stringMatching(/^[A-Za-z0-9"\\ =+-]{8,40}$/).map((text) => `x${text}y`);
    await fc.assert(
      fc.asyncProperty(value, async (text) => {
        const at = `postgres://app:${encodeURIComponent(text)}@db/x`;
        const env = {
          SHORT: text,
          QUOTED: text,
          PASSWORD: text,
          NESTED: JSON.stringify([{ key: text }]),
          KEYS: JSON.stringify([text]),
          DATABASE: at,
          UPSTREAM: `https://app:${encodeURIComponent(text)}@api/`,
          PIN: "84213377",
          PORT: text,
        };
        using telemetry = captureTelemetry();
        const error = await loadConfig(leaky, { ...nowhere, env }).catch((caught: unknown) => caught);
        const shown = everythingShownOf(error) + inspect(telemetry.events, { depth: null });
        for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), "84213377"])
          expect(shown.includes(form)).toBe(false);
        expect((error as Error).cause).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it("is not shown by the configuration when that is inspected, written as JSON or put into text", async () => {
    const all = z.object({
      key: secretText(),
      keys: list(secretText()),
      plain: z.string().meta({ secret: true }),
      apiToken: z.string(),
      database: z.object({ url: postgresUrl(), replicas: list(postgresUrl()) }),
      upstream: url(),
    });
    const env = {
      KEY: strong,
      KEYS: `${strong}1,${strong}2`,
      PLAIN: `${strong}3`,
      API_TOKEN: `${strong}4`,
      DATABASE__URL: `postgres://app:${encodeURIComponent(`${strong}5`)}@db/x`,
      DATABASE__REPLICAS: `["postgres://app:${encodeURIComponent(`${strong}6`)}@db/x"]`,
      UPSTREAM: `https://api/?api_key=${encodeURIComponent(`${strong}7`)}&page=1`,
    };
    const config = await loadConfig(all, { ...nowhere, env });
    const shown = `${everythingShownOf(config)}${inspect(config.database)}${JSON.stringify(config.database)}${inspect([config])}`;
    expect(shown).not.toContain("Zk3v9Qw1");
    expect(JSON.parse(JSON.stringify(config))).toEqual({
      key: "[redacted]",
      keys: ["[redacted]", "[redacted]"],
      plain: "[redacted]",
      apiToken: "[redacted]",
      database: { url: "postgres://app:[redacted]@db/x", replicas: ["postgres://app:[redacted]@db/x"] },
      upstream: "https://api/?api_key=[redacted]&page=1",
    });
    expect(config.database.url).toBe(env.DATABASE__URL);
    expect(config.apiToken).toBe(env.API_TOKEN);
  });

  it("is hidden whatever its type and depth, in every way of looking at it", async () => {
    await using at = await workspace();
    const all = z.object({
      pin: z.number().meta({ secret: true }),
      labels: z.record(z.string(), z.string()),
      clients: z.array(z.object({ name: z.string(), key: secretText() })),
      tokens: z.array(z.string()),
      tokenLifetime: z.number(),
    });
    const clients = (key: string): string => JSON.stringify([{ name: "a-client", key }]);
    await at.write("config/default.json", {
      clients: JSON.parse(clients("shadowed-8421")) as unknown,
      pin: 84_213_377,
    });
    await at.write("secrets/LABELS", '{"a":"label-8421"}');
    const env = { PIN: "84211234", CLIENTS: clients("client-8421"), TOKENS: "token-8421,b", TOKEN_LIFETIME: "60" };
    const options = { directory: at.directory, secretsDirectory: join(at.root, "secrets") };
    const config = await loadConfig(all, { ...options, env });
    const other = await loadConfig(all, { ...options, env: { ...env, PIN: "84215678", TOKENS: "other-8421" } });
    const looks = [
      inspect(config, { depth: null }),
      JSON.stringify(config),
      JSON.stringify(describeConfig(all).map((field) => explainConfig(config, field.path))),
      JSON.stringify([compareConfigs(config, other), compareConfigs(config, {}), compareConfigs({}, config)]),
      configMap(all, config),
    ];
    for (const look of looks) expect(look).not.toContain("8421");
    expect(explainConfig(config, "tokenLifetime").value).toBe(60);
    expect(looks[0]).toContain("a-client");
    expect(config.labels).toEqual({ a: "label-8421" });
    expect(sharedSecrets(config, other).map(({ path }) => path)).toEqual(["labels", "clients"]);
  });

  it("is found by its value in other text while the configuration lives", async () => {
    const all = z.object({ key: secretText(), plain: z.string().meta({ secret: true }), url: postgresUrl() });
    const env = { KEY: "kkkk-1234-kkkk", PLAIN: "pppp-1234-pppp", URL: "postgres://app:uuuu%2F1234@db/x" };
    const config = await loadConfig(all, { ...nowhere, env });
    expect(scrubSecrets("a kkkk-1234-kkkk b pppp-1234-pppp c uuuu/1234 d uuuu%2F1234")).toBe(
      "a [redacted] b [redacted] c [redacted] d [redacted]",
    );
    expect(config.url).toBe(env.URL);
  });

  it("does not blank out an everyday word because it is the password of a development database", async () => {
    const config = await loadConfig(z.object({ url: postgresUrl() }), {
      ...nowhere,
      env: { URL: "postgres://postgres:postgres@localhost/x" },
    });
    expect(scrubSecrets("connected to postgres")).toBe("connected to postgres");
    expect(inspect(config)).not.toContain(":postgres@");
  });

  it("is redacted by explain, compare, describe and every generator", async () => {
    const all = z.object({
      key: secretText({ example: "an-example-of-a-key" }).default(secret(`${strong}d`)),
      password: z.string().default(`${strong}e`),
      url: postgresUrl().default(`postgres://app:${strong.slice(0, 32)}f@db/x`),
      upstream: url().default(`https://app:${strong.slice(0, 32)}g@api/`),
      section: z.object({ secret: z.string() }).default({ secret: `${strong}h` }),
    });
    const config = await loadConfig(all, {
      ...nowhere,
      env: { KEY: strong, URL: `postgres://app:${strong.slice(0, 32)}@db/x` },
    });
    const other = await loadConfig(all, nowhere);
    const shown = [
      ...describeConfig(all).map((field) => explainConfig(config, field.path)),
      compareConfigs(config, other),
      compareConfigs({ ...config }, { ...other }),
      describeConfig(all),
      envTemplate(all),
      configMap(all, config),
      secretManifest(all, config),
      jsonSchema(all),
    ];
    expect(inspect(shown, { depth: null })).not.toContain("Zk3v9Qw1");
    expect(JSON.stringify(shown)).not.toContain("Zk3v9Qw1");
    expect(explainConfig(config, "url").value).toBe("postgres://app:[redacted]@db/x");
  });
});

describe("a weak secret", () => {
  it.each(["default-secret", "Password123!", "admin-2026", "S3cret_99"])(
    "is %s too: a known word and a number",
    (text) => {
      const { error } = secretText({ minBytes: 8 }).safeParse(text);
      expect(error?.issues[0]).toMatchObject({ params: { seaworthy: { problem: "weak" } } });
      expect(secretText({ minBytes: 8 }).safeParse(`${text}-Zk3v9Qw1`).success).toBe(true);
    },
  );

  it("is refused: too few bytes, one character over and over, a well-known default, the example's own value", async () => {
    const key = z.object({ key: secretText({ minBytes: 16, example: "an-example-that-is-long" }) });
    const weak: [string, string][] = [
      ["fifteen-bytes-x", "fewer bytes"],
      ["x".repeat(40), "one repeated character"],
      ["😀".repeat(10), "one repeated character"],
      ["changeme-changeme-changeme", "well-known default"],
      ["a-string-secret-at-least-256-bits-long", "well-known default"],
      ["Your-256-bit-secret", "well-known default"],
      ["passwordpasswordpass", "well-known default"],
      ["keyboard cat keyboard cat", "well-known default"],
      ["my-development-key-do-not-use", "well-known default"],
      ["super-key-change-in-production", "well-known default"],
      ["an-example-that-is-long", "value of the example"],
    ];
    for (const [text, hint] of weak) {
      const [issue, ...others] = await issuesOf(loadConfig(key, { ...nowhere, env: { KEY: text } }));
      expect(issue, text).toMatchObject({
        path: "key",
        env: "KEY",
        problem: "weak",
        hint: expect.stringContaining(hint),
      });
      expect(others).toEqual([]);
    }
    expect((await loadConfig(key, { ...nowhere, env: { KEY: "Zk3v9Qw1LmX8c0Tr" } })).key.reveal()).toBe(
      "Zk3v9Qw1LmX8c0Tr",
    );
  });

  it("is counted in bytes, not in characters", async () => {
    const key = z.object({ key: secretText({ minBytes: 8 }) });
    expect((await loadConfig(key, { ...nowhere, env: { KEY: "äöüß" } })).key.reveal()).toBe("äöüß");
    expect(await issuesOf(loadConfig(key, { ...nowhere, env: { KEY: "äöü" } }))).toHaveLength(1);
  });

  it("is refused too when the example stands in the metadata", async () => {
    const key = z.object({ key: secretText().meta({ example: "example-of-a-key" }) });
    const [issue] = await issuesOf(loadConfig(key, { ...nowhere, env: { KEY: "example-of-a-key" } }));
    expect(issue).toMatchObject({ problem: "weak" });
  });
});

describe("a secret file", () => {
  const database = z.object({ database: z.object({ password: secretText() }) });
  const load = (path: string, more: object = {}): Promise<{ database: { password: { reveal(): string } } }> =>
    loadConfig(database, { ...nowhere, env: { DATABASE__PASSWORD_FILE: path }, ...more });

  it("named by X_FILE gives the value without one newline at its end", async () => {
    await using at = await workspace();
    const cases: [string, string][] = [
      ["xyzwvu", "xyzwvu"],
      ["xyzwvu\n", "xyzwvu"],
      ["xyzwvu\r\n", "xyzwvu"],
      ["xyzwvu\n\n", "xyzwvu\n"],
      [" xyzwvu ", " xyzwvu "],
      ["xyz\nwvu", "xyz\nwvu"],
      ["${NOT_A_VARIABLE}", "${NOT_A_VARIABLE}"],
    ];
    for (const [content, expected] of cases) {
      const config = await load(await at.write("password", content));
      expect(config.database.password.reveal()).toBe(expected);
    }
    const config = await load(join(at.root, "password"));
    expect(explainConfig(config, "database.password")).toMatchObject({
      value: "[redacted]",
      layer: "environment",
      source: "env:DATABASE__PASSWORD_FILE",
      via: join(at.root, "password"),
    });
  });

  it("is refused beyond 64 KiB, and taken at the bound", async () => {
    await using at = await workspace();
    const text = "Zk3v9Qw1LmX8c0Tr".repeat(4096);
    expect((await load(await at.write("p", text))).database.password.reveal()).toBe(text);
    const [issue] = await issuesOf(load(await at.write("p", `${text}x`)));
    expect(issue).toMatchObject({ problem: "unreadable", hint: expect.stringContaining("larger than 65536 bytes") });
  });

  it("that cannot be read is named by its variable and its path", async () => {
    await using at = await workspace();
    await at.write("bytes", new Uint8Array([0xff, 0xfe, 0x00]));
    await at.write("empty", "\n");
    for (const path of [
      join(at.root, "absent"),
      at.root,
      "/dev/zero",
      join(at.root, "bytes"),
      join(at.root, "empty"),
    ]) {
      const [issue, ...others] = await issuesOf(load(path));
      expect(others).toEqual([]);
      expect(issue).toMatchObject({ path: "database.password", env: "DATABASE__PASSWORD", problem: "unreadable" });
      expect(issue?.hint).toContain("DATABASE__PASSWORD_FILE");
      expect(issue?.hint).toContain(path);
    }
  });

  it("and the value itself, given in one layer, are refused without showing either", async () => {
    await using at = await workspace();
    const path = await at.write("password", "from-the-file");
    const env = { DATABASE__PASSWORD_FILE: path, DATABASE__PASSWORD: "from-the-variable" };
    const error = (await loadConfig(database, { ...nowhere, env }).catch((caught: unknown) => caught)) as Error;
    expect(error.message).toContain("one of DATABASE__PASSWORD and DATABASE__PASSWORD_FILE, not both");
    expect(everythingShownOf(error)).not.toMatch(/from-the-file|from-the-variable/);
  });

  it("does not take the variable of a field that is really called so", async () => {
    const tls = z.object({ tls: z.object({ cert: z.string().optional(), certFile: z.string() }) });
    const config = await loadConfig(tls, { ...nowhere, env: { TLS__CERT_FILE: "/some/path" } });
    expect(config).toEqual({ tls: { certFile: "/some/path" } });
  });

  it("of a directory is found under the variable's name, in lower case, or under the path", async () => {
    await using at = await workspace();
    for (const name of ["DATABASE__PASSWORD", "database__password", "database.password"]) {
      const directory = join(at.root, name, "secrets");
      const file = await at.write(`${name}/secrets/${name}`, "from-a-file\n");
      await at.write(`${name}/secrets/unrelated`, "x");
      const config = await loadConfig(database, { ...nowhere, secretsDirectory: directory });
      expect(config.database.password.reveal()).toBe("from-a-file");
      expect(explainConfig(config, "database.password")).toMatchObject({ layer: "secrets", source: `file:${file}` });
    }
  });

  it("of a directory follows links, as Kubernetes mounts them, and is refused when it is there twice or unreadable", async () => {
    await using at = await workspace();
    await at.write("secrets/..data/DATABASE__PASSWORD", "through-a-link");
    await at.link("..data/DATABASE__PASSWORD", "secrets/DATABASE__PASSWORD");
    const options = { ...nowhere, secretsDirectory: join(at.root, "secrets") };
    expect((await loadConfig(database, options)).database.password.reveal()).toBe("through-a-link");
    await at.write("secrets/database.password", "again");
    expect(await issuesOf(loadConfig(database, options))).toMatchObject([{ problem: "conflict" }]);
    await at.write("other/DATABASE__PASSWORD/x", "");
    const [issue] = await issuesOf(loadConfig(database, { ...nowhere, secretsDirectory: join(at.root, "other") }));
    expect(issue).toMatchObject({ env: "DATABASE__PASSWORD", problem: "unreadable" });
    expect(issue?.hint).toContain(join(at.root, "other", "DATABASE__PASSWORD"));
  });

  it("hides any value, whatever the field is called", async () => {
    await using at = await workspace();
    await at.write("secrets/LEVEL", "from-a-secret-file");
    const config = await loadConfig(z.object({ level: z.string() }), {
      ...nowhere,
      secretsDirectory: join(at.root, "secrets"),
    });
    expect(config.level).toBe("from-a-secret-file");
    expect(inspect(config)).not.toContain("from-a-secret-file");
    expect(explainConfig(config, "level").value).toBe("[redacted]");
  });

  it("may be absent, but a directory of secrets that is named must exist", async () => {
    await using at = await workspace();
    const absent = await issuesOf(loadConfig(database, { ...nowhere, secretsDirectory: at.directory }));
    expect(absent).toMatchObject([{ problem: "missing", env: "DATABASE__PASSWORD" }]);
    const issues = await issuesOf(loadConfig(database, { ...nowhere, secretsDirectory: "/nonexistent/secrets" }));
    expect(issues[0]).toMatchObject({ problem: "unreadable", expected: expect.stringContaining("ENOENT") });
    const file = await issuesOf(loadConfig(database, { ...nowhere, secretsDirectory: "/etc/hostname" }));
    expect(file[0]).toMatchObject({ path: "", problem: "unreadable" });
  });
});

describe("a reference", () => {
  const both = z.object({ password: secretText(), name: z.string().default("n") });

  it("is resolved by the resolver of its scheme, once per name, and only if it wins", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { password: "vault://database/password", name: "vault://never-asked" });
    const asked: string[] = [];
    const vault = (name: string): Promise<ReturnType<typeof secret<string>>> => {
      asked.push(name);
      return Promise.resolve(secret("from-the-vault"));
    };
    const options = { directory: at.directory, env: { NAME: "other" }, references: { vault } };
    const config = await loadConfig(both, options);
    expect(config.password.reveal()).toBe("from-the-vault");
    expect(asked).toEqual(["database/password"]);
    expect(explainConfig(config, "password")).toMatchObject({ value: "[redacted]", layer: "default" });
  });

  it("hides what it names also in a field that is not secret, and may give plain text", async () => {
    const config = await loadConfig(both, {
      ...nowhere,
      env: { PASSWORD: "vault://p", NAME: "vault://n" },
      references: { vault: (name: string) => `value-of-${name}` },
    });
    expect(config.name).toBe("value-of-n");
    expect(inspect(config)).not.toContain("value-of");
  });

  it("is an issue when there is no resolver, or it throws, gives nothing, or never answers", async () => {
    const clock = manualClock();
    const failing: [object | undefined, string][] = [
      [undefined, "no resolver for vault:// was given"],
      [{ vault: () => Promise.reject(new RangeError("the-secret-itself")) }, "failed with RangeError"],
      [
        {
          vault: () => {
            throw new Error("the-secret-itself");
          },
        },
        "failed with Error",
      ],
      [{ vault: () => "" }, "an empty string"],
      [{ vault: () => 5 }, "did not return a string"],
    ];
    for (const [references, words] of failing) {
      const load = loadConfig(both, { ...nowhere, env: { PASSWORD: "vault://db" }, references: references as never });
      const [issue] = await issuesOf(load);
      expect(issue).toMatchObject({ path: "password", env: "PASSWORD", problem: "unresolved" });
      expect(issue?.expected).toContain(words);
      expect(JSON.stringify(issue)).not.toContain("the-secret-itself");
    }
    const hung = issuesOf(
      loadConfig(both, {
        ...nowhere,
        env: { PASSWORD: "vault://db" },
        references: { vault: () => new Promise<string>(() => undefined) },
        referenceTimeout: "3s",
        clock,
      }),
    );
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance("3s");
    expect((await hung)[0]?.expected).toContain("did not answer within 3s");
    expect(clock.pending).toBe(0);
  });

  it("is only text if its scheme has no resolver, except for vault", async () => {
    const config = await loadConfig(z.object({ at: z.string() }), { ...nowhere, env: { AT: "s3://bucket/key" } });
    expect(config.at).toBe("s3://bucket/key");
  });
});

describe("a secret that stands in the value of another field", () => {
  const schema = z.object({
    key: secretText(),
    password: z.string(),
    url: postgresUrl(),
    banner: z.string().default("none"),
    lines: z.array(z.string()).default([]),
    region: z.string().default("none"),
  });
  const env = {
    KEY: strong,
    PASSWORD: "pl4in-Pa55word",
    URL: "postgres://app:0nly-in-URL@db/orders",
    BANNER: `key ${strong}, password pl4in-Pa55word, url 0nly-in-URL`,
    LINES: `["a","${strong}"]`,
    REGION: "north",
  };
  const values = /Zk3v9Qw1|pl4in-Pa55word|0nly-in-URL/;

  it("is blanked out of inspections, JSON, explanations and differences, and stays in the value itself", async () => {
    const config = await loadConfig(schema, { ...nowhere, env });
    expect(config.banner).toBe(env.BANNER);
    const shown = [
      everythingShownOf(config),
      everythingShownOf(explainConfig(config, "banner")),
      everythingShownOf(explainConfig(config, "lines")),
      everythingShownOf(compareConfigs(config, await loadConfig(schema, { ...nowhere, env: { ...env, BANNER: "b" } }))),
    ].join("\n");
    expect(shown).not.toMatch(values);
    expect(shown).toContain("key [redacted], password [redacted], url [redacted]");
    expect(shown).toContain("north");
  });

  it("keeps that field out of the ConfigMap, and puts it into the Secret", async () => {
    const config = await loadConfig(schema, { ...nowhere, env });
    expect(configMap(schema, config)).not.toMatch(values);
    expect(secretManifest(schema, config)).toContain("BANNER");
  });

  it("blanks out no innocent word when it is one that everybody knows", async () => {
    const known = { ...env, URL: "postgres://postgres:postgres@db/postgres", BANNER: "on postgres" };
    const config = await loadConfig(schema, { ...nowhere, env: known });
    expect(explainConfig(config, "banner").value).toBe("on postgres");
    expect(explainConfig(config, "url").value).toBe("postgres://postgres:[redacted]@db/postgres");
  });
});

describe("a credential inside a list, a record or an open section", () => {
  const schema = z.looseObject({
    upstreams: z.array(z.object({ name: z.string(), password: z.string(), url: z.string() })),
    auth: z.union([z.object({ kind: z.literal("basic"), apiKey: z.string() }), z.object({ kind: z.literal("none") })]),
    options: z.record(z.string(), z.any()),
    json: z.string(),
    copy: z.string(),
  });
  const value = {
    upstreams: [{ name: "north", password: "in-a-list-1", url: "http://u:in-a-url-22@h/" }],
    auth: { kind: "basic", apiKey: "in-a-union-3" },
    options: { deep: { clientSecret: "q7" }, tokens: ["in-a-record-4"] },
    json: '{"private_key":"in-json-55"}',
    copy: "in-a-list-1 in-a-url-22 in-a-union-3 in-a-record-4 in-json-55",
    extra: { accessToken: "in-an-extra-6" },
  };
  const values = /in-an?-\w+|in-json|q7/;

  it("is hidden by its key in every way of looking at the configuration, and wherever else its value stands", async () => {
    await using at = await workspace();
    await at.write("config/default.json", value);
    const config = await loadConfig(schema, { directory: at.directory, env: {}, profile: "test" });
    expect(config.upstreams[0]?.password).toBe("in-a-list-1");
    const shown = [
      everythingShownOf(config),
      ...["upstreams", "auth", "options", "json", "copy"].map((path) => everythingShownOf(explainConfig(config, path))),
      everythingShownOf(compareConfigs(config, {})),
      everythingShownOf(sharedSecrets(config, config)),
      configMap(schema, config),
      secretManifest(schema, config),
    ];
    for (const text of shown) expect(text).not.toMatch(values);
    expect(shown.join()).toContain("north");
    expect(sharedSecrets(config, config).map(({ path }) => path)).toContain("upstreams");
  });

  it("is hidden where a stronger layer hides the text that it stands in, and in text that is nearly JSON", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { json: '{"password":"q7-of-old"}', copy: '{"password": q7-bad' });
    const text = z.object({ json: z.string(), copy: z.string() });
    const env = { JSON: '{"a":"fine"}' };
    const config = await loadConfig(text, { directory: at.directory, env, profile: "test" });
    expect(explainConfig(config, "json")).toMatchObject({ value: '{"a":"fine"}', layer: "environment" });
    expect(everythingShownOf([explainConfig(config, "json"), explainConfig(config, "copy"), config])).not.toMatch(/q7/);
  });

  it("is in no message of a check on it, however short", async () => {
    const quoting = z.string().refine(() => false, { error: (issue) => `bad ${String(issue.input)}` });
    const list = z.object({ upstreams: z.array(z.object({ password: quoting })) });
    const env = { UPSTREAMS: '[{"password":"q7"},{"password":"in-a-list-1"}]' };
    const error = await loadConfig(list, { ...nowhere, env }).catch((caught: unknown) => caught);
    expect(everythingShownOf(error)).toContain("upstreams.0.password");
    expect(everythingShownOf(error)).not.toMatch(values);
  });
});
