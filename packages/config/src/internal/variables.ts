import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { DotenvEntry } from "./dotenv.ts";
import type { Field } from "./model.ts";
import type { Run } from "./run.ts";
import { pathText } from "./text.ts";
import { readSecretFile } from "./text-file.ts";
import { type Branch, branch, type ConfigLayer, type Leaf, leaf, type Origin, place } from "./tree.ts";

/** A variable that is set and not empty. */
export interface Variable {
  readonly value: string;
  readonly origin: Origin;
}

/** The variables of one layer, by name. */
export type Variables = ReadonlyMap<string, Variable>;

/** A copy of the environment without what is unset or empty. */
export function environmentVariables(env: Readonly<Record<string, string | undefined>>): Variables {
  const variables = new Map<string, Variable>();
  for (const name of Object.keys(env)) {
    const value = read(env, name);
    if (typeof value === "string" && value !== "")
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
export function dotenvVariables(entries: ReadonlyMap<string, DotenvEntry>, file: string): Variables {
  const variables = new Map<string, Variable>();
  for (const [name, { value, literal, line, column }] of entries) {
    if (value === "") continue;
    const source = `file:${file}:${line}:${column}`;
    variables.set(name, { value, origin: { layer: "dotenv", source, expands: !literal } });
  }
  return variables;
}

/** The fields that the variables of one layer set, directly or through a file named by `X_FILE`. */
export async function variableTree(run: Run, layer: ConfigLayer, variables: Variables): Promise<Branch> {
  const tree = branch({ layer, source: layer });
  const found = await Promise.all(run.model.fields.map((field) => fieldLeaf(run, field, variables)));
  for (const [index, field] of run.model.fields.entries()) {
    const value = found[index];
    if (value !== undefined) place(tree, field.path, value);
  }
  return tree;
}

async function fieldLeaf(run: Run, field: Field, variables: Variables): Promise<Leaf | undefined> {
  const direct = variables.get(field.env);
  const name = `${field.env}_FILE`;
  // A field of that very name keeps its variable.
  const pointer = run.model.byEnv.has(name) ? undefined : variables.get(name);
  if (direct !== undefined && pointer !== undefined) {
    run.redactor.add(direct.value);
    const expected = `one of ${field.env} and ${name}, not both`;
    run.refuse(field, { problem: "conflict", expected, source: pointer.origin.source });
  }
  if (direct !== undefined) return leaf(direct.value, direct.origin);
  return pointer === undefined ? undefined : fromFile(run, field, name, pointer);
}

async function fromFile(run: Run, field: Field, name: string, pointer: Variable): Promise<Leaf | undefined> {
  const path = pointer.value;
  run.places.add(dirname(resolve(path)));
  const file = await readSecretFile(path);
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
export async function secretsTree(run: Run, directory: string): Promise<{ tree: Branch; files: ReadonlySet<string> }> {
  const tree = branch({ layer: "secrets", source: "secrets" });
  const files = await listing(run, directory);
  const read = async (field: Field): Promise<void> => {
    const names = [...new Set([field.env, field.env.toLowerCase(), field.path])].filter((name) => files.has(name));
    if (names.length > 1)
      run.refuse(field, { problem: "conflict", expected: `one secret file, not ${names.join(" and ")}` });
    const [name] = names;
    if (name === undefined) return;
    const path = join(directory, name);
    const file = await readSecretFile(path);
    const origin: Origin = { layer: "secrets", source: `file:${path}`, secret: true };
    if ("text" in file && file.text !== "") place(tree, field.path, leaf(file.text, origin));
    if (!("fault" in file)) return;
    const expected = `a readable file of at most 64 KiB that holds ${field.expected}`;
    run.refuse(field, {
      problem: "unreadable",
      expected,
      hint: `the file ${pathText(path)}: ${file.fault}`,
      source: origin.source,
    });
  };
  await Promise.all(run.model.fields.map(read));
  return { tree, files };
}

async function listing(run: Run, directory: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(directory));
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code === "ENOENT") return new Set();
    const expected = `a directory of secrets that can be read; ${pathText(directory)} gives ${code}`;
    run.issues.push({ path: "", problem: "unreadable", expected, source: `file:${directory}` });
    return new Set();
  }
}
