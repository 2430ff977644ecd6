import { REDACTED } from "./internal/redacted.ts";
import { register } from "./internal/secret-registry.ts";
import { isObject, readMember } from "./objects.ts";

export { REDACTED };

/**
 * Holds a value that must not be shown. Only `reveal()` gives it out; text, JSON, inspection and logs show
 * `[redacted]`, and a structured clone (postMessage, v8.serialize) throws a `DataCloneError`.
 */
export interface Secret<T = string> {
  reveal(): T;
  toString(): string;
  toJSON(): string;
}

const brand = Symbol.for("seaworthy.secret");
// Importing node:util reads all of its lazy members, which takes as long as everything else here.
const INSPECT = Symbol.for("nodejs.util.inspect.custom");
const shown = (): string => REDACTED;
const prototype = Object.freeze(
  Object.defineProperties<object>(Object.create(null), {
    [brand]: { value: true },
    toString: { value: shown },
    toLocaleString: { value: shown },
    valueOf: { value: shown },
    toJSON: { value: shown },
    [Symbol.toPrimitive]: { value: shown },
    [INSPECT]: { value: shown },
    [Symbol.toStringTag]: { value: "Secret" },
  }),
);

/**
 * Wraps a value so that it cannot be shown by accident. A secret given again comes back as it is.
 *
 * Text and bytes of at least {@link SHORTEST_SCRUBBED} units, also those in a plain object, a list or a URL, are found
 * by value as well: while the secret lives, `scrubSecrets`, error descriptions and Seaworthy's logger blank them out of
 * other text.
 *
 * @example
 * ```ts
 * import { secret } from "@seaworthy/core";
 * const key = secret("sk-live-4242424242");
 * console.log(`${key}`, JSON.stringify({ key })); // [redacted] {"key":"[redacted]"}
 * console.log(key.reveal().length); // 18
 * ```
 */
export function secret<T>(value: T | Secret<T>): Secret<T> {
  if (isSecret(value)) return value as Secret<T>;
  const holder: Secret<T> = Object.create(prototype);
  // An own enumerable function is what makes the structured-clone algorithm refuse the object.
  Object.defineProperty(holder, "reveal", { value: () => value, enumerable: true });
  Object.freeze(holder);
  register(holder, value);
  return holder;
}

/** Whether `value` is a secret made by any copy of this package. */
export function isSecret(value: unknown): value is Secret<unknown> {
  return isObject(value) && readMember(value, brand) === true;
}
