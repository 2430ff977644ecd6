import { isSecret, REDACTED } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import { type Action, type AnonymiseRule, actionOf } from "./internal/anonymise-rules.ts";

/**
 * Rules by path: member names with dots between, where `*` stands for any member or item. `"user.email"`,
 * `"orders.*.card"`. Of two paths to one member the more exact wins, and a rule for a part comes before one for
 * the whole, so `{ "*": "drop", "user.id": "keep" }` keeps nothing but that id.
 */
export type AnonymiseRules = Readonly<Record<string, AnonymiseRule>>;

interface Node {
  action?: Action;
  readonly members: Map<string, Node>;
}

interface Walk {
  readonly ancestors: Set<object>;
  left: number;
}

const DROPPED = Symbol("dropped");
const DEEPEST = 32;
const MOST_VALUES = 100_000;

/**
 * A copy of `record` with the members that `rules` name masked, hashed, dropped or made general; the record itself is
 * left as it is. Members without a rule are copied, unless `"*": "drop"` says that only the named ones are kept.
 *
 * Prevents the export, the log line or the test data that still says whose record it was. `"mask"` leaves a text of fixed
 * length, so that not even the length is told; a hash needs a key, because names, numbers and addresses are few enough to
 * be tried one by one without; equal values under one key have equal hashes, so that records still join: that is
 * pseudonymous data, not anonymous (GDPR, article 4(5)), for as long as the key exists. Secrets are always redacted, and
 * what is nested over 32 deep, goes in a circle, or comes after 100 000 values is left out with a mark.
 *
 * @throws TypeError when a rule is unknown, a path malformed, a key shorter than 16 bytes, or `record` no object
 * @example
 * ```ts
 * import { anonymise } from "@seaworthy/validators";
 * const shared = anonymise(
 *   { id: 7, email: "ada@example.com", born: "1985-12-10", age: 40, card: "4111111111111111", note: "call her" },
 *   { email: "mask", born: { generalise: "year" }, age: { generalise: 10 }, card: { mask: 4 }, note: "drop" },
 * );
 * console.log(shared); // { id: 7, email: "****", born: "1985", age: "40-49", card: "****1111" }
 * ```
 */
export function anonymise(record: unknown, rules: AnonymiseRules): Record<string, unknown> {
  if (typeof record !== "object" || record === null || Array.isArray(record))
    throw new TypeError(`record must be an object; got ${showValue(record)}`);
  const root = compile(rules);
  return copy(record, [root], undefined, { ancestors: new Set(), left: MOST_VALUES }, 0) as Record<string, unknown>;
}

function compile(rules: AnonymiseRules): Node {
  if (typeof rules !== "object" || rules === null || Array.isArray(rules))
    throw new TypeError(`rules must be an object; got ${showValue(rules)}`);
  const root: Node = { members: new Map() };
  for (const [path, rule] of Object.entries(rules)) {
    const names = path.split(".");
    if (names.includes("") || names.length > DEEPEST)
      throw new TypeError(`rules: a path must be member names with dots between; got ${showValue(path)}`);
    let node = root;
    for (const name of names) {
      const next: Node = node.members.get(name) ?? { members: new Map() };
      node.members.set(name, next);
      node = next;
    }
    node.action = actionOf(rule, path);
  }
  return root;
}

/**
 * @param nodes - the rules that may hold for the members, the most exact first
 * @param otherwise - what happens to a member that none of them names
 */
function copy(
  value: unknown,
  nodes: readonly Node[],
  otherwise: Action | undefined,
  walk: Walk,
  depth: number,
): unknown {
  if (--walk.left < 0) return "[too much]";
  if (isSecret(value)) return REDACTED;
  if (!isContainer(value)) return typeof value === "function" ? "[function]" : value;
  if (walk.ancestors.has(value)) return "[circular]";
  if (depth > DEEPEST) return "[too deep]";
  walk.ancestors.add(value);
  try {
    const members: [string, unknown][] = [];
    for (const [name, member] of membersOf(value)) {
      const result = apply(name, member, nodes, otherwise, walk, depth);
      if (result !== DROPPED) members.push([name, result]);
    }
    return Array.isArray(value) || value instanceof Set ? members.map(([, item]) => item) : Object.fromEntries(members);
  } finally {
    walk.ancestors.delete(value);
  }
}

function apply(
  name: string,
  member: unknown,
  nodes: readonly Node[],
  otherwise: Action | undefined,
  walk: Walk,
  depth: number,
): unknown {
  const below = [name, "*"].flatMap((key) => nodes.flatMap((node) => node.members.get(key) ?? []));
  const action = below.find((node) => node.action !== undefined)?.action ?? otherwise;
  // A rule must not swallow what a more exact one says about a part: "*": "drop" beside "user.id": "keep".
  const leadsOn = isContainer(member) && below.some((node) => node.members.size > 0);
  if (leadsOn || action === undefined) return copy(member, below, action, walk, depth + 1);
  if (action === "drop") return DROPPED;
  if (isSecret(member)) return REDACTED;
  if (action === "keep") return copy(member, [], undefined, walk, depth + 1);
  return member === null || member === undefined ? member : action(member);
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null || isSecret(value)) return false;
  return !(value instanceof Date) && !ArrayBuffer.isView(value);
}

function* membersOf(value: object): Generator<[string, unknown]> {
  if (value instanceof Map) for (const [key, member] of value) yield [String(key), member];
  else if (value instanceof Set) for (const member of value) yield ["", member];
  else for (const key of Object.keys(value)) yield [key, read(value, key)];
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return "[unreadable]"; // a getter of the host threw
  }
}
