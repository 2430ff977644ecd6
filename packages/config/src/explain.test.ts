import { secret } from "@seaworthy/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { workspace } from "../test/workspace.ts";
import {
  CONFIG_LAYERS,
  compareConfigs,
  explainConfig,
  loadConfig,
  port,
  postgresUrl,
  secretText,
  sharedSecrets,
} from "./index.ts";

const nowhere = { directory: false as const, env: {} };
const schema = z.object({
  http: z.object({ port: port().default(3000), tags: z.record(z.string(), z.string()).default({}) }),
  database: z.object({ url: postgresUrl().default("postgres://localhost/x") }),
  key: secretText().optional(),
  session: secretText().optional(),
});

describe("explainConfig", () => {
  it("tells a value, its source, and all that it hides, strongest first", async () => {
    await using at = await workspace();
    const base = await at.write("config/default.json", { http: { port: 1 } });
    const own = await at.write("config/production.json", { http: { port: 2 } });
    const config = await loadConfig(schema, {
      profile: "production",
      directory: at.directory,
      env: { HTTP__PORT: "4" },
      overrides: { http: { port: 5 } },
    });
    expect(explainConfig(config, "http.port")).toEqual({
      path: "http.port",
      value: 5,
      layer: "overrides",
      source: "override:http.port",
      shadowed: [
        { value: "4", layer: "environment", source: "env:HTTP__PORT" },
        { value: 2, layer: "profile", source: `file:${own}:3:5` },
        { value: 1, layer: "default", source: `file:${base}:3:5` },
        { value: 3000, layer: "schema", source: "schema" },
      ],
    });
  });

  it("says that a default comes from the schema, and has no value for what is not set", async () => {
    const config = await loadConfig(schema, nowhere);
    expect(explainConfig(config, "http.port")).toEqual({
      path: "http.port",
      value: 3000,
      layer: "schema",
      source: "schema",
      shadowed: [],
    });
    expect(explainConfig(config, "key").value).toBeUndefined();
  });

  it("names the strongest source of merged objects", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { http: { tags: { a: "1", b: "2" } } });
    const config = await loadConfig(schema, {
      directory: at.directory,
      env: {},
      overrides: { http: { tags: { a: "9" } } },
    });
    expect(explainConfig(config, "http.tags")).toMatchObject({ value: { a: "9", b: "2" }, layer: "overrides" });
  });

  it("hides secrets also where they are shadowed", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { key: "from-the-file", database: { url: "postgres://u:pw-one@a/b" } });
    const env = { KEY: "from-the-environment", DATABASE__URL: "postgres://u:pw-two@a/b" };
    const config = await loadConfig(schema, { directory: at.directory, env });
    const shown = JSON.stringify([explainConfig(config, "key"), explainConfig(config, "database.url")]);
    expect(shown).not.toMatch(/from-the-(file|environment)|pw-/);
    expect(explainConfig(config, "key").shadowed[0]?.value).toBe("[redacted]");
    expect(explainConfig(config, "database.url")).toMatchObject({
      value: "postgres://u:[redacted]@a/b",
      shadowed: [{ value: "postgres://u:[redacted]@a/b" }, { value: "postgres://localhost/x" }],
    });
  });

  it("refuses paths that do not name a value, and objects that are not a configuration", async () => {
    const config = await loadConfig(schema, nowhere);
    expect(() => explainConfig(config, "http.prot")).toThrow('got "http.prot"; did you mean http.port?');
    expect(() => explainConfig(config, "http")).toThrow(TypeError);
    expect(() => explainConfig(config, undefined as never)).toThrow(TypeError);
    for (const other of [{ ...config }, {}, null, 5])
      expect(() => explainConfig(other as never, "key")).toThrow("the object that loadConfig returned");
  });

  it("knows the layers in their order", () => {
    expect(CONFIG_LAYERS).toEqual([
      "schema",
      "default",
      "profile",
      "local",
      "secrets",
      "dotenv",
      "environment",
      "arguments",
      "overrides",
    ]);
  });
});

describe("compareConfigs", () => {
  it("tells what was added, removed and changed, and shows no secret", async () => {
    const a = await loadConfig(schema, {
      ...nowhere,
      env: { KEY: "key-number-one", DATABASE__URL: "postgres://u:pw-one@a/b" },
    });
    const b = await loadConfig(schema, {
      ...nowhere,
      env: {
        KEY: "key-number-two",
        DATABASE__URL: "postgres://u:pw-two@a/b",
        HTTP__PORT: "80",
        SESSION: "session-key",
      },
    });
    expect(compareConfigs(a, b)).toEqual([
      {
        path: "database.url",
        change: "changed",
        before: "postgres://u:[redacted]@a/b",
        after: "postgres://u:[redacted]@a/b",
        secret: false,
      },
      { path: "http.port", change: "changed", before: 3000, after: 80, secret: false },
      { path: "key", change: "changed", before: "[redacted]", after: "[redacted]", secret: true },
      { path: "session", change: "added", after: "[redacted]", secret: true },
    ]);
    expect(compareConfigs(b, a).find(({ path }) => path === "session")?.change).toBe("removed");
    expect(
      compareConfigs(
        a,
        await loadConfig(schema, {
          ...nowhere,
          env: { KEY: "key-number-one", DATABASE__URL: "postgres://u:pw-one@a/b" },
        }),
      ),
    ).toEqual([]);
  });

  it("compares plain objects too, and refuses anything else", () => {
    expect(
      compareConfigs({ a: { password: "x" }, k: secret("abc") }, { a: { password: "y" }, k: secret("abc") }),
    ).toEqual([{ path: "a.password", change: "changed", before: "[redacted]", after: "[redacted]", secret: true }]);
    expect(() => compareConfigs(null as never, {})).toThrow("a must be an object; got null");
    expect(() => compareConfigs({}, 5 as never)).toThrow("b must be an object; got 5");
  });
});

describe("sharedSecrets", () => {
  it("finds secrets that two configurations share, in any place, passwords in URLs among them", async () => {
    const a = await loadConfig(schema, {
      ...nowhere,
      env: { KEY: "the-same-key", SESSION: "only-mine", DATABASE__URL: "postgres://u:same-pw@a/x" },
    });
    const b = await loadConfig(schema, {
      ...nowhere,
      env: { KEY: "another-key", SESSION: "the-same-key", DATABASE__URL: "postgres://v:same-pw@b/y" },
    });
    const shared = sharedSecrets(a, b);
    expect(shared).toEqual([
      { path: "database.url", otherPath: "database.url" },
      { path: "key", otherPath: "session" },
    ]);
    expect(sharedSecrets(a, { key: secret("unrelated") })).toEqual([]);
  });
});
