import { join } from "node:path";
import { captureTelemetry } from "@seaworthy/core/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { workspace } from "../test/workspace.ts";
import {
  type ConfigIssue,
  type ConfigWarning,
  isConfigError,
  loadConfig,
  loadConfigSync,
  secretText,
} from "./index.ts";

const simple = z.object({ value: z.string().default("schema") });
const needed = z.object({ database: z.object({ url: z.string() }) });

describe("what the host names", () => {
  it("is read in every profile, as for envFile", async () => {
    await using at = await workspace();
    const envFile = await at.write("prod.env", "VALUE=from-env-file\n");
    for (const profile of ["development", "production", "test", "canary"])
      expect(
        await loadConfig(simple, { profile, directory: false, env: {}, envFile, onWarning: () => undefined }),
      ).toEqual({
        value: "from-env-file",
      });
  });

  it("is refused in every profile if it does not exist or is not what it must be", async () => {
    await using at = await workspace();
    const file = await at.write("a-file", "x");
    const cases: [object, string][] = [
      [{ envFile: "/nope/typo.env" }, "file:/nope/typo.env"],
      [{ envFile: at.root }, `file:${at.root}`],
      [{ directory: "/nope/typo" }, "file:/nope/typo"],
      [{ directory: [at.directory, "/nope/typo"] }, "file:/nope/typo"],
      [{ directory: file }, `file:${file}`],
      [{ secretsDirectory: "/run/secretz" }, "file:/run/secretz"],
    ];
    for (const profile of ["development", "production"])
      for (const [options, source] of cases) {
        const issues = await issuesOf(loadConfig(simple, { directory: false, env: {}, profile, ...options }));
        expect(issues, source).toMatchObject([{ path: "", problem: "unreadable", source }]);
      }
  });

  it("may be several directories, of which a later one wins file by file", async () => {
    await using at = await workspace();
    await at.write("base/default.json", { a: "base", b: "base", c: "base" });
    await at.write("base/test.json", { c: "base-test" });
    await at.write("more/default.json", { b: "more", c: "more" });
    const schema = z.object({ a: z.string(), b: z.string(), c: z.string() });
    const directory = [join(at.root, "base"), join(at.root, "more")];
    const config = await loadConfig(schema, { directory, env: {}, profile: "test" });
    expect(config).toEqual({ a: "base", b: "more", c: "base-test" });
  });
});

describe("files for a developer's machine", () => {
  it("are read in the profile development alone, and never in one that is unknown", async () => {
    await using at = await workspace();
    await at.write("config/local.json", { value: "local" });
    for (const NODE_ENV of [
      "production",
      "test",
      "staging",
      "prod",
      "prd",
      "live",
      "stage",
      "dev",
      "ci",
      "Production",
    ]) {
      const warnings: ConfigWarning[] = [];
      const options = {
        directory: at.directory,
        env: { NODE_ENV },
        onWarning: (w: ConfigWarning) => void warnings.push(w),
      };
      expect((await loadConfig(simple, options)).value, NODE_ENV).toBe("schema");
      expect(warnings.map(({ code }) => code)).toContain("CONFIG_LOCAL_IGNORED");
      const known = ["production", "test", "staging"].includes(NODE_ENV);
      expect(
        warnings.some(({ code }) => code === "CONFIG_PROFILE_UNKNOWN"),
        NODE_ENV,
      ).toBe(!known);
    }
    expect((await loadConfig(simple, { directory: at.directory, env: {} })).value).toBe("local");
  });

  it("make an unknown profile without a file a warning that says what was meant, and one with a file none", async () => {
    await using at = await workspace();
    const warningsFor = async (profile: string): Promise<string[]> => {
      const warnings: string[] = [];
      await loadConfig(simple, {
        directory: at.directory,
        env: {},
        profile,
        onWarning: ({ message }) => void warnings.push(message),
      });
      return warnings;
    };
    expect(await warningsFor("prod")).toEqual(["The profile is prod, and has no file; did you mean production?"]);
    expect(await warningsFor("canary")).toEqual(["The profile is canary, and has no file."]);
    await at.write("config/canary.json", {});
    expect(await warningsFor("canary")).toEqual([]);
  });

  it("are mentioned where they would set what is missing", async () => {
    await using at = await workspace();
    await at.write(".env", "DATABASE__URL=postgres://localhost/x\n");
    const options = { directory: at.directory, env: {}, profile: "production" };
    const [issue] = await issuesOf(loadConfig(needed, options));
    expect(issue?.hint).toContain(`${join(at.root, ".env")} sets it, but is read in the profile development only`);
    expect((await issuesOf(loadConfig(needed, { ...options, envFile: false })))[0]?.hint).not.toContain(".env");
  });
});

describe("a conditional requirement", () => {
  it("is reported in the words of the author of the schema", async () => {
    const schema = z
      .object({ provider: z.string().default("aws"), aws: z.object({ region: z.string().optional() }) })
      .superRefine(({ provider, aws }, context) => {
        if (provider === "aws" && aws.region === undefined)
          context.addIssue({
            code: "custom",
            path: ["aws", "region"],
            message: "AWS__REGION is required for the provider aws",
          });
      });
    expect(await issuesOf(loadConfig(schema, { directory: false, env: {} }))).toMatchObject([
      {
        path: "aws.region",
        env: "AWS__REGION",
        problem: "missing",
        hint: expect.stringMatching(/^AWS__REGION is required for the provider aws; set /),
      },
    ]);
  });

  it("shows no secret that its words quote", async () => {
    const schema = z.object({ key: secretText(), region: z.string().optional() }).superRefine(({ key }, context) => {
      context.addIssue({ code: "custom", path: ["region"], message: `needed with ${key.reveal()}` });
    });
    const issues = await issuesOf(loadConfig(schema, { directory: false, env: { KEY: "Zk3v9Qw1" } }));
    expect(JSON.stringify(issues)).not.toContain("Zk3v9Qw1");
  });
});

describe("loadConfigSync", () => {
  it("reads every layer as loadConfig does, tells the same problems, and measures itself", async () => {
    await using at = await workspace();
    using telemetry = captureTelemetry();
    await at.write("config/default.json", { database: { url: "file" } });
    await at.write("secrets/KEY", "Zk3v9Qw1\n");
    await at.write(".env", "NAME=dotenv\n");
    const schema = z.object({
      database: z.object({ url: z.string(), pool: z.number().default(5) }),
      key: secretText(),
      name: z.string(),
    });
    const options = {
      directory: at.directory,
      env: { DATABASE__POOL: "7" },
      secretsDirectory: join(at.root, "secrets"),
    };
    const config = loadConfigSync(schema, options);
    expect(config).toMatchObject({ database: { url: "file", pool: 7 }, name: "dotenv" });
    expect(config.key.reveal()).toBe("Zk3v9Qw1");
    expect(telemetry.of("config.load")).toHaveLength(1);
    let issues: readonly ConfigIssue[] = [];
    const broken = { directory: at.directory, env: { DATABASE__POOL: "x" } };
    try {
      loadConfigSync(schema, broken);
    } catch (error) {
      if (isConfigError(error)) issues = error.issues;
    }
    expect(issues).toEqual(await issuesOf(loadConfig(schema, broken)));
    expect(issues.length).toBeGreaterThan(1);
  });

  it("takes references that are resolved at once, and refuses those that are not", () => {
    const schema = z.object({ key: secretText() });
    const options = { directory: false as const, env: { KEY: "vault://key" } };
    const now = loadConfigSync(schema, { ...options, references: { vault: (name) => `value-of-${name}` } });
    expect(now.key.reveal()).toBe("value-of-key");
    const later = (): unknown =>
      loadConfigSync(schema, { ...options, references: { vault: async () => Promise.reject(new Error("x")) } });
    expect(later).toThrow("its resolver is asynchronous, which loadConfigSync cannot wait for; use loadConfig");
    const throwing = (): unknown => loadConfigSync(schema, { ...options, references: { vault: () => { throw new RangeError("Zk3v9Qw1"); } } }); // biome-ignore format: one line says it
    expect(throwing).toThrow("its resolver failed with RangeError");
    expect(throwing).not.toThrow("Zk3v9Qw1");
  });

  it("refuses a schema with an asynchronous check", () => {
    const schema = z.object({ a: z.string().refine(async () => true) });
    expect(() => loadConfigSync(schema, { directory: false, env: { A: "x" } })).toThrow(TypeError);
    expect(() => loadConfigSync(schema, { directory: false, env: { A: "x" } })).toThrow("use loadConfig");
    expect(() => loadConfigSync(simple, { directry: "x" } as never)).toThrow('loadConfigSync has no option "directry"');
  });
});
