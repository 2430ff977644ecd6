import { showValue } from "@seaworthy/core/options";
import { markFinal } from "./internal/final-errors.ts";

/**
 * Marks an error, so that no retry of this package follows it, whatever `retryIf` says. The error itself is returned and
 * is not changed, so the caller sees the very same object.
 *
 * @throws TypeError if the value is not an object
 * @example
 * ```ts
 * import { retry, stopRetrying } from "@seaworthy/resilience";
 * let calls = 0;
 * const lookUp = async () => {
 *   calls += 1;
 *   throw stopRetrying(new Error("no such order"));
 * };
 * await retry(lookUp, { attempts: 5 }).catch((error) => console.log(error.message, calls)); // no such order 1
 * ```
 */
export function stopRetrying<E extends object>(error: E): E {
  if ((typeof error !== "object" || error === null) && typeof error !== "function")
    throw new TypeError(`stopRetrying takes an error object; got ${showValue(error)}`);
  return markFinal(error);
}
