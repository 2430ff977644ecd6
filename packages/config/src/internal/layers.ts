import { dirname, join, resolve } from "node:path";
import { readMember } from "@seaworthy/core/objects";
import type { ConfigIssue } from "../errors.ts";
import { argumentTree } from "./arguments.ts";
import { readDotenv } from "./dotenv.ts";
import type { VariableSources } from "./expand.ts";
import { JsonFault, readJson } from "./json.ts";
import type { LoadConfigOptions } from "./load-options.ts";
import type { LoadState } from "./load-state.ts";
import { files } from "./node-builtins.ts";
import { DEVELOPMENT, warnOfProfile } from "./profile.ts";
import { pathText } from "./text.ts";
import { CONFIG_FILE_LIMIT, readTextFile, signatureAt } from "./text-file.ts";
import { type ConfigLayer, merge, type Tree, treeOfJson, treeOfObject } from "./tree.ts";
import { dotenvVariables, secretsTree, type Variables, variableTree } from "./variables.ts";

/** The result of reading all layers. */
export interface Layers {
  readonly merged: Tree | undefined;
  /** The variables, strongest first. */
  readonly variables: readonly Variables[];
  readonly sources: VariableSources;
}

const FILE_LAYERS = ["default", "profile", "local"] as const;

/** Reads every layer and merges them. A problem of a layer becomes a finding. */
export function readLayers(state: LoadState, environment: Variables): Layers {
  const { options, model } = state;
  const overrides = treeOfObject(options.overrides ?? {}, "overrides", "overrides");
  const fromFiles = fileTrees(state);
  const secrets = secretsLayer(state);
  const dotenv = dotenvLayer(state);
  const fromDotenv = variableTree(state, "dotenv", dotenv);
  const fromEnvironment = variableTree(state, "environment", environment);
  const fromArguments = argumentTree(state, options.args ?? []);
  report(state, "environment", "environment", fromEnvironment);
  report(state, "arguments", "arguments", fromArguments);
  report(state, "overrides", "overrides", overrides);
  const variables = [environment, dotenv];
  const sources: VariableSources = {
    model,
    layers: variables,
    secretsDirectory: options.secretsDirectory,
    secretFiles: secrets.files,
    seen: state.visited.files,
    known: new Map(),
  };
  const trees = [...fromFiles, secrets.tree, fromDotenv, fromEnvironment, fromArguments, overrides];
  return { merged: trees.reduce(merge, undefined), variables, sources };
}

/** The directories of the files, in the order in which they are read. */
function directoriesOf({ directory = "config" }: LoadConfigOptions): readonly string[] {
  if (directory === false) return [];
  return typeof directory === "string" ? [directory] : directory;
}

function fileTrees(state: LoadState): (Tree | undefined)[] {
  const { options, profile } = state;
  const directories = directoriesOf(options);
  if (options.directory !== undefined) for (const directory of directories) checkDirectory(state, directory);
  const trees: (Tree | undefined)[] = [];
  let hasProfile = false;
  for (const layer of FILE_LAYERS) {
    for (const directory of directories) {
      const path = join(directory, `${layer === "profile" ? profile : layer}.json`);
      const tree =
        layer === "local" && profile !== DEVELOPMENT ? ignoreLocal(state, path) : fileTree(state, layer, path);
      if (layer === "profile" && tree !== undefined) hasProfile = true;
      trees.push(tree);
    }
  }
  if (!hasProfile) warnOfProfile(state);
  return trees;
}

// A directory that an option names must exist. With a mistyped path, the service would otherwise run with defaults.
function checkDirectory(state: LoadState, directory: string): void {
  let fault = "ENOENT";
  try {
    const found = files.statSync(directory, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return;
    if (found !== undefined) fault = "it is not a directory";
  } catch (error) {
    fault = String(readMember(error, "code"));
  }
  const expected = `a directory of configuration files that can be read; ${pathText(directory)} gives ${fault}`;
  state.findings.add({ path: "", problem: "unreadable", expected, source: `file:${directory}` });
  state.visited.files.set(resolve(directory), "absent");
}

function ignoreLocal(state: LoadState, path: string): undefined {
  const found = signatureAt(path);
  const absent = found === "absent" || found.startsWith("fault");
  state.visited.layers.push({ layer: "local", name: path, state: absent ? "absent" : "ignored" });
  // An invalid profile is reported as an issue.
  if (!absent && state.profile !== "invalid")
    state.findings.warn("CONFIG_LOCAL_IGNORED", `${path} exists, but it is ignored in the profile ${state.profile}.`);
}

function fileTree(state: LoadState, layer: ConfigLayer, path: string): Tree | undefined {
  const file = readTextFile(path, CONFIG_FILE_LIMIT, state.visited.files);
  state.visited.layers.push({ layer, name: path, state: "absent" in file ? "absent" : "used" });
  if ("absent" in file) return undefined;
  const source = `file:${path}`;
  if ("fault" in file) {
    state.findings.add(unreadable(path, file.fault));
    return undefined;
  }
  try {
    const tree = treeOfJson(readJson(file.text), layer, path);
    if (tree.kind === "branch") return tree;
    state.findings.add({ path: "", problem: "malformed", expected: "a JSON object", source: tree.origin.source });
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    const at = `${source}:${fault.line}:${fault.column}`;
    state.findings.add({ path: "", problem: "malformed", expected: `JSON, but there is ${fault.message}`, source: at });
  }
  return undefined;
}

function unreadable(path: string, fault: string): ConfigIssue {
  return { path: "", problem: "unreadable", expected: `a file that can be read: ${fault}`, source: `file:${path}` };
}

function secretsLayer(state: LoadState): { tree: Tree | undefined; files: ReadonlySet<string> } {
  const { secretsDirectory } = state.options;
  if (secretsDirectory === undefined) {
    state.visited.layers.push({ layer: "secrets", name: "secrets directory", state: "absent" });
    return { tree: undefined, files: new Set() };
  }
  state.visited.directories.add(resolve(secretsDirectory));
  state.visited.files.set(resolve(secretsDirectory), signatureAt(secretsDirectory));
  const { tree, files: names } = secretsTree(state, secretsDirectory);
  report(state, "secrets", secretsDirectory, tree);
  return { tree, files: names };
}

/** The variables of the `.env` files. Those of the profile's own file win over those of `.env`. */
function dotenvLayer(state: LoadState): Variables {
  const { options, profile } = state;
  const { envFile } = options;
  if (typeof envFile === "string") return dotenvFile(state, envFile, true);
  const common = defaultDotenv(state);
  const isRead = envFile !== false && profile === DEVELOPMENT;
  if (!isRead) state.visited.layers.push({ layer: "dotenv", name: common, state: "ignored" });
  if (envFile === false) return new Map();
  const shared = isRead ? dotenvFile(state, common, false) : [];
  return new Map([...shared, ...dotenvFile(state, `${common}.${profile}`, false)]);
}

function dotenvFile(state: LoadState, path: string, isRequired: boolean): Variables {
  const file = readTextFile(path, CONFIG_FILE_LIMIT, state.visited.files);
  state.visited.layers.push({ layer: "dotenv", name: path, state: "absent" in file ? "absent" : "used" });
  if ("fault" in file) state.findings.add(unreadable(path, file.fault));
  if ("absent" in file && isRequired) state.findings.add(unreadable(path, "ENOENT"));
  if (!("text" in file)) return new Map();
  const { entries, faults, repeated } = readDotenv(file.text);
  for (const { message, line, column } of faults)
    state.findings.add({ path: "", problem: "malformed", expected: message, source: `file:${path}:${line}:${column}` });
  for (const { name, line } of repeated)
    state.findings.warn("CONFIG_DOTENV_DUPLICATE", `${name} occurs more than once in ${path}; line ${line} wins.`);
  return dotenvVariables(entries, path, (name) => state.model.byEnv.get(name)?.keepEmpty === true);
}

/** The path of the `.env` file that is read in development, and only mentioned in other profiles. */
export function defaultDotenv({ options }: LoadState): string {
  const [directory] = directoriesOf(options);
  return join(directory === undefined ? "." : dirname(directory), ".env");
}

function report(state: LoadState, layer: ConfigLayer, name: string, tree: Tree): void {
  const used = tree.kind === "branch" && tree.members.size > 0;
  state.visited.layers.push({ layer, name, state: used ? "used" : "empty" });
}
