import { namesCredential } from "./credential-name.ts";
import { credentialsOf } from "./redact.ts";
import { childrenOf } from "./shape.ts";
import { type Definition, definitionOf, markOf, metadataOf, type Schema } from "./zod.ts";

/** What a schema says about the secrecy of one place in a value. */
export interface View {
  /** Whether all of it is secret, because it, something around it, or its input is declared secret. */
  readonly declared: boolean;
  /** Whether it is a URL that usually has a password. */
  readonly url: boolean;
  /** Whether it is declared not to be secret, although its name may look like the name of a credential. */
  readonly open: boolean;
  /** Whether it has the name of a credential. */
  readonly named: boolean;
  /** Whether a function made it from something with a secret in it. Its undeclared parts may then be secret too. */
  readonly tainted: boolean;
  /** Returns what the schema says about a member, an item or an entry. */
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

/** Returns whether the input or the output of a schema may contain a secret. */
export function holdsSecret(schema: Schema, seen: Set<Schema> = new Set()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const { secret } = metadataOf(schema);
  if (secret === true || markOf(schema)?.secret === "value") return true;
  return childrenOf(definitionOf(schema)).some((child) => holdsSecret(child, seen));
}

/**
 * Creates the views of one schema. The same schemas in the same situation share a view, so that the number of views of a
 * recursive schema is finite.
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
    const schemas = this.#nodes
      .map(({ shape }) => (shape !== undefined && Object.hasOwn(shape, key) ? shape[key] : undefined))
      .filter(isPresent);
    if (schemas.length === 0) return this.#unnamed(namesCredential(key));
    const view = this.#of(schemas, namesCredential(key));
    this.#members.set(key, view);
    return view;
  }

  // The keys of records are data. One view per key would fill the memory of a watched configuration.
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

/** Adds what a schema and its wrappers say. `secret: true` wins over `secret: false`. */
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

/** Returns whether the default of a value is a URL with a credential. Its other values probably have one too. */
function holdsCredential(definition: Definition): boolean {
  if (definition.type !== "default" && definition.type !== "prefault") return false;
  try {
    const { defaultValue } = definition;
    return typeof defaultValue === "string" && credentialsOf(defaultValue).length > 0;
  } catch {
    return false; // the default is a function of the host that threw
  }
}

// The result of a function of a secret is unknown, so every part of it that the schema does not name counts as secret.
function collectPipe(definition: Definition, found: Found, inner: (child: Schema | undefined) => void): void {
  const { in: from, out, transform } = definition;
  if (from === undefined || out === undefined) return;
  const made = definitionOf(out).type === "transform";
  if ((made || transform !== undefined) && holdsSecret(from)) found.tainted = true;
  if (definitionOf(from).type !== "transform") inner(from);
  if (!made) inner(out);
}
