/**
 * Freezes plain objects and arrays to any depth, so that a caller that changes a shared value fails where it does so. Other
 * objects are left alone: a class may need to change its own members, and typed arrays cannot be frozen.
 */
export function freezeDeep(value: unknown): void {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (!isPlain(next) || Object.isFrozen(next)) continue;
    try {
      Object.freeze(next);
      for (const key of Object.keys(next)) {
        const descriptor = Object.getOwnPropertyDescriptor(next, key);
        if (descriptor !== undefined && "value" in descriptor) waiting.push(descriptor.value);
      }
    } catch {
      // A Proxy may refuse; then its host protects it.
    }
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
