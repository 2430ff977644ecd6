import { resolve } from "node:path";
import { jsonSafe, secret } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { type ConfigDifference, compareConfigs, sharedSecrets } from "../compare.ts";
import { readDotenv } from "../internal/dotenv.ts";
import { checkLoadOptions, type LoadConfigOptions } from "../internal/load-options.ts";
import type { LoadState } from "../internal/load-state.ts";
import { resolveConfig } from "../internal/resolve.ts";
import { defaultText, textOf } from "../internal/text.ts";
import { CONFIG_FILE_LIMIT, readTextFile } from "../internal/text-file.ts";
import type { Schema } from "../internal/zod.ts";
import { type Invocation, UsageError, writeJson } from "./invocation.ts";

/**
 * `diff A B`: shows the differences between two profiles, and which secrets they share. Values that are missing on this
 * machine are left out and not refused. Only the variables given with `--env` count, because the environment of this
 * process belongs to neither profile.
 */
export async function diff(schema: Schema, invocation: Invocation): Promise<number> {
  const { values, rest, io } = invocation;
  const [a, b] = rest;
  if (a === undefined || b === undefined || rest.length > 2) throw new UsageError("diff takes two profiles");
  const sides = await Promise.all([sideOf(schema, a, invocation), sideOf(schema, b, invocation)]);
  const [before, after] = [sides[0].values, sides[1].values];
  const scrub = (value: unknown): unknown =>
    typeof value === "string" ? sides.reduce((text, { state }) => state.disclosure.redactor.scrub(text), value) : value;
  const differences = compareConfigs(before, after).map((difference) => scrubbed(difference, scrub));
  const shared = sharedSecrets(before, after);
  if (values.json === true) {
    const all = { a, b, differences, shared };
    writeJson(io, jsonSafe(all, { depth: 16, members: 10_000, total: 100_000, redact: () => false }));
  } else if (differences.length === 0) io.out(`${a} and ${b} have the same values.\n`);
  else for (const difference of differences) io.out(`${line(difference)}\n`);
  for (const { path, otherPath } of shared) {
    const what = path === otherPath ? path : `${path} of ${a} and ${otherPath} of ${b}`;
    io.err(`warning: ${a} and ${b} share a secret: ${what}\n`);
  }
  return shared.length > 0 || (values["exit-code"] === true && differences.length > 0) ? 1 : 0;
}

function scrubbed(difference: ConfigDifference, scrub: (value: unknown) => unknown): ConfigDifference {
  const copy: { -readonly [Key in keyof ConfigDifference]: ConfigDifference[Key] } = { ...difference };
  for (const side of ["before", "after"] as const) if (side in copy) copy[side] = scrub(copy[side]);
  return copy;
}

interface Side {
  readonly state: LoadState;
  /** Strings and secrets by path. */
  readonly values: Record<string, unknown>;
}

async function sideOf(schema: Schema, profile: string, { values, io }: Invocation): Promise<Side> {
  const secretsDirectory = pick("--secrets", values.secrets, profile);
  const { directory, prefix } = values;
  const env = variablesOf(pick("--env", values.env, profile), io.directory);
  const options: LoadConfigOptions = withoutUndefined({
    profile,
    env,
    envFile: false as const,
    directory,
    prefix,
    secretsDirectory,
  });
  checkLoadOptions("diff", options);
  const { state, issues } = await resolveConfig(schema, options);
  for (const { message } of state.findings.warnings) io.err(`warning: ${message}\n`);
  for (const issue of issues.filter(({ problem }) => problem === "malformed" || problem === "unreadable"))
    throw new UsageError(`${profile}: ${issue.hint ?? issue.expected} (${issue.source ?? issue.path})`);
  const flat: Record<string, unknown> = {};
  for (const field of state.model.fields) {
    const given = state.settled.fields.get(field.path);
    const text = given === undefined ? defaultText(field) : textOf(field, given.value);
    if (text !== undefined) flat[field.path] = state.disclosure.hides(field) ? secret(text) : text;
  }
  return { state, values: flat };
}

function pick(option: string, given: readonly string[] | undefined, profile: string): string | undefined {
  for (const pair of given ?? []) if (!pair.includes("=")) throw new UsageError(`${option} must be PROFILE=PATH`);
  return given?.find((pair) => pair.startsWith(`${profile}=`))?.slice(profile.length + 1);
}

function variablesOf(path: string | undefined, directory: string): Record<string, string> {
  if (path === undefined) return {};
  const file = readTextFile(resolve(directory, path), CONFIG_FILE_LIMIT);
  if (!("text" in file)) throw new UsageError(`${path} cannot be read: ${"fault" in file ? file.fault : "ENOENT"}`);
  const { entries, faults } = readDotenv(file.text);
  const [fault] = faults;
  if (fault !== undefined) throw new UsageError(`${path}:${fault.line} is malformed: expected ${fault.message}`);
  return Object.fromEntries([...entries].map(([name, entry]) => [name, entry.value]));
}

function line({ path, change, before, after }: ConfigDifference): string {
  const text = (value: unknown): string => JSON.stringify(jsonSafe(value, { redact: () => false }));
  if (change === "added") return `+ ${path} = ${text(after)}`;
  return change === "removed" ? `- ${path} = ${text(before)}` : `~ ${path} = ${text(before)} → ${text(after)}`;
}
