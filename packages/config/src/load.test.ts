import { join } from "node:path";
import { captureTelemetry } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { workspace } from "../test/workspace.ts";
import { duration, explainConfig, flag, list, loadConfig, port, secretText } from "./index.ts";

const schema = z.object({
  http: z.object({ port: port().default(1), host: z.string().default("a") }).default({ port: 1, host: "z" }),
});
const simple = z.object({ value: z.string().default("schema") });
const nowhere = { directory: false as const, env: {} };

describe("layers", () => {
  const layers: [
    string,
    (at: { root: string; write: (path: string, content: unknown) => Promise<string> }) => Promise<object>,
  ][] = [
    ["default", ({ write }) => write("config/default.json", { value: "default" }).then(() => ({}))],
    ["profile", ({ write }) => write("config/development.json", { value: "profile" }).then(() => ({}))],
    ["local", ({ write }) => write("config/local.json", { value: "local" }).then(() => ({}))],
    [
      "secrets",
      ({ root, write }) =>
        write("secrets/VALUE", "secrets\n").then(() => ({ secretsDirectory: join(root, "secrets") })),
    ],
    ["dotenv", ({ write }) => write(".env", "VALUE=dotenv\n").then(() => ({}))],
    ["environment", async () => ({ env: { VALUE: "environment" } })],
    ["overrides", async () => ({ overrides: { value: "overrides" } })],
  ];

  it("win over each other in the documented order, and every weaker value is listed as shadowed", async () => {
    await using at = await workspace();
    let options: object = { env: {}, directory: at.directory };
    expect((await loadConfig(simple, options)).value).toBe("schema");
    const below = ["schema"];
    for (const [layer, add] of layers) {
      options = { ...options, ...(await add(at)) };
      const config = await loadConfig(simple, options);
      expect(config.value).toBe(layer);
      const explanation = explainConfig(config, "value");
      expect(explanation.layer).toBe(layer);
      expect(explanation.shadowed.map((lower) => lower.layer)).toEqual(below.toReversed());
      below.push(layer);
    }
  });

  it("merge objects and replace arrays", async () => {
    await using at = await workspace();
    const lists = z.object({
      a: z.object({ x: z.array(z.number()), y: z.number(), extra: z.record(z.string(), z.number()) }),
    });
    await at.write("config/default.json", { a: { x: [1, 2, 3], y: 1, extra: { one: 1, two: 2 } } });
    await at.write("config/test.json", { a: { x: [9], extra: { two: 22 } } });
    const config = await loadConfig(lists, { profile: "test", directory: at.directory, env: {} });
    expect(config).toEqual({ a: { x: [9], y: 1, extra: { one: 1, two: 22 } } });
  });

  it("give each value its file, line and column", async () => {
    await using at = await workspace();
    const file = await at.write(
      "config/production.json",
      '{\n    "http": {\n        "host": "b",\n\t"port": 8080 }\n}\n',
    );
    const config = await loadConfig(schema, { profile: "production", directory: at.directory, env: {} });
    expect(explainConfig(config, "http.host").source).toBe(`file:${file}:3:9`);
    expect(explainConfig(config, "http.port").source).toBe(`file:${file}:4:2`);
  });

  it("let null in a file unset a section of a weaker layer", async () => {
    await using at = await workspace();
    const nullable = z.object({ cache: z.object({ host: z.string() }).nullable() });
    await at.write("config/default.json", { cache: { host: "a" } });
    await at.write("config/test.json", { cache: null });
    expect(await loadConfig(nullable, { profile: "test", directory: at.directory, env: {} })).toEqual({ cache: null });
  });

  it("leave an optional section out when nothing is given, and demand all of it when something is", async () => {
    const optional = z.object({ cache: z.object({ host: z.string(), port: port() }).optional() });
    expect(await loadConfig(optional, nowhere)).toEqual({});
    const issues = await issuesOf(loadConfig(optional, { ...nowhere, env: { CACHE__HOST: "a" } }));
    expect(issues.map((issue) => issue.env)).toEqual(["CACHE__PORT"]);
  });

  it("put a section's own default below the members that are given", async () => {
    expect(await loadConfig(schema, nowhere)).toEqual({ http: { port: 1, host: "z" } });
    const config = await loadConfig(schema, { ...nowhere, env: { HTTP__PORT: "80" } });
    expect(config).toEqual({ http: { port: 80, host: "z" } });
  });

  it("need no configuration directory at all", async () => {
    expect(await loadConfig(simple, nowhere)).toEqual({ value: "schema" });
  });
});

describe("the profile", () => {
  it("comes from the option, else APP_PROFILE, else NODE_ENV, else is development", async () => {
    await using at = await workspace();
    for (const name of ["development", "staging", "production", "test"])
      await at.write(`config/${name}.json`, { value: name });
    const load = async (env: Record<string, string>, profile?: string): Promise<string> =>
      (await loadConfig(simple, { directory: at.directory, env, profile })).value;
    expect(await load({})).toBe("development");
    expect(await load({ NODE_ENV: "test" })).toBe("test");
    expect(await load({ NODE_ENV: "test", APP_PROFILE: "staging" })).toBe("staging");
    expect(await load({ NODE_ENV: "test", APP_PROFILE: "staging" }, "production")).toBe("production");
  });

  it("comes from a variable with the prefix when there is one", async () => {
    await using at = await workspace();
    await at.write("config/staging.json", { value: "staging" });
    const env = { SHOP_PROFILE: "staging", APP_PROFILE: "test" };
    expect((await loadConfig(simple, { directory: at.directory, env, prefix: "SHOP" })).value).toBe("staging");
  });

  it("cannot leave the directory, nor name the files of other layers", async () => {
    for (const profile of ["../secret", "default", "local", "a/b", "", "a\0"]) {
      await expect(loadConfig(simple, { ...nowhere, profile })).rejects.toThrow(TypeError);
      if (profile === "") continue;
      const [issue] = await issuesOf(loadConfig(simple, { ...nowhere, env: { NODE_ENV: profile } }));
      expect(issue).toMatchObject({ path: "", env: "NODE_ENV", problem: "invalid" });
    }
  });

  it.each([
    ["local", "development"],
    [" production", "production"],
    ["prod ", "production"],
    ["default", undefined],
  ])(
    "that is invalid is reported with a usual profile that is near, and nothing else is reported: %s",
    async (name, near) => {
      await using at = await workspace();
      await at.write("config/local.json", { value: "local" });
      const warnings: unknown[] = [];
      const onWarning = (warning: unknown): void => void warnings.push(warning);
      const load = loadConfig(simple, { directory: at.directory, env: { NODE_ENV: name }, onWarning });
      const [issue] = await issuesOf(load);
      expect(issue).toMatchObject({ env: "NODE_ENV", problem: "invalid" });
      expect(issue?.didYouMean).toBe(near);
      expect(warnings).toEqual([]);
    },
  );

  it("reads .env in development only", async () => {
    await using at = await workspace();
    await at.write(".env", "VALUE=dotenv");
    for (const profile of ["production", "staging", "test"])
      expect((await loadConfig(simple, { profile, directory: at.directory, env: {} })).value).toBe("schema");
    expect((await loadConfig(simple, { directory: at.directory, env: {} })).value).toBe("dotenv");
    expect((await loadConfig(simple, { directory: at.directory, env: {}, envFile: false })).value).toBe("schema");
  });

  it("makes local.json be ignored loudly in production and test", async () => {
    await using at = await workspace();
    await at.write("config/local.json", { value: "local" });
    for (const profile of ["production", "test"]) {
      using telemetry = captureTelemetry();
      const warnings: string[] = [];
      const options = {
        profile,
        directory: at.directory,
        env: {},
        onWarning: (w: { code: string }) => void warnings.push(w.code),
      };
      expect((await loadConfig(simple, options)).value).toBe("schema");
      expect(warnings).toEqual(["CONFIG_LOCAL_IGNORED"]);
      expect(telemetry.of("config.warning")[0]?.labels).toEqual({ code: "CONFIG_LOCAL_IGNORED" });
    }
    expect((await loadConfig(simple, { directory: at.directory, env: {} })).value).toBe("local");
  });

  it("warns through the process if there is no onWarning", async () => {
    await using at = await workspace();
    await at.write("config/local.json", { value: "local" });
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    await loadConfig(simple, { profile: "production", directory: at.directory, env: {} });
    expect(await warned).toMatchObject({ name: "ConfigWarning", code: "CONFIG_LOCAL_IGNORED" });
  });

  it("warns when it looks like a mistyped one and has no file", async () => {
    const warnings: string[] = [];
    await loadConfig(simple, {
      ...nowhere,
      profile: "prodution",
      onWarning: ({ message }) => void warnings.push(message),
    });
    expect(warnings).toEqual([expect.stringContaining("did you mean production?")]);
  });
});

describe("environment variables", () => {
  it("are named after the path, with the prefix, or as the metadata says", async () => {
    const named = z.object({
      database: z.object({ poolSize: z.number(), url: z.string().meta({ env: "DATABASE_URL" }) }),
      tlsCAFile: z.string(),
      "x-y": z.string(),
    });
    const env = { APP_DATABASE__POOL_SIZE: "3", DATABASE_URL: "u", APP_TLS_CA_FILE: "f", APP_X_Y: "y" };
    for (const prefix of ["APP", "APP_"])
      expect(await loadConfig(named, { ...nowhere, prefix, env })).toEqual({
        database: { poolSize: 3, url: "u" },
        tlsCAFile: "f",
        "x-y": "y",
      });
  });

  it("keep their name through defaults, refinements and optional", async () => {
    const named = z.object({
      a: z.string().meta({ env: "ONE" }).default("x"),
      b: port()
        .meta({ env: "TWO" })
        .refine((value) => value > 1)
        .optional(),
    });
    expect(await loadConfig(named, { ...nowhere, env: { ONE: "1", TWO: "2" } })).toEqual({ a: "1", b: 2 });
  });

  it("are refused when two values would share one", async () => {
    const twice = z.object({ poolSize: z.string(), pool_size: z.string() });
    await expect(loadConfig(twice, nowhere)).rejects.toThrow("poolSize and pool_size have the same variable POOL_SIZE");
  });

  it("are never changed, and neither is process.env", async () => {
    await using at = await workspace();
    await at.write(".env", "VALUE=dotenv\nOTHER=1\n");
    const env = Object.freeze({ HTTP__PORT: "80" });
    const before = { ...process.env };
    await loadConfig(simple, { directory: at.directory, env });
    await loadConfig(simple, { directory: at.directory });
    expect({ ...process.env }).toEqual(before);
  });

  it("do not come from a prototype", async () => {
    const env = Object.create({ VALUE: "inherited" }) as Record<string, string>;
    expect((await loadConfig(simple, { ...nowhere, env })).value).toBe("schema");
    const odd = z.object({ constructor: z.string().optional() });
    expect(await loadConfig(odd, nowhere)).toEqual({});
  });

  it("count as missing when empty, never as 0, false or an empty list", async () => {
    const all = z.object({
      port: port().default(80),
      number: z.number().default(7),
      flag: flag().default(true),
      boolean: z.boolean().default(true),
      list: list().default(["a"]),
      text: z.string().default("t"),
    });
    const env = { PORT: "", NUMBER: "", FLAG: "", BOOLEAN: "", LIST: "", TEXT: "" };
    const expected = { port: 80, number: 7, flag: true, boolean: true, list: ["a"], text: "t" };
    expect(await loadConfig(all, { ...nowhere, env })).toEqual(expected);
    const overrides = { port: "", number: "", flag: "", boolean: "", list: "" };
    expect(await loadConfig(all, { ...nowhere, overrides })).toEqual(expected);
    const required = z.object({ port: port(), number: z.number() });
    const issues = await issuesOf(loadConfig(required, { ...nowhere, env }));
    expect(issues.map(({ path, problem }) => [path, problem])).toEqual([
      ["port", "missing"],
      ["number", "missing"],
    ]);
  });

  it("keep an empty text that a file states for a text", async () => {
    expect((await loadConfig(simple, { ...nowhere, overrides: { value: "" } })).value).toBe("");
  });

  it("are warned about when they have the prefix and are near to one that is not set", async () => {
    const warnings: string[] = [];
    const onWarning = ({ code, message }: { code: string; message: string }): void =>
      void warnings.push(`${code} ${message}`);
    await loadConfig(schema, { ...nowhere, prefix: "APP", env: { APP_HTPP__PORT: "1", APP_VERSION: "2" }, onWarning });
    expect(warnings).toEqual([
      "CONFIG_VARIABLE_UNUSED APP_HTPP__PORT is set, but it is not read; did you mean APP_HTTP__PORT?",
    ]);
  });
});

describe("the result", () => {
  it("is frozen at every depth, and shares nothing with what it was made from", async () => {
    const shared = { nested: { list: [{ a: 1 }] } };
    const frozen = z.object({ any: z.unknown(), fallback: z.object({ b: z.array(z.number()) }).default({ b: [1] }) });
    const config = (await loadConfig(frozen, { ...nowhere, overrides: { any: shared } })) as {
      any: typeof shared;
      fallback: { b: readonly number[] };
    };
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(walk);
    };
    walk(config);
    expect(config.any).toEqual(shared);
    shared.nested.list.push({ a: 2 });
    expect(config.any.nested.list).toHaveLength(1);
    expect(() => (config.fallback.b as number[]).push(2)).toThrow(TypeError);
    expect(Object.isFrozen(frozen.shape.fallback.parse(undefined))).toBe(false);
  });

  it("has plain prototypes and compares like plain data", async () => {
    expect(await loadConfig(schema, nowhere)).toStrictEqual({ http: { port: 1, host: "z" } });
  });

  it("keeps what a transform of the schema made", async () => {
    const made = z.object({ at: z.string().transform((text) => new URL(text)) });
    const config = await loadConfig(made, { ...nowhere, env: { AT: "http://a/" } });
    expect(config.at.href).toBe("http://a/");
  });

  it("reports how long each load took", async () => {
    using telemetry = captureTelemetry();
    await loadConfig(simple, nowhere);
    await issuesOf(loadConfig(z.object({ a: z.string() }), nowhere));
    const events = telemetry.of("config.load");
    expect(events.map((event) => event.labels)).toEqual([
      { profile: "development", outcome: "ok" },
      { profile: "development", outcome: "invalid" },
    ]);
    expect(events.every((event) => (event.value ?? -1) >= 0)).toBe(true);
  });
});

describe("options", () => {
  it("are refused when unknown or malformed, naming the option", async () => {
    const bad: [object, string][] = [
      [{ profiles: "x" }, "profiles"],
      [{ profile: 5 }, "profile"],
      [{ directory: "" }, "directory"],
      [{ directory: Number.NaN }, "directory"],
      [{ env: "x" }, "env"],
      [{ prefix: "1A" }, "prefix"],
      [{ prefix: 5 }, "prefix"],
      [{ secretsDirectory: 1 }, "secretsDirectory"],
      [{ envFile: true }, "envFile"],
      [{ overrides: [] }, "overrides"],
      [{ references: { vault: "x" } }, "references.vault"],
      [{ references: { "Not A Scheme": () => "" } }, "references.Not A Scheme"],
      [{ referenceTimeout: -1 }, "referenceTimeout"],
      [{ referenceTimeout: Number.NaN }, "referenceTimeout"],
      [{ unknownKeys: "maybe" }, "unknownKeys"],
      [{ onWarning: 1 }, "onWarning"],
      [{ clock: {} }, "clock"],
    ];
    for (const [option, name] of bad)
      await expect(loadConfig(simple, { ...nowhere, ...option }), name).rejects.toThrow(new RegExp(`${name}`));
    await expect(loadConfig(simple, 5 as never)).rejects.toThrow(TypeError);
  });

  it("are refused when overrides are cyclic, too deep, hostile or poisonous", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const hostile = Object.defineProperty({}, "value", {
      enumerable: true,
      get: () => {
        throw new Error("boo");
      },
    });
    const poisonous = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    for (const overrides of [cyclic, hostile, poisonous])
      await expect(loadConfig(simple, { ...nowhere, overrides })).rejects.toThrow(TypeError);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("are refused if the schema is not an object schema of zod 4", async () => {
    for (const bad of [undefined, {}, z.string(), { _def: {} }])
      await expect(loadConfig(bad as never, nowhere)).rejects.toThrow(TypeError);
    await expect(loadConfig(z.object({ "a.b": z.string() }), nowhere)).rejects.toThrow(TypeError);
  });
});

describe("schemas of every shape", () => {
  it("have every text read as its type", async () => {
    const shapes = z.object({
      number: z.number(),
      integer: z.int(),
      big: z.bigint(),
      boolean: z.boolean(),
      date: z.date(),
      choice: z.enum(["a", "b"]),
      literal: z.literal(5),
      list: z.array(z.number()),
      tuple: z.tuple([z.string(), z.number()]),
      set: z.set(z.string()),
      record: z.record(z.string(), z.boolean()),
      map: z.map(z.string(), z.number()),
      union: z.union([z.number(), z.literal("auto")]),
      nullable: z.number().nullable(),
      piped: z.string().transform((text) => text.length),
      objects: z.array(z.object({ port: port(), on: z.boolean() })),
      coerced: z.coerce.number(),
    });
    const env = {
      NUMBER: "-1.5",
      INTEGER: "3",
      BIG: "123456789012345678901234567890",
      BOOLEAN: "false",
      DATE: "2026-01-02T03:04:05Z",
      CHOICE: "b",
      LITERAL: "5",
      LIST: "1, 2",
      TUPLE: "x,2",
      SET: "a,b,a",
      RECORD: '{"a":true}',
      MAP: '{"a":1}',
      UNION: "auto",
      NULLABLE: "4",
      PIPED: "four",
      OBJECTS: '[{"port":"80","on":"no"}]',
      COERCED: "12",
    };
    expect(await loadConfig(shapes, { ...nowhere, env })).toEqual({
      number: -1.5,
      integer: 3,
      big: 123456789012345678901234567890n,
      boolean: false,
      date: new Date("2026-01-02T03:04:05Z"),
      choice: "b",
      literal: 5,
      list: [1, 2],
      tuple: ["x", 2],
      set: new Set(["a", "b"]),
      record: { a: true },
      map: new Map([["a", 1]]),
      union: "auto",
      nullable: 4,
      piped: 4,
      objects: [{ port: 80, on: false }],
      coerced: 12,
    });
    expect((await loadConfig(shapes, { ...nowhere, env: { ...env, UNION: "9" } })).union).toBe(9);
  });

  it("refuse spellings of numbers that JavaScript accepts but people do not mean", async () => {
    const number = z.object({ n: z.number(), c: z.coerce.number().default(0) });
    for (const text of [
      "0x10",
      "1e3",
      " 1",
      "1 ",
      "+1",
      "01",
      "1_000",
      "Infinity",
      "NaN",
      "1.",
      ".5",
      "9007199254740993",
      "١",
    ]) {
      const issues = await issuesOf(loadConfig(number, { ...nowhere, env: { N: text, C: text } }));
      expect(
        issues.map((issue) => issue.path),
        text,
      ).toEqual(["n", "c"]);
    }
  });

  it("may be intersections, loose, strict, refined or recursive", async () => {
    interface Tree {
      name: string;
      child?: Tree | undefined;
    }
    const tree: z.ZodType<Tree> = z.object({
      name: z.string(),
      get child() {
        return tree.optional();
      },
    });
    const odd = z
      .object({
        both: z.object({ a: z.string() }).and(z.object({ b: z.number() })),
        loose: z.looseObject({ a: z.string() }),
        tree,
      })
      .refine((value) => value.both.b > 0);
    const env = { BOTH__A: "a", BOTH__B: "1", LOOSE__A: "x", TREE__NAME: "root", TREE__CHILD: '{"name":"leaf"}' };
    const config = await loadConfig(odd, { ...nowhere, env, overrides: { loose: { other: 1 } } });
    expect(config).toEqual({
      both: { a: "a", b: 1 },
      loose: { a: "x", other: 1 },
      tree: { name: "root", child: { name: "leaf" } },
    });
  });
});

describe("any configuration", () => {
  it("comes back from the environment as it was put in", async () => {
    const round = z.object({
      a: z.object({ text: z.string(), number: z.number(), flag: flag(), list: z.array(z.string()) }),
      wait: duration(),
      key: secretText().optional(),
    });
    const value = fc.record({
      text: fc.string({ minLength: 1 }).filter((text) => !text.includes("${") && !text.startsWith("vault://")),
      number: fc.integer(),
      flag: fc.boolean(),
      list: fc.array(fc.string()),
      wait: fc.integer({ min: 0, max: 1e9 }),
    });
    await fc.assert(
      fc.asyncProperty(value, async ({ text, number, flag: on, list: items, wait }) => {
        const clean = items.map((item) => item.replaceAll("${", ""));
        const env = {
          A__TEXT: text,
          A__NUMBER: String(number),
          A__FLAG: String(on),
          A__LIST: JSON.stringify(clean),
          WAIT: `${wait}ms`,
        };
        const config = await loadConfig(round, { ...nowhere, env });
        expect(config).toEqual({ a: { text, number, flag: on, list: clean }, wait });
      }),
      { numRuns: 60 },
    );
  });
});
