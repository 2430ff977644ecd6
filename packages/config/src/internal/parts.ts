import { expectationOf, isStructured, unwrap } from "./shape.ts";
import { variablePart } from "./variable-name.ts";
import type { Definition, Schema } from "./zod.ts";

/** A variable that sets a part of a union of objects or of a record. */
export interface Part {
  /** Its name. `<KEY>` stands for any key of a record. */
  readonly name: string;
  readonly path: readonly string[];
  readonly expected: string;
}

const DEEPEST = 8;
/** The most parts of one field. */
export const MOST_PARTS = 100;

/** Returns the path that the rest of the name of a variable means, such as `["acme", "url"]` for `ACME__URL`. */
export function pathBelow(schema: Schema, rest: string, separator: string, depth = 0): string[] | undefined {
  if (rest === "" || depth > DEEPEST) return undefined;
  for (const node of nodesOf(schema)) {
    const found =
      node.type === "record" ? pathInRecord(node, rest, separator, depth) : pathInObject(node, rest, separator, depth);
    if (found !== undefined) return found;
  }
  return undefined;
}

function pathInObject(node: Definition, rest: string, separator: string, depth: number): string[] | undefined {
  for (const [key, member] of Object.entries(node.shape ?? {})) {
    const part = variablePart(key);
    if (rest === part) return [key];
    if (!rest.startsWith(part + separator)) continue;
    const inner = pathBelow(member, rest.slice(part.length + separator.length), separator, depth + 1);
    if (inner !== undefined) return [key, ...inner];
  }
  return undefined;
}

function pathInRecord(node: Definition, rest: string, separator: string, depth: number): string[] | undefined {
  const { valueType, keyType } = node;
  const at = rest.indexOf(separator);
  if (valueType !== undefined && at > 0 && isStructured(valueType)) {
    const inner = pathBelow(valueType, rest.slice(at + separator.length), separator, depth + 1);
    const key = recordKey(rest.slice(0, at), keyType);
    if (inner !== undefined && key !== undefined) return [key, ...inner];
  }
  const key = at < 0 || separator === "_" ? recordKey(rest, keyType) : undefined;
  return key === undefined ? undefined : [key];
}

/** A part in capital letters means a key in small letters. Any other part is the key itself. */
function recordKey(part: string, keyType: Schema | undefined): string | undefined {
  const { entries } = keyType === undefined ? {} : unwrap(keyType).definition;
  if (entries !== undefined)
    return Object.values(entries)
      .map(String)
      .find((key) => variablePart(key) === part);
  const key = /[a-z]/.test(part) ? part : part.toLowerCase();
  return key === "__proto__" ? undefined : key;
}

/** Returns the variables that set parts of a schema. */
export function partsOf(schema: Schema, name: string, separator: string): Part[] {
  const parts = new Map<string, Part>();
  const visit = (inner: Schema, at: string, path: readonly string[]): void => {
    const nodes = nodesOf(inner);
    if (nodes.length === 0 || path.length > DEEPEST) {
      if (path.length === 0 || (parts.size >= MOST_PARTS && !parts.has(at))) return;
      const words = parts.get(at)?.expected.split(" or ") ?? [];
      const expected = [...new Set([...words, expectationOf(inner)])].join(" or ");
      parts.set(at, { name: at, path, expected });
      return;
    }
    for (const { type, shape, valueType } of nodes) {
      if (type === "record" && valueType !== undefined) visit(valueType, `${at}${separator}<KEY>`, [...path, "<KEY>"]);
      for (const [key, member] of Object.entries(type === "record" ? {} : (shape ?? {})))
        visit(member, `${at}${separator}${variablePart(key)}`, [...path, key]);
    }
  };
  visit(schema, name, []);
  return [...parts.values()];
}

/** Returns the objects and records that a schema accepts. */
function nodesOf(schema: Schema, depth = 0): Definition[] {
  const { definition, mark } = unwrap(schema);
  if (mark !== undefined || depth > DEEPEST) return [];
  if (definition.type === "object" || definition.type === "record") return [definition];
  const { options = [], left, right } = definition;
  const inner = definition.type === "union" ? options : definition.type === "intersection" ? [left, right] : [];
  return inner.flatMap((child) => (child === undefined ? [] : nodesOf(child, depth + 1)));
}
