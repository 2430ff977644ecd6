import { join } from "node:path";
import { readMember } from "@seaworthy/core/objects";
import type { DotenvEntry } from "./dotenv.ts";
import { JsonFault, readJson } from "./json.ts";
import type { LoadState } from "./load-state.ts";
import type { Field, Section } from "./model.ts";
import { files } from "./node-builtins.ts";
import { pathBelow } from "./parts.ts";
import { pathText } from "./text.ts";
import { readSecretFile } from "./text-file.ts";
import {
  type Branch,
  branch,
  type ConfigLayer,
  type Leaf,
  leaf,
  merge,
  mergeBranches,
  type Origin,
  place,
  type Tree,
  treeOfNode,
} from "./tree.ts";

/** A variable that is set. */
export interface Variable {
  readonly value: string;
  readonly origin: Origin;
}

/** The variables of one layer, by name. */
export type Variables = ReadonlyMap<string, Variable>;

/** Returns a copy of the environment without variables that are unset, or empty where that counts as unset. */
export function environmentVariables(
  env: Readonly<Record<string, string | undefined>>,
  keepsEmpty: (name: string) => boolean,
): Variables {
  const variables = new Map<string, Variable>();
  for (const name of Object.keys(env)) {
    const value = read(env, name);
    if (typeof value === "string" && (value !== "" || keepsEmpty(name)))
      variables.set(name, { value, origin: { layer: "environment", source: `env:${name}`, expands: true } });
  }
  return variables;
}

// The error of a getter may contain a value, so it is dropped.
function read(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  try {
    return env[name];
  } catch {
    throw new TypeError(`env.${name} must be readable; a getter or trap of it threw`);
  }
}

/** Returns the entries of a `.env` file that are not empty. */
export function dotenvVariables(
  entries: ReadonlyMap<string, DotenvEntry>,
  file: string,
  keepsEmpty: (name: string) => boolean,
): Variables {
  const variables = new Map<string, Variable>();
  for (const [name, { value, literal, line, column }] of entries) {
    if (value === "" && !keepsEmpty(name)) continue;
    const source = `file:${file}:${line}:${column}`;
    variables.set(name, { value, origin: { layer: "dotenv", source, expands: !literal } });
  }
  return variables;
}

/** Returns the values that the variables of a layer set, directly or through a file that `X_FILE` names. */
export function variableTree(state: LoadState, layer: ConfigLayer, variables: Variables): Branch {
  const tree = branch({ layer, source: layer });
  if (variables.size === 0) return tree;
  for (const section of state.model.sections) {
    const whole = sectionTree(state, section, variables);
    if (whole !== undefined) place(tree, section.path.split("."), whole);
  }
  for (const field of state.model.fields) {
    const value = fieldTree(state, field, variables);
    if (value !== undefined) place(tree, field.path.split("."), value);
  }
  return tree;
}

/** A section that a variable holds as JSON. Other text belongs to another program, as in `USER=root` for a section `user`. */
function sectionTree(state: LoadState, section: Section, variables: Variables): Tree | undefined {
  const name = section.names.find((candidate) => /^\s*\{/.test(variables.get(candidate)?.value ?? ""));
  const variable = name === undefined ? undefined : variables.get(name);
  if (name === undefined || variable === undefined || state.model.byEnv.has(name)) return undefined;
  state.visited.variables.add(name);
  if (name !== section.names[0])
    state.findings.warn("CONFIG_VARIABLE_DEPRECATED", `${name} is deprecated; use ${section.names[0]}.`);
  return jsonTree(variable, (fault) => {
    const expected = `a JSON object, but there is ${fault.message} at column ${fault.column}`;
    state.findings.add({
      path: section.path,
      env: name,
      problem: "malformed",
      expected,
      source: variable.origin.source,
    });
    // Its members are missing for the same reason.
    for (const { path } of state.model.fields) if (path.startsWith(`${section.path}.`)) state.findings.ignore(path);
  });
}

function jsonTree({ value, origin }: Variable, onFault?: (fault: JsonFault) => void): Tree | undefined {
  try {
    return treeOfNode(readJson(value), () => origin);
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    onFault?.(fault);
    return undefined;
  }
}

function fieldTree(state: LoadState, field: Field, variables: Variables): Tree | undefined {
  const own = fieldLeaf(state, field, variables);
  if (!field.structured) return own;
  const parts = partTree(state, field, variables);
  const object = own !== undefined && typeof own.value === "string" && /^\s*\{/.test(own.value);
  const whole = object ? jsonTree({ value: String(own.value), origin: own.origin }) : undefined;
  if (own !== undefined && parts !== undefined && whole === undefined) {
    const expected = `${field.env} as a JSON object, or only variables such as ${field.env}${field.separator}…`;
    state.findings.refuse(field, { problem: "conflict", expected, source: own.origin.source });
  }
  return merge(whole ?? own, parts);
}

/** The parts of a union of objects or a record that variables such as `STORAGE__DRIVER` set. */
function partTree(state: LoadState, field: Field, variables: Variables): Tree | undefined {
  let tree: Branch | undefined;
  // Deprecated names come first, so that the current name wins.
  for (const base of [...field.aliases.toReversed(), field.env]) {
    const parts = partsBelow(state, field, base, variables);
    tree = tree === undefined || parts === undefined ? (parts ?? tree) : mergeBranches(tree, parts);
    if (parts !== undefined && base !== field.env)
      state.findings.warn(
        "CONFIG_VARIABLE_DEPRECATED",
        `${base}${field.separator}… is deprecated; use ${field.env}${field.separator}….`,
      );
  }
  return tree;
}

function partsBelow(state: LoadState, field: Field, base: string, variables: Variables): Branch | undefined {
  const start = `${base}${field.separator}`;
  let tree: Branch | undefined;
  for (const [name, variable] of variables) {
    if (!name.startsWith(start) || state.model.byEnv.has(name)) continue;
    const rest = name.slice(start.length);
    const direct = pathBelow(field.schema, rest, field.separator);
    const pointed = rest.endsWith("_FILE") ? pathBelow(field.schema, rest.slice(0, -5), field.separator) : undefined;
    const path = direct ?? pointed;
    if (path === undefined) continue;
    state.visited.variables.add(name);
    const value = direct === undefined ? fromFile(state, field, name, variable) : leaf(variable.value, variable.origin);
    if (value === undefined) continue;
    tree ??= branch(variable.origin);
    place(tree, path, value);
  }
  return tree;
}

function fieldLeaf(state: LoadState, field: Field, variables: Variables): Leaf | undefined {
  const direct = named(state, field, "", variables);
  // If another field is called so, the variable belongs to that field.
  const pointer = named(state, field, "_FILE", variables);
  if (direct !== undefined && pointer !== undefined) {
    state.disclosure.redactor.add(direct.variable.value);
    const expected = `one of ${direct.name} and ${pointer.name}, not both`;
    state.findings.refuse(field, { problem: "conflict", expected, source: pointer.variable.origin.source });
  }
  if (direct !== undefined) return leaf(direct.variable.value, direct.variable.origin);
  return pointer === undefined ? undefined : fromFile(state, field, pointer.name, pointer.variable);
}

/** The variable of a field under its name, or else under a deprecated name. */
function named(
  state: LoadState,
  field: Field,
  ending: string,
  variables: Variables,
): { name: string; variable: Variable } | undefined {
  const at = (name: string): Variable | undefined =>
    ending !== "" && state.model.byEnv.has(name + ending) ? undefined : variables.get(name + ending);
  const variable = at(field.env);
  if (variable !== undefined) return { name: field.env + ending, variable };
  for (const alias of field.aliases) {
    const old = at(alias);
    if (old === undefined) continue;
    state.findings.warn("CONFIG_VARIABLE_DEPRECATED", `${alias}${ending} is deprecated; use ${field.env}${ending}.`);
    return { name: alias + ending, variable: old };
  }
  return undefined;
}

function fromFile(state: LoadState, field: Field, name: string, pointer: Variable): Leaf | undefined {
  const path = pointer.value;
  const file = readSecretFile(path, state.visited.files);
  const fault =
    "absent" in file ? "ENOENT" : "fault" in file ? file.fault : file.text === "" ? "it is empty" : undefined;
  if (fault === undefined && "text" in file)
    return leaf(file.text, { layer: pointer.origin.layer, source: pointer.origin.source, via: path, secret: true });
  const expected = `a readable file of at most 64 KiB that holds ${field.expected}`;
  const hint = `${name} names the file ${pathText(path)}: ${fault}`;
  state.findings.refuse(field, { problem: "unreadable", expected, hint, source: pointer.origin.source });
  return undefined;
}

/** The fields that files of the secrets directory set: `DATABASE__URL`, `database__url` or `database.url`. */
export function secretsTree(state: LoadState, directory: string): { tree: Branch; files: ReadonlySet<string> } {
  const tree = branch({ layer: "secrets", source: "secrets" });
  const names = listing(state, directory);
  for (const field of state.model.fields) {
    const known = [field.env, ...field.aliases].flatMap((name) => [name, name.toLowerCase()]);
    const found = [...new Set([...known, field.path])].filter((name) => names.has(name));
    if (found.length > 1)
      state.findings.refuse(field, { problem: "conflict", expected: `one secret file, not ${found.join(" and ")}` });
    const value = found[0] === undefined ? undefined : secretLeaf(state, field, join(directory, found[0]));
    if (value !== undefined) place(tree, field.path.split("."), value);
  }
  return { tree, files: names };
}

function secretLeaf(state: LoadState, field: Field, path: string): Leaf | undefined {
  const file = readSecretFile(path, state.visited.files);
  const origin: Origin = { layer: "secrets", source: `file:${path}`, secret: true };
  if ("text" in file && file.text !== "") return leaf(file.text, origin);
  if ("fault" in file) {
    const expected = `a readable file of at most 64 KiB that holds ${field.expected}`;
    const hint = `the file ${pathText(path)}: ${file.fault}`;
    state.findings.refuse(field, { problem: "unreadable", expected, hint, source: origin.source });
  }
  return undefined;
}

// An option named the directory, so it must exist.
function listing(state: LoadState, directory: string): ReadonlySet<string> {
  try {
    return new Set(files.readdirSync(directory));
  } catch (error) {
    const code = String(readMember(error, "code"));
    const expected = `a directory of secrets that can be read; ${pathText(directory)} gives ${code}`;
    state.findings.add({ path: "", problem: "unreadable", expected, source: `file:${directory}` });
    return new Set();
  }
}
