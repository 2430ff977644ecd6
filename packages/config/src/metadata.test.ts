import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { z as older } from "zod-older";
import { issuesOf } from "../test/issues.ts";
import {
  configMap,
  describeConfig,
  duration,
  envTemplate,
  explainConfig,
  flag,
  jsonSchema,
  loadConfig,
  port,
  secretManifest,
  secretText,
} from "./index.ts";

const nowhere = { directory: false as const, env: {} };

describe("metadata", () => {
  it("is refused if it is unknown or ill-typed, wherever it stands, naming the value", () => {
    const bad: [Record<string, unknown>, string][] = [
      [{ secert: true }, 'hooks[].key has unknown metadata "secert"; did you mean secret?'],
      [{ sensitive: true }, 'a key of your own must begin with "x-"'],
      [{ secret: "true" }, 'secret of hooks[].key must be a boolean; got "true"'],
      [{ secret: 1 }, "secret of hooks[].key must be a boolean; got 1"],
      [
        { env: "1A" },
        'env of hooks[].key must be a name of letters, digits and underscores, or an array of such names; got "1A"',
      ],
      [{ env: [] }, "env of hooks[].key"],
      [{ env: ["A", "A"] }, "env of hooks[].key"],
      [{ separator: "-" }, 'separator of hooks[].key must be "_" or "__"'],
      [{ keepEmpty: "yes" }, "keepEmpty of hooks[].key"],
      [{ requiredIn: "production" }, "requiredIn of hooks[].key must be an array of profiles"],
      [{ defaultIn: { "../x": 1 } }, "defaultIn of hooks[].key"],
    ];
    for (const [meta, message] of bad) {
      const schema = z.object({ hooks: z.array(z.object({ key: z.string().meta(meta) })) });
      expect(() => describeConfig(schema), JSON.stringify(meta)).toThrow(TypeError);
      expect(() => describeConfig(schema)).toThrow(message);
    }
  });

  it("may hold the keywords of JSON Schema, and keys of one's own that begin with x-", () => {
    const meta = { title: "Key", deprecated: true, examples: ["a"], id: "key-of-a-test", "x-owner": "team" };
    expect(describeConfig(z.object({ key: z.string().meta(meta) }))).toHaveLength(1);
  });

  it("keeps a secret behind z.preprocess and a pipe in the Secret manifest, and out of the ConfigMap", async () => {
    const schema = z.object({
      trimmed: z.preprocess((value) => value, secretText()),
      piped: z
        .string()
        .trim()
        .pipe(secretText() as never),
      marked: z.preprocess((value) => value, z.string().meta({ secret: true })),
      section: z.object({ inner: z.string() }).meta({ secret: true }),
    });
    const env = { TRIMMED: "Zk3v9Qw1-a", PIPED: "Zk3v9Qw1-b", MARKED: "Zk3v9Qw1-c", SECTION__INNER: "Zk3v9Qw1-d" };
    const config = await loadConfig(schema, { ...nowhere, env });
    expect(describeConfig(schema).map(({ secret }) => secret)).toEqual([true, true, true, true]);
    expect(configMap(schema, config)).toContain("data: {}");
    const manifest = secretManifest(schema, config);
    for (const name of Object.keys(env)) expect(manifest).toContain(`${name}: ""`);
    expect(JSON.stringify(describeConfig(schema).map(({ path }) => explainConfig(config, path)))).not.toContain(
      "Zk3v9",
    );
    expect(config.section.inner).toBe("Zk3v9Qw1-d");
  });

  it("hides the default of a member of a secret section in every generated file", () => {
    const section = z.object({ inner: z.string().default("Zk3v9Qw1") }).meta({ secret: true });
    const schema = z.object({ section, list: z.array(section).default([{ inner: "Zk3v9Qw1" }]) });
    for (const text of [JSON.stringify(jsonSchema(schema)), envTemplate(schema), inspect(describeConfig(schema))])
      expect(text).not.toContain("Zk3v9");
  });
});

describe("a value behind a function, as of z.preprocess", () => {
  it("is required if it is refused when it is missing, and optional if it is not", async () => {
    const schema = z.object({
      needed: z.preprocess((value) => value, z.string()),
      given: z.preprocess((value) => value ?? "x", z.string()),
      optional: z.preprocess((value) => value, z.string().optional()),
    });
    expect(describeConfig(schema).map(({ env, required }) => [env, required])).toEqual([
      ["NEEDED", true],
      ["GIVEN", false],
      ["OPTIONAL", false],
    ]);
    expect(envTemplate(schema)).toContain("\nNEEDED=\n");
    const issues = await issuesOf(loadConfig(schema, nowhere));
    expect(issues).toMatchObject([{ env: "NEEDED", problem: "missing", expected: "a string" }]);
  });
});

describe("a default", () => {
  it("is read through a field of this package, so that it may be written as its input", async () => {
    const schema = z.object({
      wait: duration().default("5s"),
      http: z.object({ timeout: duration({ max: "1m" }).meta({ description: "x" }).default("30s") }),
      on: flag().default("false"),
    });
    expect(await loadConfig(schema, nowhere)).toEqual({ wait: 5000, http: { timeout: 30_000 }, on: false });
    expect(schema.parse({ http: {} })).toEqual({ wait: 5000, http: { timeout: 30_000 }, on: false });
    expect(describeConfig(schema).map((field) => field.default)).toEqual(["5s", "30s", "false"]);
  });

  it("is read too where it was put around the field by zod/mini", async () => {
    const schema = mini.object({ wait: mini._default(duration(), "5s" as never) });
    expect(await loadConfig(schema, nowhere)).toEqual({ wait: 5000 });
  });

  it("is refused when the schema is read if the schema refuses it, and is not shown", () => {
    const bad = [
      port().default("abc"),
      duration({ max: "1m" }).default(999_999_999),
      secretText({ minBytes: 32 }).default("short"),
      z.string().min(5).default("abc"),
      port().meta({ defaultIn: { test: "abc" } }),
      z.number().meta({ defaultIn: { test: "abc" } }),
    ];
    for (const field of bad) {
      const load = (): unknown => describeConfig(z.object({ http: z.object({ field }) }));
      expect(load).toThrow(/^schema: default(In\.test)? of http\.field is refused by its own schema/);
      expect(load).not.toThrow(/abc|short|999/);
    }
  });

  it("is left alone if it is the output of a transform, or its check is asynchronous", () => {
    const transformed = z
      .string()
      .transform((text) => text.length)
      .default(5);
    const later = z
      .string()
      .refine(async () => false)
      .default("x");
    expect(describeConfig(z.object({ transformed, later }))).toHaveLength(2);
  });
});

describe("schemas of another copy of zod, and of zod/mini", () => {
  it("of an older copy keep their metadata, their secrets and their types", async () => {
    const schema = older.object({
      licence: older.string().meta({ env: "APP_LICENCE", secret: true }),
      http: older.object({ port: older.number().default(80) }),
    });
    const config = await loadConfig(schema, { ...nowhere, env: { APP_LICENCE: "Zk3v9Qw1", LICENCE: "other" } });
    const port: number = config.http.port;
    expect([port, config.licence]).toEqual([80, "Zk3v9Qw1"]);
    expect(inspect(config, { customInspect: false })).not.toContain("Zk3v9Qw1");
    expect(JSON.stringify(jsonSchema(schema))).toContain('"http"');
    expect(secretManifest(schema)).toContain("APP_LICENCE");
  });

  it("of zod/mini keep their metadata, their secrets and their types", async () => {
    const schema = mini.object({
      licence: mini.string().check(mini.meta({ env: "APP_LICENCE", secret: true })),
      http: mini.object({ port: mini._default(port(), 3000), host: mini.optional(mini.string()) }),
    });
    const config = await loadConfig(schema, { ...nowhere, env: { APP_LICENCE: "Zk3v9Qw1", HTTP__HOST: "a" } });
    const host: string | undefined = config.http.host;
    expect([config.http.port, host, config.licence]).toEqual([3000, "a", "Zk3v9Qw1"]);
    expect(inspect(config)).not.toContain("Zk3v9Qw1");
    await expect(loadConfig(schema, nowhere)).rejects.toThrow("APP_LICENCE");
  });
});
