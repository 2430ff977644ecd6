import type { Secret } from "@seaworthy/core";
import { isSecret } from "@seaworthy/core";
import { isPlainObject } from "./internal/coerce.ts";
import { opened } from "./internal/sealed.ts";

type Kept = ((...args: never[]) => unknown) | Date | RegExp | URL | Uint8Array;

/** The type of a value in which each `Secret` is replaced by its content. */
export type Revealed<T> =
  T extends Secret<infer Value>
    ? Value
    : T extends Kept
      ? T
      : T extends readonly (infer Item)[]
        ? Revealed<Item>[]
        : T extends object
          ? { -readonly [Key in keyof T]: Revealed<T[Key]> }
          : T;

/**
 * Returns a plain copy of a configuration, or of a part of it, that can be changed and has its secrets in clear, for a
 * client that copies its options: `new Redis(revealConfig(config.redis))`. Everything that prints the copy shows the secrets.
 *
 * @example
 * ```ts
 * import { loadConfig, revealConfig } from "@seaworthy/config";
 * import { z } from "zod";
 * const schema = z.object({ redis: z.object({ host: z.string(), password: z.string() }) });
 * const config = await loadConfig(schema, { env: { REDIS__HOST: "cache", REDIS__PASSWORD: "correct horse" } });
 * console.log({ ...config.redis }); // { host: 'cache' }
 * console.log(revealConfig(config.redis)); // { host: 'cache', password: 'correct horse' }
 * ```
 */
export function revealConfig<T>(config: T): Revealed<T> {
  return revealed(opened(config), new Set()) as Revealed<T>;
}

function revealed(value: unknown, seen: Set<unknown>): unknown {
  if (isSecret(value)) return value.reveal();
  if (typeof value !== "object" || value === null || seen.has(value)) return value;
  seen.add(value);
  if (value instanceof Set) return new Set([...value].map((item) => revealed(item, seen)));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, revealed(item, seen)]));
  // `opened` has just made the copy, so it may be changed in place, which preserves cycles.
  if (Array.isArray(value)) for (const [index, item] of value.entries()) value[index] = revealed(item, seen);
  else if (isPlainObject(value)) for (const key of Object.keys(value)) value[key] = revealed(value[key], seen);
  return value;
}
