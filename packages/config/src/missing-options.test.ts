import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  buildAmqpUrl,
  buildPostgresUrl,
  buildRedisUrl,
  byteSize,
  configMap,
  describeConfig,
  duration,
  endpoint,
  envTemplate,
  jsonSchema,
  list,
  loadConfig,
  loadConfigSync,
  port,
  secretManifest,
  secretText,
  url,
  watchConfig,
} from "./index.ts";

type Options = Record<string, unknown>;

const schema = z.object({ port: port().default(1) });
const LOAD = ["profile", "directory", "env", "prefix", "secretsDirectory", "envFile", "expand", "args", "overrides"];
const MORE = ["references", "referenceTimeout", "unknownKeys", "onWarning", "clock"];
const WATCH = ["debounce", "maxWait", "removalDelay", "onRefused", "signal"];
const CONNECTION = ["host", "port", "user", "password", "parameters"];
const quiet: Options = { directory: false, env: {} };

const cases: readonly [string, (options: never) => unknown, Options, readonly string[]][] = [
  ["loadConfigSync", (options) => loadConfigSync(schema, options), quiet, [...LOAD, ...MORE]],
  ["buildAmqpUrl", buildAmqpUrl, { user: "u" }, [...CONNECTION, "vhost", "tls"]],
  ["buildPostgresUrl", buildPostgresUrl, { user: "u" }, [...CONNECTION, "database"]],
  ["buildRedisUrl", buildRedisUrl, {}, [...CONNECTION, "database", "tls"]],
  ["byteSize", byteSize, {}, ["min", "max"]],
  ["configMap", (options) => configMap(schema, { port: 1 }, options), {}, ["name", "namespace", "prefix"]],
  ["describeConfig", (options) => describeConfig(schema, options), {}, ["prefix"]],
  ["duration", duration, {}, ["min", "max"]],
  ["endpoint", endpoint, {}, ["defaultPort"]],
  ["envTemplate", (options) => envTemplate(schema, options), {}, ["prefix"]],
  ["jsonSchema", (options) => jsonSchema(schema, options), {}, ["partial"]],
  ["list", (options) => list(undefined, options), {}, ["separator", "min", "max"]],
  ["port", port, {}, ["ephemeral"]],
  [
    "secretManifest",
    (options) => secretManifest(schema, undefined, options),
    {},
    ["name", "namespace", "prefix", "reveal"],
  ],
  ["secretText", secretText, {}, ["minBytes", "example"]],
  ["url", url, {}, ["protocols"]],
];

describe.each(cases)("%s", (_, make, usual, names) => {
  test.each(names)("refuses null for %s and names the option", (name) => {
    const options = { ...usual, [name]: null } as never;
    expect(() => make(options)).toThrow(TypeError);
    expect(() => make(options)).toThrow(name);
  });

  test("reads undefined as a missing option", () => {
    const optional = names.filter((name) => !(name in usual));
    const options = { ...usual, ...Object.fromEntries(optional.map((name) => [name, undefined])) } as never;
    expect(() => make(options)).not.toThrow();
  });
});

describe("asynchronous functions", () => {
  test.each([...LOAD, ...MORE])("loadConfig refuses null for %s", async (name) => {
    const loading = loadConfig(schema, { ...quiet, [name]: null } as never);
    await expect(loading).rejects.toThrow(TypeError);
    await expect(loading).rejects.toThrow(name);
  });

  test.each(WATCH)("watchConfig refuses null for %s", async (name) => {
    const watching = watchConfig(schema, { ...quiet, [name]: null } as never);
    await expect(watching).rejects.toThrow(TypeError);
    await expect(watching).rejects.toThrow(name);
  });
});
