import { namesCredential } from "./credential-name.ts";
import { credentialsOf } from "./redact.ts";
import { childrenOf } from "./shape.ts";
import { type Definition, definitionOf, markOf, metadataOf, type Schema } from "./zod.ts";

/** What a schema says about the secrecy of one place in a value. */
export interface View {
  /** All of it is secret: it, something around it, or what it is made from is declared so. */
  readonly declared: boolean;
  /** It is a URL that usually carries a password. */
  readonly url: boolean;
  /** It is declared not to be secret, though its name may look like that of a credential. */
  readonly open: boolean;
  /** It has the name of a credential. */
  readonly named: boolean;
  /** A function made it from something that holds a secret, so that what the schema does not name may hold one too. */
  readonly tainted: boolean;
  /** What the schema says of a member, an item or an entry. */
  member(key: string | number): View;
}

interface Found {
  declared: boolean;
  url: boolean;
  open: boolean;
  tainted: boolean;
  readonly nodes: Definition[];
}

interface Flags {
  readonly declared: boolean;
  readonly named: boolean;
  readonly tainted: boolean;
}

/** Whether a secret may be anywhere in what the schema takes or gives. */
export function holdsSecret(schema: Schema, seen: Set<Schema> = new Set()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const { secret } = metadataOf(schema);
  if (secret === true || markOf(schema)?.secret === "value") return true;
  return childrenOf(definitionOf(schema)).some((child) => holdsSecret(child, seen));
}

/**
 * Makes the views of one schema. The same schemas in the same situation have one view, so that a recursive schema has
 * finitely many.
 */
export class Views {
  readonly #known = new Map<string, View>();
  readonly #ids = new WeakMap<Schema, number>();
  #count = 0;

  of(schemas: readonly Schema[], flags: Flags = { declared: false, named: false, tainted: false }): View {
    const ids = schemas.map((schema) => this.#id(schema));
    const key = `${ids.join()}/${flags.declared ? 1 : 0}${flags.named ? 1 : 0}${flags.tainted ? 1 : 0}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found: Found = { declared: flags.declared, url: false, open: false, tainted: flags.tainted, nodes: [] };
    const seen = new Set<Schema>();
    for (const schema of schemas) collect(schema, found, seen);
    const view = new SchemaView(this, found, flags.named && !found.open);
    this.#known.set(key, view);
    return view;
  }

  #id(schema: Schema): number {
    const id = this.#ids.get(schema) ?? this.#count++;
    this.#ids.set(schema, id);
    return id;
  }
}

class SchemaView implements View {
  readonly declared: boolean;
  readonly url: boolean;
  readonly open: boolean;
  readonly named: boolean;
  readonly tainted: boolean;
  readonly #views: Views;
  readonly #nodes: readonly Definition[];
  readonly #members = new Map<string, View>();
  #rest: { plain: View; named: View } | undefined;

  constructor(views: Views, found: Found, named: boolean) {
    this.#views = views;
    this.#nodes = found.nodes;
    this.declared = found.declared;
    this.url = found.url;
    this.open = found.open && !found.declared;
    this.tainted = found.tainted;
    this.named = named;
  }

  member(key: string | number): View {
    if (typeof key === "number") return this.#of(this.#items(key), false);
    const known = this.#members.get(key);
    if (known !== undefined) return known;
    const schemas = this.#nodes.flatMap(({ shape }) =>
      shape !== undefined && Object.hasOwn(shape, key) ? [shape[key] as Schema] : [],
    );
    if (schemas.length === 0) return this.#unnamed(namesCredential(key));
    const view = this.#of(schemas, namesCredential(key));
    this.#members.set(key, view);
    return view;
  }

  // The keys of records are data: a view each would fill memory over the life of a watched configuration.
  #unnamed(sensitive: boolean): View {
    if (this.#rest === undefined) {
      const schemas = this.#nodes.flatMap(({ valueType, catchall }) => [valueType, catchall]).filter(isPresent);
      this.#rest = { plain: this.#of(schemas, false), named: this.#of(schemas, true) };
    }
    return sensitive ? this.#rest.named : this.#rest.plain;
  }

  #items(index: number): Schema[] {
    return this.#nodes
      .map(({ type, element, items, rest, valueType }) =>
        type === "array" ? element : type === "set" ? valueType : (items?.[index] ?? rest),
      )
      .filter(isPresent);
  }

  #of(schemas: readonly Schema[], named: boolean): View {
    const unknown = schemas.length === 0;
    const declared = this.declared || (this.tainted && unknown);
    const tainted = this.tainted && !unknown && schemas.some((schema) => holdsSecret(schema));
    return this.#views.of(schemas, { declared, named, tainted });
  }
}

function isPresent(schema: Schema | null | undefined): schema is Schema {
  return schema !== undefined && schema !== null;
}

/** Adds what a schema and its wrappers say. That something is secret wins over that it is not. */
function collect(schema: Schema, found: Found, seen: Set<Schema>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  const mark = markOf(schema);
  const { secret } = metadataOf(schema);
  if (secret === true) found.declared = true;
  if (secret === false) found.open = true;
  const definition = definitionOf(schema);
  const inner = (child: Schema | null | undefined): void => {
    if (isPresent(child)) collect(child, found, seen);
  };
  if (mark !== undefined) {
    if (mark.secret === "url") found.url = true;
    if (mark.kind === "list") inner(definition.out);
    return;
  }
  switch (definition.type) {
    case "pipe":
      collectPipe(definition, found, inner);
      break;
    case "lazy":
      inner(definition.getter?.());
      break;
    case "union":
      for (const option of definition.options ?? []) inner(option);
      break;
    case "intersection":
      inner(definition.left);
      inner(definition.right);
      break;
    case "template_literal":
      if (childrenOf(definition).some((part) => holdsSecret(part))) found.declared = true;
      break;
    default:
      if (holdsCredential(definition)) found.url = true;
      inner(definition.innerType);
      if (definition.keyType !== undefined && holdsSecret(definition.keyType)) found.declared = true;
      found.nodes.push(definition);
  }
}

/** Whether the default of a value is a URL with a credential, so that other values of it are likely to have one too. */
function holdsCredential(definition: Definition): boolean {
  if (definition.type !== "default" && definition.type !== "prefault") return false;
  try {
    const { defaultValue } = definition;
    return typeof defaultValue === "string" && credentialsOf(defaultValue).length > 0;
  } catch {
    return false; // a default that is a function of the host's, and cannot be had yet
  }
}

// What a function makes of a secret may look like anything, so all of it that the schema does not name counts as secret.
function collectPipe(definition: Definition, found: Found, inner: (child: Schema | undefined) => void): void {
  const { in: from, out, transform } = definition;
  if (from === undefined || out === undefined) return;
  const made = definitionOf(out).type === "transform";
  if ((made || transform !== undefined) && holdsSecret(from)) found.tainted = true;
  if (definitionOf(from).type !== "transform") inner(from);
  if (!made) inner(out);
}
