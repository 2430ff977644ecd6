import assert from "node:assert/strict";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, formatWithOptions, inspect } from "node:util";
import { serialize } from "node:v8";
import { describeError, jsonSafe } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Sample, samples } from "../test/secret-samples.ts";
import { workspace } from "../test/workspace.ts";
import { check } from "./cli/check-command.ts";
import { diff } from "./cli/diff-command.ts";
import { explain } from "./cli/explain-command.ts";
import { template } from "./cli/template-command.ts";
import {
  compareConfigs,
  configMap,
  describeConfig,
  envTemplate,
  explainConfig,
  jsonSchema,
  loadConfig,
  revealConfig,
  type Schema,
  secretManifest,
  sharedSecrets,
} from "./index.ts";

const nowhere = { directory: false as const, env: {} };

function printed(use: (console: Console) => void): string {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  use(new Console({ stdout: stream, stderr: stream }));
  return chunks.join("");
}

/** A value as a file holds it. */
function asJson(value: unknown): unknown {
  if (value instanceof Map) return asJson(Object.fromEntries(value));
  if (value instanceof Set) return asJson([...value]);
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asJson(member)]));
}

function attempt(look: () => unknown): string {
  try {
    return String(look());
  } catch (error) {
    return `${inspect(error)} ${String((error as Error).message)}`;
  }
}

/** Every way of looking at a configuration that is not reading a secret by its name. */
function outputsOf(schema: Schema, config: object, other: object): Record<string, string> {
  const deep = { depth: null };
  const sections = Object.values(config);
  const paths = describeConfig(schema).map(({ path }) => path);
  const looks: Record<string, () => unknown> = {
    "inspect": () => inspect(config, deep),
    "inspect with hidden members": () => inspect(config, { ...deep, showHidden: true }),
    "inspect without custom inspection": () => inspect(config, { ...deep, customInspect: false }),
    "inspect, hidden, without custom": () => inspect(config, { ...deep, customInspect: false, showHidden: true }),
    "inspect with getters": () => inspect(config, { ...deep, getters: true, customInspect: false }),
    "inspect with proxies": () => inspect(config, { ...deep, showProxy: true, sorted: true }),
    "inspect of sections": () => inspect(sections, deep),
    "inspect of sections without custom": () => inspect(sections, { ...deep, customInspect: false, getters: true }),
    "console.log": () => printed((console) => console.log(config)),
    "console.error": () => printed((console) => console.error("x", config)),
    "console.dir": () => printed((console) => console.dir(config, deep)),
    "console.dir with hidden": () => printed((console) => console.dir(config, { ...deep, showHidden: true })),
    "console.dir of sections": () => printed((console) => sections.forEach((section) => void console.dir(section))),
    "console.table": () => printed((console) => console.table(config)),
    "console.table of sections": () => printed((console) => sections.forEach((section) => void console.table(section))),
    "console.group": () => printed((console) => console.group("%O", config as never)),
    "console.assert": () => printed((console) => console.assert(false, config as never)),
    "%o": () => format("%o", config),
    "%O": () => format("%O", config),
    "%j": () => format("%j", config),
    "%s": () => format("%s", config),
    "%d and %i": () => format("%d %i %f %c", config, config, config, config),
    "colors": () => formatWithOptions({ colors: true }, "%O", config),
    "JSON": () => JSON.stringify(config),
    "JSON of sections": () => JSON.stringify(sections),
    "JSON of keys": () => JSON.stringify(Object.keys(config)),
    "spread": () => inspect({ ...config }, deep) + JSON.stringify({ ...config }),
    "spread of sections": () => sections.map((s) => inspect(s && typeof s === "object" && !Array.isArray(s) ? { ...s } : s, deep)),
    "Object.assign": () => inspect(sections.map((section) => Object.assign({}, section)), { ...deep, customInspect: false }),
    "Object.entries": () => inspect(Object.entries(config), { ...deep, customInspect: false, getters: true }),
    "structuredClone": () => inspect(structuredClone(config), { ...deep, getters: true }),
    "v8.serialize": () => serialize(config).toString("latin1"),
    "assert.deepEqual": () => assert.deepEqual(config, { something: "else" }),
    "assert.deepEqual of sections": () => sections.map((section) => attempt(() => assert.deepEqual(section, { x: 1 }))),
    "assert.notDeepEqual": () => assert.notDeepStrictEqual(config, config),
    "assert.equal": () => assert.equal(config, other),
    "a template literal": () => `${attempt(() => `${config as unknown as string}`)}`,
    "an error's message": () => attempt(() => { throw new Error(inspect(config, deep)); }),
    "an error's member": () => inspect(Object.assign(new Error("x"), { config }), deep) + JSON.stringify(describeError(Object.assign(new Error("x"), { config }))),
    "an error's cause": () => inspect(new Error("x", { cause: config }), { ...deep, customInspect: false }),
    "jsonSafe": () => JSON.stringify(jsonSafe(config)),
    "explain": () => inspect(paths.map((path) => explainConfig(config, path)), deep),
    "describe": () => inspect(describeConfig(schema), deep),
    "compare": () => inspect([compareConfigs(config, other), compareConfigs(config, {}), compareConfigs({}, config)], deep),
    "compare of copies": () => inspect(compareConfigs({ ...config }, {}), deep),
    "sharedSecrets": () => inspect(sharedSecrets(config, config), deep),
    "template": () => envTemplate(schema),
    "JSON Schema": () => JSON.stringify(jsonSchema(schema)),
    "ConfigMap": () => configMap(schema, config),
    "Secret manifest": () => secretManifest(schema, config),
  }; // biome-ignore format: one line for each output
  return Object.fromEntries(Object.entries(looks).map(([name, look]) => [name, attempt(look)]));
}

describe("a secret of any schema", () => {
  it("is in none of fifty outputs, and is still read by its name", async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (members) => {
        const schema = z.object(Object.fromEntries(Object.entries(members).map(([key, { schema }]) => [key, schema])));
        const overrides = Object.fromEntries(Object.entries(members).map(([key, { value }]) => [key, value]));
        const needles = Object.values(members).flatMap((member) => member.needles);
        using telemetry = captureTelemetry();
        const config = (await loadConfig(schema, { ...nowhere, overrides })) as object;
        const other = (await loadConfig(schema, { ...nowhere, overrides })) as object;
        const outputs = { ...outputsOf(schema, config, other), telemetry: inspect(telemetry.events, { depth: null }) };
        expect(Object.keys(outputs).length).toBeGreaterThanOrEqual(50);
        for (const [name, text] of Object.entries(outputs))
          for (const secret of needles) expect(text.includes(secret), `${name}: ${text}`).toBe(false);
        const revealed = inspect(revealConfig(config), { depth: null });
        for (const secret of needles) expect(revealed).toContain(secret);
      }),
      { numRuns: 150 },
    );
  });

  it("is in no output of the command line", async () => {
    await using at = await workspace();
    const write = async (members: Record<string, Sample>, more: object): Promise<void> => {
      const values = Object.entries(members).map(([key, { value }]) => [key, asJson(value)]);
      await at.write("config/default.json", { ...Object.fromEntries(values), ...more });
      await at.write("config/staging.json", { alpha: null });
    };
    await fc.assert(
      fc.asyncProperty(samples, async (members) => {
        const shape = Object.fromEntries(Object.entries(members).map(([key, { schema }]) => [key, schema]));
        const schema = z.object({ ...shape, port: z.number() });
        let out = "";
        const print = (text: string): void => {
          out += text;
        };
        const io = { out: print, err: print, env: {}, directory: at.root };
        for (const port of [1, "refused"]) {
          await write(members, { port });
          for (const values of [{}, { json: true }]) {
            const invocation = { values: { ...values, directory: [at.directory] }, rest: [], io };
            await check(schema, invocation);
            await explain(schema, invocation);
            await diff(schema, { ...invocation, rest: ["production", "staging"] });
          }
          for (const format of ["env", "json-schema", "config-map", "secret"])
            await template(schema, { values: { format, directory: [at.directory] }, rest: [], io });
        }
        expect(out).toContain("port");
        for (const secret of Object.values(members).flatMap((member) => member.needles))
          expect(out.includes(secret), out).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it("is in neither message, nor stack, nor issue, if the configuration is refused", async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (members) => {
        const shape = Object.fromEntries(Object.entries(members).map(([key, { schema }]) => [key, schema]));
        const schema = z.object({ ...shape, missing: z.number() }).refine(() => false, {
          error: ({ input }) => inspect(input, { depth: null, customInspect: false }),
        });
        const overrides = Object.fromEntries(Object.entries(members).map(([key, { value }]) => [key, value]));
        const error = await loadConfig(schema, { ...nowhere, overrides }).catch((caught: unknown) => caught);
        const text = inspect(error, { depth: null, showHidden: true, customInspect: false }) + JSON.stringify(error);
        for (const secret of Object.values(members).flatMap((member) => member.needles))
          expect(text.includes(secret), text).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
