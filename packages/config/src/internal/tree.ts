import { isSecret } from "@seaworthy/core";
import { isPlainObject } from "./coerce.ts";
import type { JsonNode } from "./json.ts";

/** Where values come from, from the weakest to the strongest. */
export const LAYERS = [
  "schema",
  "default",
  "profile",
  "local",
  "secrets",
  "dotenv",
  "environment",
  "arguments",
  "overrides",
] as const;
/** One of `CONFIG_LAYERS`. */
export type ConfigLayer = (typeof LAYERS)[number];

/** Where one value comes from. */
export interface Origin {
  readonly layer: ConfigLayer;
  /** `env:NAME`, `file:PATH:LINE:COLUMN`, `argument:--PATH`, `override:PATH` or `schema`. */
  readonly source: string;
  /** The file or reference that the source points at. */
  readonly via?: string;
  /** Whether it was read from a secret file. */
  readonly secret?: boolean;
  /** Whether `${VAR}` and references in it are to be resolved. */
  readonly expands?: boolean;
}

/** Values of one layer, or of several merged. */
export type Tree = Branch | Leaf;
export interface Branch {
  readonly kind: "branch";
  readonly origin: Origin;
  readonly members: Map<string, Tree>;
}
export interface Leaf {
  readonly kind: "leaf";
  readonly value: unknown;
  readonly origin: Origin;
  /** What it hides, strongest first. */
  readonly shadowed: readonly Leaf[];
}

const DEEPEST = 64;

export function branch(origin: Origin): Branch {
  return { kind: "branch", origin, members: new Map() };
}

export function leaf(value: unknown, origin: Origin): Leaf {
  return { kind: "leaf", value, origin, shadowed: [] };
}

/** Puts a tree at a path, over what is there, making branches on the way. */
export function place(root: Branch, path: readonly string[], value: Tree): void {
  let at = root;
  for (const key of path.slice(0, -1)) {
    const next = at.members.get(key);
    const inner = next?.kind === "branch" ? next : branch(value.origin);
    at.members.set(key, inner);
    at = inner;
  }
  const last = path.at(-1) as string;
  at.members.set(last, merge(at.members.get(last), value) as Tree);
}

/** Two layers as one: objects merge, everything else in `high` replaces what is in `low`. */
export function merge(low: Tree | undefined, high: Tree | undefined): Tree | undefined {
  if (low === undefined || high === undefined) return high ?? low;
  if (low.kind === "branch" && high.kind === "branch") {
    const members = new Map(low.members);
    for (const [key, member] of high.members) members.set(key, merge(members.get(key), member) as Tree);
    return { ...high, members };
  }
  if (high.kind === "branch") return high;
  const hidden = low.kind === "leaf" ? low : leaf(plainValue(low), low.origin);
  return {
    ...high,
    shadowed: [...high.shadowed, { ...hidden, shadowed: [] }, ...(low.kind === "leaf" ? low.shadowed : [])],
  };
}

/** A JSON file as a tree. */
export function treeOfJson(node: JsonNode, layer: ConfigLayer, file: string): Tree {
  return treeOfNode(node, ({ line, column }) => ({ layer, source: `file:${file}:${line}:${column}`, expands: true }));
}

/** JSON as a tree, whose parts come from where `originOf` says. */
export function treeOfNode(node: JsonNode, originOf: (node: JsonNode) => Origin): Tree {
  if (node.kind === "value") return leaf(node.value, originOf(node));
  const tree = branch(originOf(node));
  for (const [key, member] of node.members) tree.members.set(key, treeOfNode(member, originOf));
  return tree;
}

/**
 * An object that the host gave as a tree.
 *
 * @throws TypeError if it is cyclic, deeper than 64 levels, or cannot be read
 */
export function treeOfObject(value: unknown, layer: ConfigLayer, name: string): Tree {
  const ancestors = new Set<unknown>();
  const visit = (value: unknown, path: readonly string[]): Tree => {
    const at = [name, ...path].join(".");
    const origin: Origin = { layer, source: layer === "schema" ? "schema" : `override:${path.join(".")}` };
    const entries = entriesOf(value, at);
    if (entries === undefined) return leaf(value, origin);
    if (path.length >= DEEPEST || ancestors.has(value))
      throw new TypeError(`${name} must be acyclic and at most ${DEEPEST} levels deep`);
    ancestors.add(value);
    const tree = branch(origin);
    for (const [key, member] of entries) {
      if (key === "__proto__") throw new TypeError(`${at} must not have a member __proto__`);
      if (member !== undefined) tree.members.set(key, visit(member, [...path, key]));
    }
    ancestors.delete(value);
    return tree;
  };
  return visit(value, []);
}

function entriesOf(value: unknown, at: string): [string, unknown][] | undefined {
  try {
    return isPlainObject(value) && !isSecret(value) ? Object.entries(value) : undefined;
  } catch {
    throw new TypeError(`${at} must be readable; a getter or trap of it threw`);
  }
}

/** The plain value of a tree. */
export function plainValue(tree: Tree): unknown {
  if (tree.kind === "leaf") return tree.value;
  const value: Record<string, unknown> = {};
  for (const [key, member] of tree.members) value[key] = plainValue(member);
  return value;
}
