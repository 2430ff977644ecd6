import { dirname, join, resolve } from "node:path";
import type { ConfigIssue } from "../errors.ts";
import { argumentTree } from "./arguments.ts";
import { readDotenv } from "./dotenv.ts";
import type { VariableSources } from "./expand.ts";
import { JsonFault, readJson } from "./json.ts";
import { files } from "./node-builtins.ts";
import { DEVELOPMENT, warnOfProfile } from "./profile.ts";
import type { Run } from "./run.ts";
import { pathText } from "./text.ts";
import { CONFIG_FILE_LIMIT, readTextFile, signatureAt } from "./text-file.ts";
import { type ConfigLayer, merge, type Tree, treeOfJson, treeOfObject } from "./tree.ts";
import { dotenvVariables, secretsTree, type Variables, variableTree } from "./variables.ts";

/** Everything that was read. */
export interface Layers {
  readonly merged: Tree | undefined;
  /** The variables, strongest first. */
  readonly variables: readonly Variables[];
  readonly sources: VariableSources;
}

const FILE_LAYERS = ["default", "profile", "local"] as const;

/** Reads every layer and merges them. What is wrong with a layer is an issue of the run. */
export function readLayers(run: Run, environment: Variables): Layers {
  const { options, model } = run;
  const overrides = treeOfObject(options.overrides ?? {}, "overrides", "overrides");
  const fromFiles = fileTrees(run);
  const secrets = secretsLayer(run);
  const dotenv = dotenvLayer(run);
  const fromDotenv = variableTree(run, "dotenv", dotenv);
  const fromEnvironment = variableTree(run, "environment", environment);
  const fromArguments = argumentTree(run, options.args ?? []);
  report(run, "environment", "environment", fromEnvironment);
  report(run, "arguments", "arguments", fromArguments);
  report(run, "overrides", "overrides", overrides);
  const variables = [environment, dotenv];
  const sources: VariableSources = {
    model,
    layers: variables,
    secretsDirectory: options.secretsDirectory,
    secretFiles: secrets.files,
    seen: run.seen,
    known: new Map(),
  };
  const trees = [...fromFiles, secrets.tree, fromDotenv, fromEnvironment, fromArguments, overrides];
  return { merged: trees.reduce(merge, undefined), variables, sources };
}

/** The directories of the files, in the order in which they are read. */
function directoriesOf({ directory = "config" }: Run["options"]): readonly string[] {
  return directory === false ? [] : ([directory].flat() as string[]);
}

function fileTrees(run: Run): (Tree | undefined)[] {
  const { options, profile } = run;
  const directories = directoriesOf(options);
  if (options.directory !== undefined) for (const directory of directories) checkDirectory(run, directory);
  const trees: (Tree | undefined)[] = [];
  let hasProfile = false;
  for (const layer of FILE_LAYERS) {
    for (const directory of directories) {
      const path = join(directory, `${layer === "profile" ? profile : layer}.json`);
      const tree = layer === "local" && profile !== DEVELOPMENT ? ignoreLocal(run, path) : fileTree(run, layer, path);
      if (layer === "profile" && tree !== undefined) hasProfile = true;
      trees.push(tree);
    }
  }
  if (!hasProfile) warnOfProfile(run);
  return trees;
}

// What the host names must be there; a mistyped path would otherwise run with defaults.
function checkDirectory(run: Run, directory: string): void {
  let fault = "ENOENT";
  try {
    const found = files.statSync(directory, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return;
    if (found !== undefined) fault = "it is not a directory";
  } catch (error) {
    fault = String((error as { code?: unknown }).code);
  }
  const expected = `a directory of configuration files that can be read; ${pathText(directory)} gives ${fault}`;
  run.issues.push({ path: "", problem: "unreadable", expected, source: `file:${directory}` });
  run.seen.set(resolve(directory), "absent");
}

function ignoreLocal(run: Run, path: string): undefined {
  const found = signatureAt(path);
  const absent = found === "absent" || found.startsWith("fault");
  run.layers.push({ layer: "local", name: path, state: absent ? "absent" : "ignored" });
  // A profile that cannot be one is told as such.
  if (!absent && run.profile !== "invalid")
    run.warn("CONFIG_LOCAL_IGNORED", `${path} is there, but is ignored in the profile ${run.profile}.`);
}

function fileTree(run: Run, layer: ConfigLayer, path: string): Tree | undefined {
  const file = readTextFile(path, CONFIG_FILE_LIMIT, run.seen);
  run.layers.push({ layer, name: path, state: "absent" in file ? "absent" : "used" });
  if ("absent" in file) return undefined;
  const source = `file:${path}`;
  if ("fault" in file) {
    run.issues.push(unreadable(path, file.fault));
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

function unreadable(path: string, fault: string): ConfigIssue {
  return { path: "", problem: "unreadable", expected: `a file that can be read: ${fault}`, source: `file:${path}` };
}

function secretsLayer(run: Run): { tree: Tree | undefined; files: ReadonlySet<string> } {
  const { secretsDirectory } = run.options;
  if (secretsDirectory === undefined) {
    run.layers.push({ layer: "secrets", name: "secrets directory", state: "absent" });
    return { tree: undefined, files: new Set() };
  }
  run.directories.add(resolve(secretsDirectory));
  run.seen.set(resolve(secretsDirectory), signatureAt(secretsDirectory));
  const { tree, files: names } = secretsTree(run, secretsDirectory);
  report(run, "secrets", secretsDirectory, tree);
  return { tree, files: names };
}

function dotenvLayer(run: Run): Variables {
  const { envFile } = run.options;
  const path = typeof envFile === "string" ? envFile : defaultDotenv(run);
  if (envFile === false || (envFile === undefined && run.profile !== DEVELOPMENT)) {
    run.layers.push({ layer: "dotenv", name: path, state: "ignored" });
    return new Map();
  }
  const file = readTextFile(path, CONFIG_FILE_LIMIT, run.seen);
  run.layers.push({ layer: "dotenv", name: path, state: "absent" in file ? "absent" : "used" });
  if ("fault" in file) run.issues.push(unreadable(path, file.fault));
  if ("absent" in file && envFile !== undefined) run.issues.push(unreadable(path, "ENOENT"));
  if (!("text" in file)) return new Map();
  const { entries, faults, repeated } = readDotenv(file.text);
  for (const { message, line, column } of faults)
    run.issues.push({ path: "", problem: "malformed", expected: message, source: `file:${path}:${line}:${column}` });
  for (const { name, line } of repeated)
    run.warn("CONFIG_DOTENV_DUPLICATE", `${name} stands more than once in ${path}; line ${line} wins.`);
  return dotenvVariables(entries, path, (name) => run.model.byEnv.get(name)?.keepEmpty === true);
}

/** The `.env` file that is read in development, and mentioned elsewhere. */
export function defaultDotenv({ options }: Run): string {
  const [directory] = directoriesOf(options);
  return join(directory === undefined ? "." : dirname(directory), ".env");
}

function report(run: Run, layer: ConfigLayer, name: string, tree: Tree): void {
  const used = tree.kind === "branch" && tree.members.size > 0;
  run.layers.push({ layer, name, state: used ? "used" : "empty" });
}
