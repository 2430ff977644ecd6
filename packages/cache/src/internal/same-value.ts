import { isDeepStrictEqual } from "node:util";

/** Whether a value came back as it was. Members that are `undefined` may be missing. */
export function isSame(read: unknown, value: unknown): boolean {
  return isDeepStrictEqual(read, value) || isDeepStrictEqual(read, withoutUndefinedMembers(value, 0));
}

const DEEPEST = 100;

function withoutUndefinedMembers(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((item) => withoutUndefinedMembers(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutUndefinedMembers(member, depth + 1)]));
}
