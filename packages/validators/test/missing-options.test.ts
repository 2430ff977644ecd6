import { Agent } from "node:http";
import { describe, expect, test } from "vitest";
import {
  boundedJson,
  byteSizeText,
  createCursors,
  cron,
  durationText,
  embedding,
  fileContent,
  filename,
  findPersonalData,
  guardAgent,
  guardedLookup,
  identifier,
  pagination,
  publicFetch,
  publicUrl,
  redirectTarget,
  safePath,
  sqlIdentifier,
  text,
  toFilename,
  userId,
} from "../src/index.ts";
import { networkOf } from "../src/network.ts";

type Options = Record<string, unknown>;

const cases: readonly [string, (options: never) => unknown, Options, readonly string[]][] = [
  ["boundedJson", (options) => boundedJson("{}", options), {}, ["bytes", "depth", "keys"]],
  ["byteSizeText", byteSizeText, {}, ["min", "max"]],
  [
    "createCursors",
    (options: never) => createCursors(options),
    { keys: ["a key of 32 bytes, from a secret!"], scope: "s" },
    ["keys", "scope", "ttl", "clock"],
  ],
  ["cron", cron, {}, ["seconds"]],
  ["durationText", durationText, {}, ["min", "max"]],
  ["embedding", embedding, { dimensions: 3 }, ["dimensions", "normalized", "tolerance"]],
  ["fileContent", fileContent, { types: ["image/png"] }, ["types", "bytes"]],
  ["filename", filename, {}, ["hidden", "extensions"]],
  ["findPersonalData", (options) => findPersonalData("", options), {}, ["kinds"]],
  ["guardAgent", (options) => guardAgent(new Agent(), options), {}, ["allow", "resolve"]],
  ["guardedLookup", guardedLookup, {}, ["allow", "resolve"]],
  ["identifier", identifier, {}, ["max"]],
  ["networkOf", (options) => networkOf("::1", options), {}, ["ipv4", "ipv6"]],
  ["pagination", pagination, {}, ["maxLimit", "defaultLimit", "maxSkip", "status"]],
  ["publicFetch", publicFetch, {}, ["allow", "resolve", "redirects", "bytes"]],
  ["publicUrl", publicUrl, {}, ["allow", "protocols", "ports"]],
  ["redirectTarget", redirectTarget, { base: "https://app.example.com" }, ["base", "origins"]],
  ["safePath", safePath, { root: "/" }, ["root", "hidden"]],
  ["sqlIdentifier", sqlIdentifier, {}, ["qualified"]],
  ["text", text, {}, ["graphemes", "codePoints", "bytes", "multiline", "trim", "zeroWidth", "mixedScripts"]],
  ["toFilename", (options) => toFilename("a", options), {}, ["fallback"]],
  ["userId", userId, {}, ["max"]],
];

describe.each(cases)("%s", (_, make, required, names) => {
  test.each(names)("refuses null for %s and names the option", (name) => {
    const options = { ...required, [name]: null } as never;
    expect(() => make(options)).toThrow(TypeError);
    expect(() => make(options)).toThrow(new RegExp(`^${name}\\b`));
  });

  test("reads undefined as a missing option", () => {
    const optional = names.filter((name) => !(name in required));
    const options = { ...required, ...Object.fromEntries(optional.map((name) => [name, undefined])) } as never;
    expect(() => make(options)).not.toThrow();
  });
});
