import { optionalFunction, requiredFunction, showValue } from "@seaworthy/core/options";
import type { Cache } from "./cache.ts";
import { createCache } from "./create-cache.ts";
import type { CacheOptions } from "./options.ts";

/** Options of {@link memoize}: those of `createCache`, and `key`. */
export interface MemoizeOptions<A extends readonly unknown[]> extends CacheOptions {
  /** Makes the key from the arguments. @default their JSON, if they are strings, finite numbers, booleans, `null` or `undefined` */
  key?: (...args: A) => string;
}

/** A function whose results are kept. */
export interface Memoized<A extends readonly unknown[], R> extends AsyncDisposable {
  (...args: A): Promise<R>;
  /** Where the results are. */
  readonly cache: Cache<R>;
  /** Forgets the result for these arguments, in all processes. */
  forget(...args: A): Promise<boolean>;
}

/**
 * Makes a function that calls `fn` once for equal arguments, also for calls at the same time, and keeps the result. A result
 * of `undefined` is kept for `negativeTtl`.
 *
 * @throws TypeError if `fn` is not a function, or an option is malformed
 * @example
 * ```ts
 * import { memoize } from "@seaworthy/cache";
 * const rateOf = async (from: string, to: string) => ({ from, to, rate: 1.08 });
 * await using rate = memoize(rateOf, { name: "rates", ttl: "1m" });
 * console.log(await rate("EUR", "USD"), (await rate("EUR", "USD")) === (await rate("EUR", "USD")));
 * await rate.forget("EUR", "USD");
 * ```
 */
export function memoize<A extends readonly unknown[], R>(
  fn: (...args: A) => R | Promise<R>,
  options: MemoizeOptions<A>,
): Memoized<A, R> {
  requiredFunction("fn", fn);
  if (typeof options !== "object" || options === null)
    throw new TypeError(`memoize: options must be an object; got ${showValue(options)}`);
  const { key, ...others } = options;
  const keyOf = optionalFunction("key", key) ?? keyOfPlain;
  const cache = createCache<R>(others);
  const call = async (...args: A): Promise<R> => cache.getOrLoad(keyOf(...args), async () => fn(...args));
  return Object.assign(call, {
    cache,
    forget: async (...args: A) => cache.delete(keyOf(...args)),
    [Symbol.asyncDispose]: () => cache.close(),
  });
}

/** @throws TypeError if an argument has no key of its own */
function keyOfPlain(...args: readonly unknown[]): string {
  for (const value of args) {
    const isPlain =
      value === null || ["string", "boolean", "undefined"].includes(typeof value) || Number.isFinite(value);
    if (!isPlain) throw new TypeError(`memoize needs the option key for an argument such as ${showValue(value)}`);
  }
  // JSON writes undefined as null.
  return JSON.stringify(args.map((value) => (value === undefined ? [] : value)));
}
