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

/** The origin of a value. */
export interface Origin {
  readonly layer: ConfigLayer;
  /** `env:NAME`, `file:PATH:LINE:COLUMN`, `argument:--PATH`, `override:PATH` or `schema`. */
  readonly source: string;
  /** The file or reference that the source points to. */
  readonly via?: string;
  /** Whether the value was read from a secret file. */
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
  /** The values of lower layers that it replaces, the strongest first. */
  readonly shadowed: readonly Leaf[];
}

const DEEPEST = 64;

export function branch(origin: Origin): Branch {
  return { kind: "branch", origin, members: new Map() };
}

export function leaf(value: unknown, origin: Origin): Leaf {
  return { kind: "leaf", value, origin, shadowed: [] };
}

/** Merges a tree into `root` at a path, and creates the branches that lead there. */
export function place(root: Branch, [key = "", ...rest]: readonly string[], value: Tree): void {
  const there = root.members.get(key);
  if (rest.length === 0) {
    root.members.set(key, there === undefined ? value : mergeTrees(there, value));
    return;
  }
  const inner = there?.kind === "branch" ? there : branch(value.origin);
  root.members.set(key, inner);
  place(inner, rest, value);
}

/** Merges two layers: objects merge, and everything else in `high` replaces what is in `low`. */
export function merge(low: Tree | undefined, high: Tree | undefined): Tree | undefined {
  return low === undefined || high === undefined ? (high ?? low) : mergeTrees(low, high);
}

/** Merges two branches; see {@link merge}. */
export function mergeBranches(low: Branch, high: Branch): Branch {
  const members = new Map(low.members);
  for (const [key, member] of high.members) {
    const there = members.get(key);
    members.set(key, there === undefined ? member : mergeTrees(there, member));
  }
  return { ...high, members };
}

function mergeTrees(low: Tree, high: Tree): Tree {
  if (high.kind === "branch") return low.kind === "branch" ? mergeBranches(low, high) : high;
  const hidden = low.kind === "leaf" ? low : leaf(plainValue(low), low.origin);
  return {
    ...high,
    shadowed: [...high.shadowed, { ...hidden, shadowed: [] }, ...(low.kind === "leaf" ? low.shadowed : [])],
  };
}

/** Returns the tree of a JSON file. */
export function treeOfJson(node: JsonNode, layer: ConfigLayer, file: string): Tree {
  return treeOfNode(node, ({ line, column }) => ({ layer, source: `file:${file}:${line}:${column}`, expands: true }));
}

/** Returns the tree of a JSON value. `originOf` returns the origin of each part. */
export function treeOfNode(node: JsonNode, originOf: (node: JsonNode) => Origin): Tree {
  if (node.kind === "value") return leaf(node.value, originOf(node));
  const tree = branch(originOf(node));
  for (const [key, member] of node.members) tree.members.set(key, treeOfNode(member, originOf));
  return tree;
}

/**
 * Returns the tree of an object that the host gave.
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

/** Returns the plain value of a tree. */
export function plainValue(tree: Tree): unknown {
  if (tree.kind === "leaf") return tree.value;
  const value: Record<string, unknown> = {};
  for (const [key, member] of tree.members) value[key] = plainValue(member);
  return value;
}
