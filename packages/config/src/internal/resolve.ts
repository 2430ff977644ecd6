import { dirname, join, resolve } from "node:path";
import { readDotenv } from "./dotenv.ts";
import type { VariableSources } from "./expand.ts";
import { JsonFault, readJson } from "./json.ts";
import { type LoadConfigOptions, NO_PROFILES, PROFILE } from "./load-options.ts";
import { type Model, modelOf } from "./model.ts";
import { secretsIn } from "./redact.ts";
import { References } from "./references.ts";
import { addSchemaIssues, finishedIssues, suggestVariables, unusedNames } from "./report.ts";
import { Run } from "./run.ts";
import { Settler } from "./settle.ts";
import { nearest } from "./suggest.ts";
import { CONFIG_FILE_LIMIT, readTextFile, type TextFile } from "./text-file.ts";
import { type ConfigLayer, merge, type Tree, treeOfJson, treeOfObject } from "./tree.ts";
import { dotenvVariables, environmentVariables, secretsTree, type Variables, variableTree } from "./variables.ts";
import { type Schema, validate } from "./zod.ts";

/** A load that has been carried through, with or without problems. */
export interface Resolved {
  readonly run: Run;
  /** What the schema made of it; absent when there are problems. */
  readonly value?: unknown;
}

const NO_LOCAL_FILE: ReadonlySet<string> = new Set(["production", "test"]);
const PROFILES = ["development", "production", "staging", "test"];

/** Reads every layer, merges them, and has the schema check the result. Problems are collected, not thrown. */
export async function resolveConfig(schema: Schema, options: LoadConfigOptions): Promise<Resolved> {
  const model = modelOf(schema, options.prefix);
  const environment = environmentVariables(options.env ?? process.env);
  const { profile, fault } = profileOf(options, model, environment);
  const run = new Run(model, options, profile);
  if (fault !== undefined) run.issues.push({ path: "", env: fault, problem: "invalid", expected: PROFILE_WORDS });
  const overrides = treeOfObject(options.overrides ?? {}, "overrides", "overrides");
  const directory = options.directory ?? "config";
  run.places.add(resolve(directory));
  const files = await fileTrees(run, directory);
  const secrets = await secretsLayer(run);
  const dotenv = await dotenvLayer(run, directory);
  const variables = [environment, dotenv.variables];
  const fromDotenv = await variableTree(run, "dotenv", dotenv.variables);
  const fromEnvironment = await variableTree(run, "environment", environment);
  report(run, "environment", "environment", fromEnvironment);
  report(run, "overrides", "overrides", overrides);
  const merged = [...files, secrets.tree, fromDotenv, fromEnvironment, overrides].reduce(merge, undefined);
  const sources: VariableSources = {
    model,
    layers: variables,
    secretsDirectory: options.secretsDirectory,
    secretFiles: secrets.files,
  };
  const input = await new Settler(run, sources, new References(options)).section(model.root, merged);
  return check(run, input, variables);
}

async function check(run: Run, input: unknown, variables: readonly Variables[]): Promise<Resolved> {
  const result = await validate(run.model.schema, input);
  if ("issues" in result) addSchemaIssues(run, result.issues);
  const used = new Set(profileVariables(run.model));
  suggestVariables(run, variables, used);
  const issues = finishedIssues(run);
  run.issues.splice(0, run.issues.length, ...issues);
  warnOfUnused(run, unusedNames(run, variables, used));
  if (issues.length > 0 || "issues" in result) return { run };
  run.redactor.add(secretsIn(result.value));
  return { run, value: result.value };
}

function warnOfUnused(run: Run, unused: readonly string[]): void {
  const { fields, prefix } = run.model;
  const unset = fields.filter((field) => !run.settled.has(field.path)).map((field) => field.env);
  // Without a prefix, the environment is full of names that are none of ours; those of a section are.
  const sections = fields.flatMap(({ env }) => (env.includes("__") ? [env.slice(0, env.lastIndexOf("__") + 2)] : []));
  const starts = prefix === "" ? [...new Set(sections)] : [prefix.toUpperCase()];
  for (const name of unused) {
    const told = run.issues.some(({ didYouMean }) => didYouMean === name);
    if (told || !starts.some((start) => name.toUpperCase().startsWith(start))) continue;
    const near = nearest(name, unset);
    if (near !== undefined)
      run.warn("CONFIG_VARIABLE_UNUSED", `${name} is set but read by nothing; did you mean ${near}?`);
  }
}

const PROFILE_WORDS = 'a profile of letters, digits, "-" and "_", not "default" or "local"';

function profileVariables(model: Model): string[] {
  return [`${model.prefix === "" ? "APP_" : model.prefix}PROFILE`, "NODE_ENV"];
}

function profileOf(
  options: LoadConfigOptions,
  model: Model,
  environment: Variables,
): { profile: string; fault?: string } {
  if (options.profile !== undefined) return { profile: options.profile };
  for (const name of profileVariables(model)) {
    const profile = environment.get(name)?.value;
    if (profile === undefined) continue;
    return PROFILE.test(profile) && !NO_PROFILES.has(profile) ? { profile } : { profile: "invalid", fault: name };
  }
  return { profile: "development" };
}

async function fileTrees(run: Run, directory: string): Promise<(Tree | undefined)[]> {
  const { profile } = run;
  const paths = ["default", profile, "local"].map((name) => join(directory, `${name}.json`));
  // Read together, but looked at in order, so that problems come in the same order each time.
  const files = await Promise.all(paths.map((path) => readTextFile(path, CONFIG_FILE_LIMIT)));
  const trees = FILE_LAYERS.map((layer, index) => {
    const [path, file] = [paths[index] as string, files[index] as TextFile];
    return layer === "local" && NO_LOCAL_FILE.has(profile)
      ? ignoreLocal(run, path, file)
      : treeOfFile(run, layer, path, file);
  });
  const near = trees[1] === undefined && !PROFILES.includes(profile) ? nearest(profile, PROFILES) : undefined;
  if (near !== undefined)
    run.warn("CONFIG_PROFILE_UNKNOWN", `The profile is ${profile}, and has no file; did you mean ${near}?`);
  return trees;
}
const FILE_LAYERS: readonly ConfigLayer[] = ["default", "profile", "local"];

function ignoreLocal(run: Run, path: string, file: TextFile): undefined {
  const absent = "absent" in file;
  run.layers.push({ layer: "local", name: path, state: absent ? "absent" : "ignored" });
  if (!absent) run.warn("CONFIG_LOCAL_IGNORED", `${path} is there, but is ignored in the profile ${run.profile}.`);
}

function treeOfFile(run: Run, layer: ConfigLayer, path: string, file: TextFile): Tree | undefined {
  run.layers.push({ layer, name: path, state: "absent" in file ? "absent" : "used" });
  if ("absent" in file) return undefined;
  const source = `file:${path}`;
  if ("fault" in file) {
    run.issues.push({ path: "", problem: "unreadable", expected: `a file that can be read: ${file.fault}`, source });
    return undefined;
  }
  try {
    const tree = treeOfJson(readJson(file.text), layer, path);
    if (tree.kind === "branch") return tree;
    run.issues.push({ path: "", problem: "malformed", expected: "a JSON object", source: tree.origin.source });
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    const at = `${source}:${fault.line}:${fault.column}`;
    run.issues.push({ path: "", problem: "malformed", expected: `JSON, but there is ${fault.message}`, source: at });
  }
  return undefined;
}

async function secretsLayer(run: Run): Promise<{ tree: Tree | undefined; files: ReadonlySet<string> }> {
  const { secretsDirectory } = run.options;
  if (secretsDirectory === undefined) {
    run.layers.push({ layer: "secrets", name: "secrets directory", state: "absent" });
    return { tree: undefined, files: new Set() };
  }
  run.places.add(resolve(secretsDirectory));
  const { tree, files } = await secretsTree(run, secretsDirectory);
  report(run, "secrets", secretsDirectory, tree);
  return { tree, files };
}

async function dotenvLayer(run: Run, directory: string): Promise<{ variables: Variables }> {
  const { envFile } = run.options;
  const path = typeof envFile === "string" ? envFile : join(dirname(directory), ".env");
  if (envFile === false || run.profile !== "development") {
    run.layers.push({ layer: "dotenv", name: envFile === false ? ".env" : path, state: "ignored" });
    return { variables: new Map() };
  }
  run.places.add(dirname(resolve(path)));
  const file = await readTextFile(path, CONFIG_FILE_LIMIT);
  run.layers.push({ layer: "dotenv", name: path, state: "absent" in file ? "absent" : "used" });
  if ("fault" in file)
    run.issues.push({
      path: "",
      problem: "unreadable",
      expected: `a file that can be read: ${file.fault}`,
      source: `file:${path}`,
    });
  if (!("text" in file)) return { variables: new Map() };
  const { entries, faults } = readDotenv(file.text);
  for (const { message, line, column } of faults)
    run.issues.push({ path: "", problem: "malformed", expected: message, source: `file:${path}:${line}:${column}` });
  return { variables: dotenvVariables(entries, path) };
}

function report(run: Run, layer: ConfigLayer, name: string, tree: Tree): void {
  const used = tree.kind === "branch" && tree.members.size > 0;
  run.layers.push({ layer, name, state: used ? "used" : "empty" });
}
