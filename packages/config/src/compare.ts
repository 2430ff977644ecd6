import { isSecret, REDACTED } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import { isPlainObject } from "./internal/coerce.ts";
import { isDeepStrictEqual } from "./internal/node-builtins.ts";
import { credentialsIn, isCredential, masked, secretsIn } from "./internal/redact.ts";
import { entriesOf, hidesAnything, maskAt, opened, shownOf } from "./internal/sealed.ts";

/** A value that differs between two configurations. Secrets show as `[redacted]`. */
export interface ConfigDifference {
  /** Dotted path. */
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** The value in the first configuration; absent if it was added. */
  readonly before?: unknown;
  /** The value in the second configuration; absent if it was removed. */
  readonly after?: unknown;
  /** Whether the value is not shown. */
  readonly secret: boolean;
}

/** A secret that two configurations have in common. */
export interface SharedSecret {
  /** Its path in the first configuration. */
  readonly path: string;
  /** Its path in the second configuration. */
  readonly otherPath: string;
}

/**
 * Returns the values that differ between two configurations, sorted by path. Secrets are compared but not shown.
 *
 * @throws TypeError if an argument is not an object
 * @example
 * ```ts
 * import { compareConfigs } from "@seaworthy/config";
 * console.log(compareConfigs({ port: 80 }, { port: 81 })[0]?.path); // port
 * ```
 */
export function compareConfigs(a: object, b: object): ConfigDifference[] {
  const before = leavesOf("a", a);
  const after = leavesOf("b", b);
  const differences: ConfigDifference[] = [];
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, now] = [before.get(path), after.get(path)];
    if (old && now && isDeepStrictEqual(bare(old.value), bare(now.value))) continue;
    const secret = old?.secret === true || now?.secret === true;
    const change = old === undefined ? "added" : now === undefined ? "removed" : "changed";
    differences.push({ path, change, ...sides(old, now, secret), secret });
  }
  return differences;
}

function sides(
  old: LeafValue | undefined,
  now: LeafValue | undefined,
  secret: boolean,
): { before?: unknown; after?: unknown } {
  const before = old && { before: old.shown(secret) };
  const after = now && { after: now.shown(secret) };
  return { ...before, ...after };
}

/**
 * Returns the secrets, including passwords in URLs, that two configurations share. A shared secret that leaks from one
 * environment also opens the other. The result contains paths only.
 *
 * @throws TypeError if an argument is not an object
 */
export function sharedSecrets(a: object, b: object): SharedSecret[] {
  const theirs = secretsOf(leavesOf("b", b));
  const found = new Map<string, SharedSecret>();
  for (const { path, text } of secretsOf(leavesOf("a", a))) {
    const same = theirs.filter((other) => other.text === text);
    // The same path is the most useful answer.
    const match = same.find((other) => other.path === path) ?? same[0];
    if (match !== undefined) found.set(path, { path, otherPath: match.path });
  }
  return [...found.values()];
}

interface LeafValue {
  readonly value: unknown;
  readonly secret: boolean;
  shown(secret: boolean): unknown;
}

const DEEPEST = 64;

function leavesOf(name: string, config: unknown): Map<string, LeafValue> {
  if (typeof config !== "object" || config === null)
    throw new TypeError(`${name} must be an object; got ${showValue(config)}`);
  const leaves = new Map<string, LeafValue>();
  const visit = (parent: object, path: readonly string[]): void => {
    for (const [key, member] of entriesOf(parent)) {
      if (member === undefined) continue;
      const at = [...path, key];
      const mask = maskAt(parent, key);
      if (isPlainObject(member) && mask === undefined && at.length < DEEPEST) visit(member, at);
      else leaves.set(at.join("."), mask === undefined ? leafOf(key, member) : maskedLeaf(member, mask.shown));
    }
  };
  visit(config, []);
  return leaves;
}

function maskedLeaf(value: unknown, display: unknown): LeafValue {
  const shown = (secret: boolean): unknown => (secret ? REDACTED : display);
  return { value: opened(value), secret: display === REDACTED, shown };
}

// Objects that `loadConfig` did not create have no marks, so only names and contents show what must be hidden.
function leafOf(key: string, member: unknown): LeafValue {
  const secret = isCredential(key, member) || isSecret(member);
  const display = hidesAnything(member) ? shownOf(member) : member;
  return { value: opened(member), secret, shown: (hidden) => masked(display, hidden || secret) };
}

function secretsOf(leaves: ReadonlyMap<string, LeafValue>): { path: string; text: string }[] {
  return [...leaves].flatMap(([path, { value, secret }]) => secretTexts(value, secret).map((text) => ({ path, text })));
}

function secretTexts(value: unknown, secret: boolean): string[] {
  if (secret && typeof value === "string") return value === "" ? [] : [value];
  return [...credentialsIn(value, secret), ...secretsIn(value).flatMap((inner) => secretTexts(inner, true))];
}

function bare(value: unknown): unknown {
  if (isSecret(value)) return value.reveal();
  if (Array.isArray(value)) return value.map(bare);
  return isPlainObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, bare(member)]))
    : value;
}
