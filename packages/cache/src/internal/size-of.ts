const OBJECT = 32;
const MEMBER = 16;

/**
 * An estimate of the memory that a value takes, in bytes. It stops at `most`, and counts a shared or cyclic object once. What
 * it cannot read counts as an object.
 */
export function sizeOf(value: unknown, most: number): number {
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  let total = 0;
  while (waiting.length > 0 && total <= most) {
    const next = waiting.pop();
    total += ownSize(next);
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    total += addMembers(next, waiting);
  }
  return total;
}

function ownSize(value: unknown): number {
  if (typeof value === "string") return 16 + value.length * 2;
  if (typeof value === "bigint") return 24;
  return typeof value === "object" && value !== null ? OBJECT : 8;
}

function addMembers(value: object, waiting: unknown[]): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (value instanceof ArrayBuffer) return value.byteLength;
  try {
    if (value instanceof Map) for (const [key, item] of value) waiting.push(key, item);
    else if (value instanceof Set) for (const item of value) waiting.push(item);
    else return addProperties(value, waiting);
  } catch {
    // A Proxy or a getter that throws has no members to count.
  }
  return 0;
}

function addProperties(value: object, waiting: unknown[]): number {
  let keys = 0;
  for (const key of Object.keys(value)) {
    keys += MEMBER;
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (descriptor !== undefined && "value" in descriptor) waiting.push(descriptor.value);
  }
  return keys;
}
