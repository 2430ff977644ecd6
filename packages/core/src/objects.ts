/** `T` without the members that are `undefined`: a member that may be `undefined` becomes optional. */
export type WithoutUndefined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/**
 * A copy of a plain object without the members that are `undefined`, for types whose optional members must be absent
 * (`exactOptionalPropertyTypes`). It replaces one conditional spread per member.
 *
 * @example
 * ```ts
 * import { withoutUndefined } from "@seaworthy/core/objects";
 * const port: number | undefined = undefined;
 * console.log(withoutUndefined({ host: "db-7", port })); // { host: 'db-7' }
 * ```
 */
export function withoutUndefined<T extends object>(members: T): WithoutUndefined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as WithoutUndefined<T>;
}

/** Whether a value is an object whose members can be read; arrays are objects, functions and `null` are not. */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === "object" && value !== null;
}

/**
 * A member of any value. Returns `undefined` if the value is not an object or a function, and `unreadable` (`undefined`
 * by default) if a getter or a Proxy throws. Never throws.
 */
export function readMember(target: unknown, key: PropertyKey, unreadable?: unknown): unknown {
  if ((typeof target !== "object" && typeof target !== "function") || target === null) return undefined;
  try {
    // Reflect.get takes half as long again.
    return (target as Record<PropertyKey, unknown>)[key];
  } catch {
    return unreadable;
  }
}
