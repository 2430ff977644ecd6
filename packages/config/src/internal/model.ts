import { showValue } from "@seaworthy/core/options";
import { checkDefaults } from "./defaults.ts";
import { checkMetadata, type FieldMeta } from "./metadata.ts";
import { holdsSecret, type View, Views } from "./secrecy.ts";
import { childrenOf, expectationOf, isOpen, isStructured, shapeOf, type Unwrapped, unwrap } from "./shape.ts";
import { variablePart } from "./variable-name.ts";
import { accepts, definitionOf, type FieldMark, isSchema, mayBeAbsent, metadataOf, type Schema } from "./zod.ts";

/** Why a value must not be shown: it is declared secret, is a URL that may have a password, or has the name of a credential. */
export type Sensitivity = "secret" | "url" | "name";

/** A value that can be configured: a leaf of the schema. It has one environment variable. */
export interface Field {
  readonly kind: "field";
  readonly path: string;
  readonly env: string;
  /** Deprecated names of the variable. */
  readonly aliases: readonly string[];
  /** The separator between the name of the variable and the names of its parts. */
  readonly separator: string;
  /** Whether variables such as `STORAGE__DRIVER` may set parts of it. */
  readonly structured: boolean;
  readonly keepEmpty: boolean;
  readonly schema: Schema;
  readonly view: View;
  readonly mark: FieldMark | undefined;
  /** Whether a configuration without it is refused. */
  readonly required: boolean;
  /** The profiles in which it is required although it is optional. */
  readonly requiredIn: readonly string[];
  /** The defaults by profile. */
  readonly defaultIn: ReadonlyMap<string, unknown>;
  readonly fallback: (() => unknown) | undefined;
  /** Whether the loader passes the default to the schema as an input, so that it is read and checked. */
  readonly readsDefault: boolean;
  readonly sensitivity: Sensitivity | undefined;
  readonly transforms: boolean;
  readonly expected: string;
  readonly description: string | undefined;
  readonly example: unknown;
}

/** An object of the schema, whose members are configured one by one. */
export interface Section {
  readonly kind: "section";
  readonly path: string;
  /** The names of a variable that may hold the section as JSON, the current name first. The root has none. */
  readonly names: readonly string[];
  readonly schema: Schema;
  readonly members: ReadonlyMap<string, Field | Section>;
  /** Whether it may be left out as a whole. */
  readonly absentable: boolean;
  readonly fallback: (() => unknown) | undefined;
  /** Whether members that the schema does not have are kept. */
  readonly open: boolean;
}

/** A schema as the loader sees it. */
export interface Model {
  readonly schema: Schema;
  readonly root: Section;
  readonly view: View;
  /** Every section except the root. */
  readonly sections: readonly Section[];
  /** In the order of the schema. */
  readonly fields: readonly Field[];
  /** By the name of the variable, and by its deprecated names. */
  readonly byEnv: ReadonlyMap<string, Field>;
  readonly byPath: ReadonlyMap<string, Field>;
  /** With its underscore, or empty. */
  readonly prefix: string;
}

interface Building {
  readonly fields: Field[];
  readonly sections: Section[];
  readonly ancestors: Set<Schema>;
}

/** Where a member is. */
interface Place {
  readonly path: readonly string[];
  /** The names of the section around it, each with the separator after it. */
  readonly prefixes: readonly string[];
  readonly separator: string;
  readonly needed: boolean;
  readonly view: View;
}

/**
 * Reads a schema.
 *
 * @throws TypeError if it is not an object schema of zod 4, its metadata or a default is invalid, or two fields have the
 * same variable
 */
export function modelOf(schema: Schema, prefix: string | undefined): Model {
  if (!isSchema(schema)) throw new TypeError("schema must be an object schema of zod 4");
  const normal = normalPrefix(prefix);
  const known = models.get(schema);
  // A watched configuration is loaded many times with one schema.
  if (known?.prefix === normal) return known;
  const model = readModel(schema, normal);
  models.set(schema, model);
  return model;
}

const models = new WeakMap<Schema, Model>();

function readModel(schema: Schema, prefix: string): Model {
  if (shapeOf(unwrap(schema)) === undefined)
    throw new TypeError("schema must be an object schema of zod 4; got another type of schema");
  checkTree(schema, "the schema", new Set());
  const building: Building = { fields: [], sections: [], ancestors: new Set() };
  const view = new Views().of([schema]);
  const place: Place = { path: [], prefixes: [prefix], separator: "__", needed: true, view };
  const root = nodeOf(schema, place, building);
  if (root.kind === "field")
    throw new TypeError("schema must be an object schema of zod 4; got another type of schema");
  const byEnv = new Map<string, Field>();
  for (const field of building.fields) {
    for (const name of [field.env, ...field.aliases]) {
      const other = byEnv.get(name);
      if (other !== undefined)
        throw new TypeError(`schema: ${other.path} and ${field.path} have the same variable ${name}`);
      byEnv.set(name, field);
    }
  }
  const byPath = new Map(building.fields.map((field) => [field.path, field]));
  // Outer sections come first.
  const sections = building.sections.filter((section) => section !== root).reverse();
  return { schema, root, view, sections, fields: building.fields, byEnv, byPath, prefix };
}

function checkTree(schema: Schema, path: string, seen: Set<Schema>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  checkMetadata(metadataOf(schema), path);
  const definition = definitionOf(schema);
  const shape = Object.entries(definition.type === "object" ? (definition.shape ?? {}) : {});
  for (const [key, member] of shape) checkTree(member, path === "the schema" ? key : `${path}.${key}`, seen);
  const structure = /^(?:array|tuple|set|map|record)$/.test(definition.type);
  for (const child of childrenOf(definition)) checkTree(child, structure ? `${path}[]` : path, seen);
}

function normalPrefix(prefix: string | undefined): string {
  if (prefix === undefined || prefix === "") return "";
  if (typeof prefix !== "string" || !/^[A-Za-z][A-Za-z0-9_]*$/.test(prefix))
    throw new TypeError(`prefix must be letters, digits and underscores; got ${showValue(prefix)}`);
  return `${prefix.replace(/_+$/, "")}_`;
}

function nodeOf(schema: Schema, place: Place, building: Building): Field | Section {
  const unwrapped = unwrap(schema);
  const shape = building.ancestors.has(unwrapped.base) ? undefined : shapeOf(unwrapped);
  if (shape === undefined) {
    const field = fieldOf(schema, unwrapped, place);
    building.fields.push(field);
    return field;
  }
  building.ancestors.add(unwrapped.base);
  const { path, view } = place;
  const { absentable, fallback, meta } = unwrapped;
  const separator = meta.separator ?? place.separator;
  const names = path.length === 0 ? [] : namesOf(meta, place);
  // The prefix of the whole configuration has its underscore already.
  const prefixes = path.length === 0 ? place.prefixes : names.map((name) => `${name}${separator}`);
  const members = new Map<string, Field | Section>();
  for (const [key, member] of shape) {
    const at = [...path, key];
    if (key === "" || key.includes(".") || key === "__proto__")
      throw new TypeError(`schema: ${JSON.stringify(at.join("."))} cannot be a path: a key is empty or has a dot`);
    const needed = place.needed && !absentable;
    members.set(key, nodeOf(member, { path: at, prefixes, separator, needed, view: view.member(key) }, building));
  }
  building.ancestors.delete(unwrapped.base);
  const section = { path: path.join("."), names, schema, members, absentable, fallback, open: isOpen(unwrapped) };
  const node: Section = { kind: "section", ...section };
  building.sections.push(node);
  return node;
}

function namesOf(meta: FieldMeta, { path, prefixes }: Place): string[] {
  if (meta.env !== undefined) return typeof meta.env === "string" ? [meta.env] : [...meta.env];
  const part = variablePart(path.at(-1) ?? "");
  return prefixes.map((prefix) => `${prefix}${part}`);
}

function fieldOf(schema: Schema, unwrapped: Unwrapped, place: Place): Field {
  const { meta, mark, transforms, fallback, absentable } = unwrapped;
  const [env = "", ...aliases] = namesOf(meta, place);
  const path = place.path.join(".");
  if (!/^[A-Za-z_]/.test(env))
    throw new TypeError(
      `schema: ${path} requires .meta({ env }), because a variable cannot be called ${showValue(env)}`,
    );
  // A function such as that of `z.preprocess` accepts any type, so only a trial shows whether the value may be missing.
  const mayLack = mayBeAbsent(schema) && (absentable || accepts(schema, undefined));
  const { view } = place;
  const field: Field = {
    kind: "field",
    path,
    env,
    aliases,
    separator: place.separator,
    structured: isStructured(schema),
    keepEmpty: meta.keepEmpty === true,
    schema,
    view,
    mark,
    required: place.needed && !mayLack,
    requiredIn: meta.requiredIn ?? [],
    defaultIn: new Map(Object.entries(meta.defaultIn ?? {})),
    fallback,
    readsDefault: mark !== undefined && unwrapped.defaulted?.prefault === false,
    sensitivity: sensitivityOf(schema, view),
    transforms,
    expected: expectationOf(schema),
    description: meta.description,
    example: meta.example,
  };
  checkDefaults(field, unwrapped);
  return field;
}

function sensitivityOf(schema: Schema, view: View): Sensitivity | undefined {
  if (view.declared || holdsSecret(schema)) return "secret";
  if (view.open) return undefined;
  if (view.url) return "url";
  return view.named ? "name" : undefined;
}

/** Returns the field at a path, or the field around it. */
export function fieldAt(model: Model, path: readonly PropertyKey[]): Field | undefined {
  for (let length = path.length; length > 0; length--) {
    const field = model.byPath.get(path.slice(0, length).map(String).join("."));
    if (field !== undefined) return field;
  }
  return undefined;
}
