import { isSecret, REDACTED, type Secret, secret } from "@seaworthy/core";
import { isPlainObject } from "./coerce.ts";
import type { LoadState } from "./load-state.ts";
import type { Field, Section } from "./model.ts";
import { credentialsOf } from "./redact.ts";
import { type Mask, recordSeal, type Seal, shownOf } from "./sealed.ts";
import type { View } from "./secrecy.ts";
import { isWellKnown } from "./weak.ts";

/** A frozen copy of the plain data of a configuration, whose secrets can be read by name only. */
export interface Sealed {
  readonly value: object;
  /** The secrets found in URLs. */
  readonly secrets: readonly Secret<string>[];
}

/** Where a value is in the configuration. */
interface Spot {
  /** What the schema says about the secrecy of the value. */
  readonly view: View;
  /** The field or section, if the value is one. */
  readonly node: Field | Section | undefined;
  /** Why something around the value is secret: because of the schema, or only because of where it was read. */
  readonly cover: "schema" | "source" | undefined;
}

interface Sealing {
  readonly state: LoadState;
  readonly secrets: Secret<string>[];
  /** The copies that exist already, by the cover of the original. */
  readonly copies: Readonly<Record<"schema" | "source" | "none", Map<object, Map<View, object>>>>;
}

/**
 * Copies the output of the schema, and walks the schema and the output together.
 *
 * A member that the schema makes secret becomes an accessor that is not enumerable. Only such a member is left out of
 * `console.dir`, `console.table`, the differences that assertions print, `structuredClone` and `{ ...section }`, all of
 * which read every enumerable property. Items of an array are inherited accessors, because these functions read all items.
 */
export function seal(value: unknown, state: LoadState): Sealed {
  // A schema may end in a transform that returns something else.
  if (typeof value !== "object" || value === null)
    throw new TypeError(`schema must return an object; got ${value === null ? "null" : typeof value}`);
  const sealing = sealingOf(state);
  const { view, root } = state.model;
  const copy = copyOf(value, { view, node: root, cover: view.declared ? "schema" : undefined }, sealing);
  return { value: copy, secrets: sealing.secrets };
}

/** Returns what may be shown of the output of the schema for a field. */
export function shownField(state: LoadState, field: Field, value: unknown): unknown {
  const sealing = sealingOf(state);
  const spot: Spot = { view: field.view, node: field, cover: undefined };
  const mask = maskOf(value, spot, sealing);
  return mask === undefined ? shownOf(copyOf(value, spot, sealing)) : mask.shown;
}

function sealingOf(state: LoadState): Sealing {
  return { state, secrets: [], copies: { schema: new Map(), source: new Map(), none: new Map() } };
}

// Instances of other classes (secrets, results of transforms) are not copied, because that is not safe.
function copyOf<T>(value: T, spot: Spot, sealing: Sealing): T;
function copyOf(value: unknown, spot: Spot, sealing: Sealing): unknown {
  if (Array.isArray(value)) return once(value, [], spot, sealing);
  if (isPlainObject(value)) return once(value, {}, spot, sealing);
  if (value instanceof Set && isBare(value, Set)) return setOf(value, spot, sealing);
  if (value instanceof Map && isBare(value, Map)) return mapOf(value, spot, sealing);
  if (value instanceof Date && isBare(value, Date)) return unchangeable(new Date(value));
  return value;
}

/** Whether a value is an instance of this class and not of one that extends it. */
function isBare(value: object, type: { readonly prototype: object }): boolean {
  return Object.getPrototypeOf(value) === type.prototype;
}

/** Copies an array or an object once per view and cover, so that cycles and shared objects stay what they are. */
function once(value: object, copy: object, spot: Spot, sealing: Sealing): object {
  const copies = sealing.copies[spot.cover ?? "none"];
  const made = copies.get(value) ?? new Map<View, object>();
  const known = made.get(spot.view);
  if (known !== undefined) return known;
  copies.set(value, made.set(spot.view, copy));
  if (Array.isArray(value) && Array.isArray(copy)) fillArray(value, copy, spot, sealing);
  else fillObject(value, copy, spot, sealing);
  return copy;
}

function fillObject(value: object, copy: object, spot: Spot, sealing: Sealing): void {
  const masks = new Map<string, Mask>();
  const keys = Object.keys(value);
  for (const key of keys) {
    const member: unknown = Reflect.get(value, key);
    const node = spot.node?.kind === "section" ? spot.node.members.get(key) : undefined;
    const { sealed, mask } = sealedMember(member, { ...spot, view: spot.view.member(key), node }, sealing);
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

function fillArray(value: readonly unknown[], copy: unknown[], spot: Spot, sealing: Sealing): void {
  const masks = new Map<string, Mask>();
  const prototype: object = Object.create(Array.prototype);
  for (const [index, item] of value.entries()) {
    const { sealed, mask } = sealedMember(item, itemSpot(spot, index), sealing);
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

function itemSpot({ view, cover }: Spot, key: string | number): Spot {
  return { view: view.member(key), node: undefined, cover };
}

/** The copy of a member, and what is shown in its place. A mask covers everything in the member too. */
function sealedMember(member: unknown, spot: Spot, sealing: Sealing): { sealed: unknown; mask: Mask | undefined } {
  const mask = maskOf(member, spot, sealing);
  if (typeof member !== "object") return { sealed: member, mask };
  const cover = spot.cover === "schema" || mask === undefined ? spot.cover : mask.bySchema ? "schema" : "source";
  return { sealed: copyOf(member, { ...spot, cover }, sealing), mask };
}

/** Returns what is shown in place of a member, or undefined if the member may be shown or redacts itself. */
function maskOf(value: unknown, { view, node, cover }: Spot, sealing: Sealing): Mask | undefined {
  if (value === undefined || value === null || isSecret(value)) return undefined;
  const text = typeof value === "string" ? value : undefined;
  const declared = view.declared || cover === "schema" || (view.tainted && !isContainer(value));
  if (text !== undefined) register(text, declared, sealing);
  if (declared || (view.named && (text !== undefined || Array.isArray(value))))
    return { shown: REDACTED, bySchema: true };
  const field = node?.kind === "field" ? node : undefined;
  const { disclosure } = sealing.state;
  if (cover === "source" || (field !== undefined && disclosure.isHidden(field) && text === undefined))
    return { shown: REDACTED, bySchema: false };
  if (text === undefined) return undefined;
  const shown = disclosure.shownText(field, text);
  return view.url || shown !== text ? { shown, bySchema: view.url } : undefined;
}

function isContainer(value: unknown): boolean {
  return Array.isArray(value) || isPlainObject(value) || value instanceof Map || value instanceof Set;
}

/** Registers the secrets in a string as living secrets, of which logs are scrubbed. */
function register(text: string, declared: boolean, { secrets }: Sealing): void {
  if (declared && text !== "") secrets.push(secret(text));
  // A well-known password would remove innocent words from every log.
  for (const part of credentialsOf(text)) if (!isWellKnown(part)) secrets.push(secret(part));
}

function setOf(value: Set<unknown>, spot: Spot, sealing: Sealing): Set<unknown> {
  const masks = new Map<string, Mask>();
  const items = [...value].map((item, index) => {
    const { sealed, mask } = sealedMember(item, itemSpot(spot, index), sealing);
    if (mask !== undefined) masks.set(String(index), mask);
    return sealed;
  });
  const copy = unchangeable(new Set(items));
  return masks.size === 0 ? copy : shellOf(copy, { keys: undefined, masks });
}

function mapOf(value: Map<unknown, unknown>, spot: Spot, sealing: Sealing): Map<unknown, unknown> {
  const masks = new Map<string, Mask>();
  const entries = [...value].map(([key, item], index): [unknown, unknown] => {
    const { sealed, mask } = sealedMember(item, itemSpot(spot, String(key)), sealing);
    if (mask !== undefined) masks.set(String(index), mask);
    return [key, sealed];
  });
  const copy = unchangeable(new Map(entries));
  return masks.size === 0 ? copy : shellOf(copy, { keys: undefined, masks });
}

/** Makes the methods that change a collection or a date throw. Freezing is not enough, because the content is not in properties. */
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
 * Returns an object with the methods of a collection. It is not a collection, because printers and `structuredClone` read
 * the items of a collection directly.
 */
function shellOf<T extends Set<unknown> | Map<unknown, unknown>>(full: T, seal: Seal): T {
  const prototype: object = Object.getPrototypeOf(full);
  const shell: T = Object.create(prototype);
  for (const name of Reflect.ownKeys(prototype)) {
    if (name === "constructor" || name === Symbol.toStringTag) continue;
    if (name === "size") Object.defineProperty(shell, name, { get: () => full.size });
    else if (name === "forEach") {
      const forEach = (visit: (value: unknown, key: unknown, all: T) => void, self?: unknown): void => {
        for (const [key, value] of full.entries()) visit.call(self, value, key, shell);
      };
      Object.defineProperty(shell, name, { value: forEach });
    } else {
      const method: unknown = Reflect.get(full, name);
      if (typeof method === "function") Object.defineProperty(shell, name, { value: method.bind(full) });
    }
  }
  recordSeal(shell, seal, full);
  return Object.freeze(shell);
}
