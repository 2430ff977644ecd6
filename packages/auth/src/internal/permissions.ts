import { showValue } from "@seaworthy/core/options";

const LONGEST = 200;
const PERMISSION = /^[\w.-]+(:[\w.-]+)+$/;
const PATTERN = /^(\*|[\w.-]+(:[\w.-]+)*:\*|[\w.-]+(:[\w.-]+)+)$/;

/** @throws TypeError if it is not `resource:action` */
export function checkPermission(name: string, permission: unknown): string {
  if (typeof permission !== "string" || permission.length > LONGEST || !PERMISSION.test(permission))
    throw new TypeError(`${name} must be like "orders:read"; got ${showValue(permission)}`);
  return permission;
}

/** @throws TypeError if it is neither a permission, nor one with a wildcard at its end */
export function checkPattern(name: string, pattern: unknown): string {
  if (typeof pattern !== "string" || pattern.length > LONGEST || !PATTERN.test(pattern))
    throw new TypeError(`${name} must be like "orders:read", "orders:*" or "*"; got ${showValue(pattern)}`);
  return pattern;
}

/** Whether a set of patterns has one that covers a permission: the permission itself, a beginning of it, or everything. */
export function covers(patterns: ReadonlySet<string>, permission: string): boolean {
  if (patterns.size === 0) return false;
  if (patterns.has(permission) || patterns.has("*")) return true;
  for (let at = permission.indexOf(":"); at >= 0; at = permission.indexOf(":", at + 1))
    if (patterns.has(`${permission.slice(0, at)}:*`)) return true;
  return false;
}
