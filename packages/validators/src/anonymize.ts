import { isSecret, REDACTED } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import { type Action, type AnonymizeRule, actionOf } from "./internal/anonymize-rules.ts";

/**
 * Rules by path. A path is a list of member names separated by dots, such as `"user.email"`; `*` stands for any member
 * or item, as in `"orders.*.card"`. If two paths match a member, the more exact path wins. A rule for a part wins over a
 * rule for the whole, so `{ "*": "drop", "user.id": "keep" }` keeps only that id.
 */
export type AnonymizeRules = Readonly<Record<string, AnonymizeRule>>;

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
 * Returns a copy of `record` in which the members that `rules` name are masked, hashed, dropped or generalized. The
 * record itself does not change. Members without a rule are copied, unless the rule `"*": "drop"` removes them.
 *
 * Prevents an export, a log line or test data from still identifying a person. `"mask"` writes a string of fixed length,
 * so that the length of the value stays unknown. A hash needs a key, because there are so few names, numbers and
 * addresses that an attacker can try them all. Equal values have equal hashes under one key, so records can still be
 * joined: as long as the key exists, the data is pseudonymous and not anonymous (GDPR, article 4(5)). Secrets are always
 * redacted. Values nested more than 32 levels deep, cycles, and values after the first 100 000 are replaced by a mark.
 *
 * @throws TypeError if a rule is unknown, a path is malformed, a key is shorter than 16 bytes, or `record` is not an object
 * @example
 * ```ts
 * import { anonymize } from "@seaworthy/validators";
 * const shared = anonymize(
 *   { id: 7, email: "ada@example.com", born: "1985-12-10", age: 40, card: "4111111111111111", note: "call her" },
 *   { email: "mask", born: { generalize: "year" }, age: { generalize: 10 }, card: { mask: 4 }, note: "drop" },
 * );
 * console.log(shared); // { id: 7, email: "****", born: "1985", age: "40-49", card: "****1111" }
 * ```
 */
export function anonymize(record: unknown, rules: AnonymizeRules): Record<string, unknown> {
  if (typeof record !== "object" || record === null || Array.isArray(record))
    throw new TypeError(`record must be an object; got ${showValue(record)}`);
  const root = compile(rules);
  const place: Place = { nodes: [root], otherwise: undefined, depth: 0 };
  return copy(record, place, { ancestors: new Set(), left: MOST_VALUES }) as Record<string, unknown>;
}

function compile(rules: AnonymizeRules): Node {
  if (typeof rules !== "object" || rules === null || Array.isArray(rules))
    throw new TypeError(`rules must be an object; got ${showValue(rules)}`);
  const root: Node = { members: new Map() };
  for (const [path, rule] of Object.entries(rules)) {
    const names = path.split(".");
    if (names.includes("") || names.length > DEEPEST)
      throw new TypeError(`rules: a path must be member names separated by dots; got ${showValue(path)}`);
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

/** What happens to the members of one container. */
interface Place {
  /** The rules that may match its members, the most exact rule first. */
  readonly nodes: readonly Node[];
  /** What happens to a member that no rule names. */
  readonly otherwise: Action | undefined;
  readonly depth: number;
}

function copy(value: unknown, place: Place, walk: Walk): unknown {
  if (--walk.left < 0) return "[too much]";
  if (isSecret(value)) return REDACTED;
  if (!isContainer(value)) return typeof value === "function" ? "[function]" : value;
  if (walk.ancestors.has(value)) return "[circular]";
  if (place.depth > DEEPEST) return "[too deep]";
  walk.ancestors.add(value);
  try {
    const members: [string, unknown][] = [];
    for (const [name, member] of membersOf(value)) {
      const result = apply(name, member, place, walk);
      if (result !== DROPPED) members.push([name, result]);
    }
    return Array.isArray(value) || value instanceof Set ? members.map(([, item]) => item) : Object.fromEntries(members);
  } finally {
    walk.ancestors.delete(value);
  }
}

function apply(name: string, member: unknown, { nodes, otherwise, depth }: Place, walk: Walk): unknown {
  const below = [name, "*"].flatMap((key) => nodes.flatMap((node) => node.members.get(key) ?? []));
  const action = below.find((node) => node.action !== undefined)?.action ?? otherwise;
  // A rule must not hide a more exact rule for a part, as in { "*": "drop", "user.id": "keep" }.
  const leadsOn = isContainer(member) && below.some((node) => node.members.size > 0);
  if (leadsOn || action === undefined) return copy(member, { nodes: below, otherwise: action, depth: depth + 1 }, walk);
  if (action === "drop") return DROPPED;
  if (isSecret(member)) return REDACTED;
  if (action === "keep") return copy(member, { nodes: [], otherwise: undefined, depth: depth + 1 }, walk);
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
    return Reflect.get(value, key);
  } catch {
    return "[unreadable]"; // a getter of the record threw
  }
}
