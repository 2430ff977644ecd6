import { isSecret, REDACTED, type Secret, secret } from "@seaworthy/core";
import { isPlainObject } from "./coerce.ts";
import type { Field, Section } from "./model.ts";
import { credentialsOf } from "./redact.ts";
import type { Run } from "./run.ts";
import { type Mask, recordSeal, type Seal, shownOf } from "./sealed.ts";
import type { View } from "./secrecy.ts";
import { isWellKnown } from "./weak.ts";

/** A frozen copy of a configuration's plain data, whose secrets are read by their names alone. */
export interface Sealed {
  readonly value: object;
  /** The secrets found in URLs. */
  readonly secrets: readonly Secret<string>[];
}

/** How secret the surroundings of a value are: by the schema, or only because of where it was read from. */
type Cover = "schema" | "source" | undefined;

interface Sealing {
  readonly run: Run;
  readonly secrets: Secret<string>[];
  /** What was copied already, by how secret its surroundings are. */
  readonly copies: Readonly<Record<"schema" | "source" | "none", Map<object, Map<View, object>>>>;
}

type Node = Field | Section | undefined;

/**
 * Copies what the schema gave out, walking the schema and the value together.
 *
 * A member that the schema makes secret becomes an accessor that is not enumerable. Only that keeps it out of
 * `console.dir`, `console.table`, the differences that assertions print, `structuredClone` and `{ ...section }`, all of
 * which read every enumerable property. Items of an array are inherited accessors, since these read items too.
 */
export function seal(value: unknown, run: Run): Sealed {
  // A schema may end in a transform that makes something else of it.
  if (typeof value !== "object" || value === null)
    throw new TypeError(`schema must give out an object; got ${value === null ? "null" : typeof value}`);
  const sealing = sealingOf(run);
  const { view, root } = run.model;
  const cover = view.declared ? "schema" : undefined;
  return { value: copyOf(value, view, root, cover, sealing) as object, secrets: sealing.secrets };
}

/** What may be shown of what the schema gave out for one field. */
export function shownField(run: Run, field: Field, value: unknown): unknown {
  const sealing = sealingOf(run);
  const mask = maskOf(value, field.view, field, undefined, sealing);
  return mask === undefined ? shownOf(copyOf(value, field.view, field, undefined, sealing)) : mask.shown;
}

function sealingOf(run: Run): Sealing {
  return { run, secrets: [], copies: { schema: new Map(), source: new Map(), none: new Map() } };
}

// Other class instances (secrets, what a transform made) stay as they are: they cannot be copied safely.
function copyOf(value: unknown, view: View, node: Node, cover: Cover, sealing: Sealing): unknown {
  const known = sealing.copies[cover ?? "none"];
  if (Array.isArray(value)) return once(value, view, known, [], (copy) => fillArray(value, copy, view, cover, sealing));
  if (isPlainObject(value))
    return once(value, view, known, {}, (copy) => fillObject(value, copy, view, node, cover, sealing));
  switch (typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined) {
    case Set.prototype:
      return setOf(value as Set<unknown>, view, cover, sealing);
    case Map.prototype:
      return mapOf(value as Map<unknown, unknown>, view, cover, sealing);
    case Date.prototype:
      return unchangeable(new Date(value as Date));
    default:
      return value;
  }
}

function once<T extends object>(
  value: object,
  view: View,
  copies: Map<object, Map<View, object>>,
  copy: T,
  fill: (copy: T) => void,
): object {
  const made = copies.get(value) ?? new Map<View, object>();
  const known = made.get(view);
  if (known !== undefined) return known;
  copies.set(value, made.set(view, copy));
  fill(copy);
  return copy;
}

function fillObject(value: object, copy: object, view: View, node: Node, cover: Cover, sealing: Sealing): void {
  const masks = new Map<string, Mask>();
  const keys = Object.keys(value);
  for (const key of keys) {
    const member = (value as Record<string, unknown>)[key];
    const at = view.member(key);
    const inner = node?.kind === "section" ? node.members.get(key) : undefined;
    const mask = maskOf(member, at, inner, cover, sealing);
    const sealed = typeof member === "object" ? copyOf(member, at, inner, coverOf(mask, cover), sealing) : member;
    if (mask === undefined) {
      Object.defineProperty(copy, key, { value: sealed, enumerable: true, configurable: true });
    } else {
      masks.set(key, mask);
      Object.defineProperty(copy, key, { get: () => sealed, enumerable: !mask.bySchema, configurable: true });
    }
  }
  if (masks.size > 0) recordSeal(copy, { keys, masks });
  Object.freeze(copy);
}

function fillArray(value: readonly unknown[], copy: unknown[], view: View, cover: Cover, sealing: Sealing): void {
  const masks = new Map<string, Mask>();
  const prototype = Object.create(Array.prototype) as object;
  for (const [index, item] of value.entries()) {
    const at = view.member(index);
    const mask = maskOf(item, at, undefined, cover, sealing);
    const sealed = typeof item === "object" ? copyOf(item, at, undefined, coverOf(mask, cover), sealing) : item;
    if (mask === undefined) copy[index] = sealed;
    else {
      masks.set(String(index), mask);
      Object.defineProperty(prototype, index, { get: () => sealed });
    }
  }
  copy.length = value.length;
  if (masks.size > 0) {
    Object.setPrototypeOf(copy, Object.freeze(prototype));
    recordSeal(copy, { keys: undefined, masks });
  }
  Object.freeze(copy);
}

function coverOf(mask: Mask | undefined, cover: Cover): Cover {
  if (cover === "schema" || mask === undefined) return cover;
  return mask.bySchema ? "schema" : "source";
}

/** What is shown in place of a member; undefined if it may be shown as it is, or shows itself as it should. */
function maskOf(value: unknown, view: View, node: Node, cover: Cover, sealing: Sealing): Mask | undefined {
  if (value === undefined || value === null || isSecret(value)) return undefined;
  const text = typeof value === "string" ? value : undefined;
  const declared = view.declared || cover === "schema" || (view.tainted && !isContainer(value));
  if (text !== undefined) remember(text, declared, sealing);
  if (declared || (view.named && (text !== undefined || Array.isArray(value))))
    return { shown: REDACTED, bySchema: true };
  const field = node?.kind === "field" ? node : undefined;
  const { run } = sealing;
  if (cover === "source" || (field !== undefined && run.hidden.has(field.path) && text === undefined))
    return { shown: REDACTED, bySchema: false };
  if (text === undefined) return undefined;
  const shown = run.shownText(field, text);
  return view.url || shown !== text ? { shown, bySchema: view.url } : undefined;
}

function isContainer(value: unknown): boolean {
  return Array.isArray(value) || isPlainObject(value) || value instanceof Map || value instanceof Set;
}

// Logs are scrubbed of what lives as a secret.
function remember(text: string, declared: boolean, { secrets }: Sealing): void {
  if (declared && text !== "") secrets.push(secret(text));
  // A password that everybody knows would blank out innocent words in every log.
  for (const part of credentialsOf(text)) if (!isWellKnown(part)) secrets.push(secret(part));
}

function setOf(value: Set<unknown>, view: View, cover: Cover, sealing: Sealing): Set<unknown> {
  const masks = new Map<string, Mask>();
  const items = [...value].map((item, index) => {
    const at = view.member(index);
    const mask = maskOf(item, at, undefined, cover, sealing);
    if (mask !== undefined) masks.set(String(index), mask);
    return copyOf(item, at, undefined, coverOf(mask, cover), sealing);
  });
  const copy = unchangeable(new Set(items));
  return masks.size === 0 ? copy : shellOf(copy, { keys: undefined, masks });
}

function mapOf(value: Map<unknown, unknown>, view: View, cover: Cover, sealing: Sealing): Map<unknown, unknown> {
  const masks = new Map<string, Mask>();
  const entries = [...value].map(([key, item], index): [unknown, unknown] => {
    const at = view.member(String(key));
    const mask = maskOf(item, at, undefined, cover, sealing);
    if (mask !== undefined) masks.set(String(index), mask);
    return [key, copyOf(item, at, undefined, coverOf(mask, cover), sealing)];
  });
  const copy = unchangeable(new Map(entries));
  return masks.size === 0 ? copy : shellOf(copy, { keys: undefined, masks });
}

/** What these hold is in no property, so that freezing alone does not keep it; their methods that change it throw. */
function unchangeable<T extends Set<unknown> | Map<unknown, unknown> | Date>(copy: T): T {
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(copy)))
    if (/^(?:set|add$|delete$|clear$|getOrInsert)/.test(name))
      Object.defineProperty(copy, name, { value: refuseChange });
  return Object.freeze(copy);
}

function refuseChange(): never {
  throw new TypeError("a configuration cannot be changed");
}

/**
 * An object with the methods of a collection. It is not a collection itself, since printers and `structuredClone` read
 * the items of one whatever its methods say.
 */
function shellOf<T extends Set<unknown> | Map<unknown, unknown>>(full: T, seal: Seal): T {
  const prototype = Object.getPrototypeOf(full) as object;
  const shell = Object.create(prototype) as T;
  for (const name of Reflect.ownKeys(prototype)) {
    if (name === "constructor" || name === Symbol.toStringTag) continue;
    if (name === "size") Object.defineProperty(shell, name, { get: () => full.size });
    else if (name === "forEach") {
      const forEach = (visit: (value: unknown, key: unknown, all: T) => void, self?: unknown): void => {
        for (const [key, value] of full.entries() as Iterable<[unknown, unknown]>) visit.call(self, value, key, shell);
      };
      Object.defineProperty(shell, name, { value: forEach });
    } else {
      const method = Reflect.get(full, name) as (...args: unknown[]) => unknown;
      Object.defineProperty(shell, name, { value: method.bind(full) });
    }
  }
  recordSeal(shell, seal, full);
  return Object.freeze(shell);
}
