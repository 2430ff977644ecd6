import { isSecret, REDACTED, type Secret, secret } from "@seaworthy/core";
import { isPlainObject } from "./coerce.ts";
import { credentialsOf, isCredential } from "./redact.ts";
import type { Run } from "./run.ts";
import { isWellKnown } from "./weak.ts";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** A frozen copy of a configuration's plain data, which shows no credential when it is inspected or written as JSON. */
export interface Sealed {
  readonly value: object;
  /** The secrets found in URLs. */
  readonly secrets: readonly Secret<string>[];
}

interface Sealing {
  readonly run: Run;
  readonly secrets: Secret<string>[];
  readonly copies: Map<object, object>;
}

export function seal(value: unknown, run: Run): Sealed {
  const sealing: Sealing = { run, secrets: [], copies: new Map() };
  // A schema may end in a transform that makes something else of it.
  if (typeof value !== "object" || value === null)
    throw new TypeError(`schema must give out an object; got ${value === null ? "null" : typeof value}`);
  return { value: sealValue(value, "", sealing) as object, secrets: sealing.secrets };
}

// Other class instances (secrets, what a transform made) stay as they are: they cannot be copied safely.
function sealValue(value: unknown, path: string, sealing: Sealing): unknown {
  if (Array.isArray(value) || isPlainObject(value)) return sealObject(value, path, sealing);
  const inner = (member: unknown): unknown => sealValue(member, path, sealing);
  switch (typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined) {
    case Set.prototype:
      return unchangeable(new Set([...(value as Set<unknown>)].map(inner)));
    case Map.prototype:
      return unchangeable(new Map([...(value as Map<unknown, unknown>)].map(([key, member]) => [key, inner(member)])));
    case Date.prototype:
      return unchangeable(new Date(value as Date));
    default:
      return value;
  }
}

/** What these hold is in no property, so that freezing alone does not keep it; their methods that change it throw. */
function unchangeable<T extends Set<unknown> | Map<unknown, unknown> | Date>(copy: T): T {
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(copy)))
    if (/^(?:set|add$|delete$|clear$)/.test(name)) Object.defineProperty(copy, name, { value: refuseChange });
  return Object.freeze(copy);
}

function refuseChange(): never {
  throw new TypeError("a configuration cannot be changed");
}

function sealObject(value: object, path: string, sealing: Sealing): object {
  const made = sealing.copies.get(value);
  if (made !== undefined) return made;
  const copy: object = Array.isArray(value) ? [] : {};
  sealing.copies.set(value, copy);
  const masks = new Map<string, string>();
  for (const [key, member] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    const inner = sealValue(member, at, sealing);
    Object.defineProperty(copy, key, { value: inner, enumerable: true, writable: true, configurable: true });
    const mask = maskOf(member, at, sealing);
    if (mask !== undefined) masks.set(key, mask);
  }
  if (masks.size > 0) hide(copy, masks);
  return Object.freeze(copy);
}

function maskOf(text: unknown, path: string, { run, secrets }: Sealing): string | undefined {
  const field = run.model.byPath.get(path);
  if (isSecret(text)) return undefined; // it shows itself as it should
  if (field === undefined && isCredential(path.slice(path.lastIndexOf(".") + 1), text)) return REDACTED;
  if (typeof text !== "string") return field !== undefined && run.hidesWhole(field, text) ? REDACTED : undefined;
  if (field?.sensitivity === "secret") secrets.push(secret(text));
  // A password that everybody knows would blank out innocent words in every log.
  for (const part of credentialsOf(text)) if (!isWellKnown(part)) secrets.push(secret(part));
  const shown = run.shownText(field, text);
  return shown === text ? undefined : shown;
}

function hide(copy: object, masks: ReadonlyMap<string, string>): void {
  const shown = (): object => Object.assign(Array.isArray(copy) ? [...copy] : { ...copy }, Object.fromEntries(masks));
  for (const key of [INSPECT, "toJSON"])
    if (!Object.hasOwn(copy, key)) Object.defineProperty(copy, key, { value: shown });
}
