import { join } from "node:path";
import type { DotenvEntry } from "./dotenv.ts";
import { JsonFault, readJson } from "./json.ts";
import type { Field, Section } from "./model.ts";
import { files } from "./node-builtins.ts";
import { pathBelow } from "./parts.ts";
import type { Run } from "./run.ts";
import { pathText } from "./text.ts";
import { readSecretFile } from "./text-file.ts";
import {
  type Branch,
  branch,
  type ConfigLayer,
  type Leaf,
  leaf,
  merge,
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

/** A copy of the environment without what is unset, or empty where that does not count. */
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

// What a getter of the host throws may hold a value.
function read(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  try {
    return env[name];
  } catch {
    throw new TypeError(`env.${name} must be readable; a getter or trap of it threw`);
  }
}

/** The entries of a `.env` file that are not empty. */
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

/** The values that the variables of one layer set, directly or through a file named by `X_FILE`. */
export function variableTree(run: Run, layer: ConfigLayer, variables: Variables): Branch {
  const tree = branch({ layer, source: layer });
  if (variables.size === 0) return tree;
  for (const section of run.model.sections) {
    const whole = sectionTree(run, section, variables);
    if (whole !== undefined) place(tree, section.path.split("."), whole);
  }
  for (const field of run.model.fields) {
    const value = fieldTree(run, field, variables);
    if (value !== undefined) place(tree, field.path.split("."), value);
  }
  return tree;
}

/** A section that one variable holds as JSON. Text that is no JSON object belongs to somebody else, as in `USER=root`. */
function sectionTree(run: Run, section: Section, variables: Variables): Tree | undefined {
  const name = section.names.find((candidate) => /^\s*\{/.test(variables.get(candidate)?.value ?? ""));
  const variable = name === undefined ? undefined : variables.get(name);
  if (name === undefined || variable === undefined || run.model.byEnv.has(name)) return undefined;
  run.consumed.add(name);
  if (name !== section.names[0])
    run.warn("CONFIG_VARIABLE_DEPRECATED", `${name} is deprecated; use ${section.names[0]}.`);
  return jsonTree(variable, (fault) => {
    const expected = `a JSON object, but there is ${fault.message} at column ${fault.column}`;
    run.issues.push({ path: section.path, env: name, problem: "malformed", expected, source: variable.origin.source });
    // That its members are missing says nothing new.
    for (const { path } of run.model.fields) if (path.startsWith(`${section.path}.`)) run.refused.add(path);
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

function fieldTree(run: Run, field: Field, variables: Variables): Tree | undefined {
  const own = fieldLeaf(run, field, variables);
  if (!field.structured) return own;
  const parts = partTree(run, field, variables);
  const object = own !== undefined && typeof own.value === "string" && /^\s*\{/.test(own.value);
  const whole = object ? jsonTree({ value: own.value as string, origin: own.origin }) : undefined;
  if (own !== undefined && parts !== undefined && whole === undefined) {
    const expected = `${field.env} as a JSON object, or only variables such as ${field.env}${field.separator}…`;
    run.refuse(field, { problem: "conflict", expected, source: own.origin.source });
  }
  return merge(whole ?? own, parts);
}

/** What variables such as `STORAGE__DRIVER` set of a union of objects or a record. */
function partTree(run: Run, field: Field, variables: Variables): Tree | undefined {
  let tree: Branch | undefined;
  // Deprecated names come first, so that the one to use wins.
  for (const base of [...field.aliases.toReversed(), field.env]) {
    const parts = partsBelow(run, field, base, variables);
    tree = merge(tree, parts) as Branch | undefined;
    if (parts !== undefined && base !== field.env)
      run.warn(
        "CONFIG_VARIABLE_DEPRECATED",
        `${base}${field.separator}… is deprecated; use ${field.env}${field.separator}….`,
      );
  }
  return tree;
}

function partsBelow(run: Run, field: Field, base: string, variables: Variables): Branch | undefined {
  const start = `${base}${field.separator}`;
  let tree: Branch | undefined;
  for (const [name, variable] of variables) {
    if (!name.startsWith(start) || run.model.byEnv.has(name)) continue;
    const rest = name.slice(start.length);
    const direct = pathBelow(field.schema, rest, field.separator);
    const pointed = rest.endsWith("_FILE") ? pathBelow(field.schema, rest.slice(0, -5), field.separator) : undefined;
    const path = direct ?? pointed;
    if (path === undefined) continue;
    run.consumed.add(name);
    const value = direct === undefined ? fromFile(run, field, name, variable) : leaf(variable.value, variable.origin);
    if (value === undefined) continue;
    tree ??= branch(variable.origin);
    place(tree, path, value);
  }
  return tree;
}

function fieldLeaf(run: Run, field: Field, variables: Variables): Leaf | undefined {
  const direct = named(run, field, "", variables);
  // A field of that very name keeps its variable.
  const pointer = named(run, field, "_FILE", variables);
  if (direct !== undefined && pointer !== undefined) {
    run.redactor.add(direct.variable.value);
    const expected = `one of ${direct.name} and ${pointer.name}, not both`;
    run.refuse(field, { problem: "conflict", expected, source: pointer.variable.origin.source });
  }
  if (direct !== undefined) return leaf(direct.variable.value, direct.variable.origin);
  return pointer === undefined ? undefined : fromFile(run, field, pointer.name, pointer.variable);
}

/** The variable of a field by its name, else by a deprecated one. */
function named(
  run: Run,
  field: Field,
  ending: string,
  variables: Variables,
): { name: string; variable: Variable } | undefined {
  const at = (name: string): Variable | undefined =>
    ending !== "" && run.model.byEnv.has(name + ending) ? undefined : variables.get(name + ending);
  const variable = at(field.env);
  if (variable !== undefined) return { name: field.env + ending, variable };
  for (const alias of field.aliases) {
    const old = at(alias);
    if (old === undefined) continue;
    run.warn("CONFIG_VARIABLE_DEPRECATED", `${alias}${ending} is deprecated; use ${field.env}${ending}.`);
    return { name: alias + ending, variable: old };
  }
  return undefined;
}

function fromFile(run: Run, field: Field, name: string, pointer: Variable): Leaf | undefined {
  const path = pointer.value;
  const file = readSecretFile(path, run.seen);
  const fault =
    "absent" in file ? "ENOENT" : "fault" in file ? file.fault : file.text === "" ? "it is empty" : undefined;
  if (fault === undefined && "text" in file)
    return leaf(file.text, { layer: pointer.origin.layer, source: pointer.origin.source, via: path, secret: true });
  const expected = `a readable file of at most 64 KiB that holds ${field.expected}`;
  const hint = `${name} names the file ${pathText(path)}: ${fault}`;
  run.refuse(field, { problem: "unreadable", expected, hint, source: pointer.origin.source });
  return undefined;
}

/** The fields that files of the secrets directory set: `DATABASE__URL`, `database__url` or `database.url`. */
export function secretsTree(run: Run, directory: string): { tree: Branch; files: ReadonlySet<string> } {
  const tree = branch({ layer: "secrets", source: "secrets" });
  const names = listing(run, directory);
  for (const field of run.model.fields) {
    const known = [field.env, ...field.aliases].flatMap((name) => [name, name.toLowerCase()]);
    const found = [...new Set([...known, field.path])].filter((name) => names.has(name));
    if (found.length > 1)
      run.refuse(field, { problem: "conflict", expected: `one secret file, not ${found.join(" and ")}` });
    const value = found[0] === undefined ? undefined : secretLeaf(run, field, join(directory, found[0]));
    if (value !== undefined) place(tree, field.path.split("."), value);
  }
  return { tree, files: names };
}

function secretLeaf(run: Run, field: Field, path: string): Leaf | undefined {
  const file = readSecretFile(path, run.seen);
  const origin: Origin = { layer: "secrets", source: `file:${path}`, secret: true };
  if ("text" in file && file.text !== "") return leaf(file.text, origin);
  if ("fault" in file) {
    const expected = `a readable file of at most 64 KiB that holds ${field.expected}`;
    const hint = `the file ${pathText(path)}: ${file.fault}`;
    run.refuse(field, { problem: "unreadable", expected, hint, source: origin.source });
  }
  return undefined;
}

// It was named by the host, so that an absent one is a mistake.
function listing(run: Run, directory: string): ReadonlySet<string> {
  try {
    return new Set(files.readdirSync(directory));
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    const expected = `a directory of secrets that can be read; ${pathText(directory)} gives ${code}`;
    run.issues.push({ path: "", problem: "unreadable", expected, source: `file:${directory}` });
    return new Set();
  }
}
