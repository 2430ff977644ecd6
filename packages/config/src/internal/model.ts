import { isSensitiveKey } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import { expectationOf, holdsSecret, isOpen, shapeOf, type Unwrapped, unwrap } from "./shape.ts";
import { type FieldMark, isSchema, mayBeAbsent, type Schema } from "./zod.ts";

/** Why a value must not be shown: it is declared secret, is a URL that carries a password, or has a credential's name. */
export type Sensitivity = "secret" | "url" | "name";

/** A value that can be configured: a leaf of the schema, with one environment variable. */
export interface Field {
  readonly kind: "field";
  readonly path: string;
  readonly env: string;
  readonly schema: Schema;
  readonly mark: FieldMark | undefined;
  /** Whether a configuration without it is refused. */
  readonly required: boolean;
  readonly fallback: (() => unknown) | undefined;
  readonly sensitivity: Sensitivity | undefined;
  /** Whether all of it was declared secret, and not just a part. */
  readonly declared: boolean;
  readonly transforms: boolean;
  readonly expected: string;
  readonly description: string | undefined;
  readonly example: unknown;
}

/** An object of the schema, whose members are configured one by one. */
export interface Section {
  readonly kind: "section";
  readonly path: string;
  readonly schema: Schema;
  readonly members: ReadonlyMap<string, Field | Section>;
  /** Whether it may be left out as a whole. */
  readonly absentable: boolean;
  readonly fallback: (() => unknown) | undefined;
  /** Whether members that the schema does not name are kept. */
  readonly open: boolean;
}

/** A schema as the loader sees it. */
export interface Model {
  readonly schema: Schema;
  readonly root: Section;
  /** In the order of the schema. */
  readonly fields: readonly Field[];
  readonly byEnv: ReadonlyMap<string, Field>;
  readonly byPath: ReadonlyMap<string, Field>;
  /** With its underscore, or empty. */
  readonly prefix: string;
}

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

interface Building {
  readonly fields: Field[];
  readonly prefix: string;
  readonly ancestors: Set<Schema>;
}

/**
 * Reads a schema.
 *
 * @throws TypeError when it is no object schema of zod 4, or two of its fields have one variable
 */
export function modelOf(schema: Schema, prefix: string | undefined): Model {
  if (!isSchema(schema)) throw new TypeError("schema must be an object schema of zod 4");
  const normal = normalPrefix(prefix);
  const known = models.get(schema);
  // A watched configuration is read over and over with one schema.
  if (known?.prefix === normal) return known;
  const model = readModel(schema, normal);
  models.set(schema, model);
  return model;
}

const models = new WeakMap<Schema, Model>();

function readModel(schema: Schema, prefix: string): Model {
  const building: Building = { fields: [], prefix, ancestors: new Set() };
  const root = shapeOf(unwrap(schema)) && nodeOf(schema, [], true, building);
  if (root?.kind !== "section") throw new TypeError("schema must be an object schema of zod 4; got another type of it");
  const byEnv = new Map<string, Field>();
  for (const field of building.fields) {
    const other = byEnv.get(field.env);
    if (other !== undefined)
      throw new TypeError(`schema: ${other.path} and ${field.path} would both be read from ${field.env}`);
    byEnv.set(field.env, field);
  }
  const byPath = new Map(building.fields.map((field) => [field.path, field]));
  return { schema, root, fields: building.fields, byEnv, byPath, prefix: building.prefix };
}

function normalPrefix(prefix: string | undefined): string {
  if (prefix === undefined || prefix === "") return "";
  if (typeof prefix !== "string" || !/^[A-Za-z][A-Za-z0-9_]*$/.test(prefix))
    throw new TypeError(`prefix must be letters, digits and underscores; got ${showValue(prefix)}`);
  return `${prefix.replace(/_+$/, "")}_`;
}

function nodeOf(schema: Schema, path: readonly string[], needed: boolean, building: Building): Field | Section {
  const unwrapped = unwrap(schema);
  const shape = building.ancestors.has(unwrapped.base) ? undefined : shapeOf(unwrapped);
  if (shape === undefined) {
    const field = fieldOf(schema, unwrapped, path, needed, building.prefix);
    building.fields.push(field);
    return field;
  }
  building.ancestors.add(unwrapped.base);
  const members = new Map<string, Field | Section>();
  for (const [key, member] of shape) {
    if (key === "" || key.includes(".") || key === "__proto__")
      throw new TypeError(
        `schema: ${JSON.stringify([...path, key].join("."))} cannot be a path: a key is empty or has a dot`,
      );
    members.set(key, nodeOf(member, [...path, key], needed && !unwrapped.absentable, building));
  }
  building.ancestors.delete(unwrapped.base);
  const { absentable, fallback } = unwrapped;
  return { kind: "section", path: path.join("."), schema, members, absentable, fallback, open: isOpen(unwrapped) };
}

function fieldOf(
  schema: Schema,
  unwrapped: Unwrapped,
  path: readonly string[],
  needed: boolean,
  prefix: string,
): Field {
  const { meta, mark, transforms } = unwrapped;
  const env = meta.env ?? prefix + path.map(variablePart).join("__");
  const name = path.join(".");
  if (typeof env !== "string" || !ENV_NAME.test(env))
    throw new TypeError(`schema: env of ${name} must be letters, digits and underscores; got ${showValue(env)}`);
  return {
    kind: "field",
    path: name,
    env,
    schema,
    mark,
    required: needed && !mayBeAbsent(schema),
    fallback: unwrapped.fallback,
    declared: meta.secret === true,
    sensitivity: sensitivityOf(schema, unwrapped, path.at(-1) ?? ""),
    transforms,
    expected: expectationOf(schema),
    description: meta.description,
    example: meta.example,
  };
}

function sensitivityOf(schema: Schema, { mark, meta }: Unwrapped, key: string): Sensitivity | undefined {
  if (meta.secret === true || holdsSecret(schema)) return "secret";
  if (meta.secret === false) return undefined;
  if (mark?.secret === "url") return "url";
  return isSensitiveKey(key) ? "name" : undefined;
}

/** The field at a path, or the one that a path leads into. */
export function fieldAt(model: Model, path: readonly PropertyKey[]): Field | undefined {
  for (let length = path.length; length > 0; length--) {
    const field = model.byPath.get(path.slice(0, length).map(String).join("."));
    if (field !== undefined) return field;
  }
  return undefined;
}

/** `poolSize` becomes `POOL_SIZE`, `tlsCA` `TLS_CA`. */
function variablePart(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}
