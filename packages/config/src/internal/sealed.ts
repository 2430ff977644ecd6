import { isSecret, REDACTED } from "@seaworthy/core";
import { isPlainObject } from "./coerce.ts";

/** What is shown in place of a member. */
export interface Mask {
  readonly shown: unknown;
  /** Whether the schema makes the member secret, and not only its value or its source. */
  readonly bySchema: boolean;
}

/** Describes an object that hides some of its members. */
export interface Seal {
  /** All of its keys in order, or undefined for arrays, sets and maps. */
  readonly keys: readonly string[] | undefined;
  /** By key, or by position. */
  readonly masks: ReadonlyMap<string, Mask>;
}

const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const DEEPEST = 64;
const seals = new WeakMap<object, Seal>();
/** The collections behind the objects that stand in their place. */
const contents = new WeakMap<object, Set<unknown> | Map<unknown, unknown>>();

/** Makes an object hide its masked members when it is inspected or written as JSON. */
export function recordSeal(copy: object, seal: Seal, full?: Set<unknown> | Map<unknown, unknown>): void {
  seals.set(copy, seal);
  if (full !== undefined) contents.set(copy, full);
  const shown = (): unknown => shownMembers(copy, seal);
  Object.defineProperty(copy, "toJSON", { value: shown, configurable: true });
  Object.defineProperty(copy, INSPECT, { value: shown });
}

/** Returns the members of a sealed object or of plain data, including those that are not enumerable. */
export function entriesOf(value: object): [string, unknown][] {
  const keys = seals.get(value)?.keys ?? Object.keys(value);
  return keys.map((key) => [key, Reflect.get(value, key)]);
}

/** Returns what is shown in place of a member, or undefined if the member itself may be shown. */
export function maskAt(value: object, key: string): Mask | undefined {
  return seals.get(value)?.masks.get(key);
}

/** Returns whether a value hides something. */
export function hidesAnything(value: unknown, depth = 0): boolean {
  if (isSecret(value)) return true;
  if (typeof value !== "object" || value === null || depth > DEEPEST) return false;
  if (seals.has(value)) return true;
  const inside = Array.isArray(value) || isPlainObject(value) ? Object.values(value) : [];
  return inside.some((member) => hidesAnything(member, depth + 1));
}

/** Returns a plain copy of a value that includes what sealed objects hide. Secrets stay secrets. */
export function opened(value: unknown, seen: Map<object, unknown> = new Map()): unknown {
  if (typeof value !== "object" || value === null || isSecret(value)) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    seen.set(value, copy);
    for (const item of value) copy.push(opened(item, seen));
    return copy;
  }
  if (value instanceof Set || value instanceof Map) return openedCollection(value, seen);
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  seen.set(value, copy);
  for (const [key, member] of entriesOf(value)) set(copy, key, opened(member, seen));
  return copy;
}

function openedCollection(value: Set<unknown> | Map<unknown, unknown>, seen: Map<object, unknown>): unknown {
  const full = contents.get(value) ?? value;
  if (full instanceof Set) return new Set([...full].map((item) => opened(item, seen)));
  return new Map([...full].map(([key, item]) => [key, opened(item, seen)]));
}

/** Returns a plain copy of a sealed value as it may be shown. */
export function shownOf(value: unknown, depth = 0): unknown {
  if (isSecret(value)) return REDACTED;
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) return "[deep]";
  const seal = seals.get(value);
  const at = (key: string, member: unknown): unknown => seal?.masks.get(key)?.shown ?? shownOf(member, depth + 1);
  if (Array.isArray(value)) return Array.from(value, (item, index) => at(String(index), item));
  if (seal !== undefined && contents.has(value)) return shownMembers(value, seal);
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of entriesOf(value)) set(copy, key, at(key, member));
  return copy;
}

/** Returns one level of a sealed object as it may be shown. Deeper levels hide their own members. */
function shownMembers(copy: object, { keys, masks }: Seal): unknown {
  const at = (key: string, member: unknown): unknown => masks.get(key)?.shown ?? member;
  if (Array.isArray(copy)) return Array.from(copy, (item, index) => at(String(index), item));
  const full = contents.get(copy);
  if (full instanceof Set) return new Set([...full].map((item, index) => mark(at(String(index), item))));
  if (full instanceof Map) return new Map([...full].map(([key, item], index) => [key, at(String(index), item)]));
  const shown: Record<string, unknown> = {};
  for (const key of keys ?? []) set(shown, key, at(key, Reflect.get(copy, key)));
  return shown;
}

// Equal strings would become one item of a set.
function mark(item: unknown): unknown {
  return item === REDACTED ? { [INSPECT]: () => `'${REDACTED}'` } : item;
}

function set(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
