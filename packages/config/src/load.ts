import { carryOut, carryOutSync, configOf } from "./internal/carry-out.ts";
import { checkLoadOptions, type LoadConfigOptions } from "./internal/load-options.ts";
import type { OutputOf, Schema } from "./internal/zod.ts";

export type { ConfigWarning, LoadConfigOptions, ReferenceResolver } from "./internal/load-options.ts";

type Kept = ((...args: never[]) => unknown) | Date | RegExp | URL | Uint8Array | { reveal(): unknown };

/** A configuration: what the schema gives out, frozen at every depth. */
export type Config<T> = T extends Kept
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Config<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Config<T[Key]> }
      : T;

/**
 * Reads the configuration from its layers, the later winning over the earlier: the schema's defaults,
 * `config/default.json`, `config/<profile>.json`, `config/local.json` (in development only), the secrets directory,
 * `.env` (in development only, unless it is named), the environment, arguments, overrides. Objects merge and arrays
 * replace each other.
 *
 * The result is frozen at every depth, with secrets as core's `Secret`. What the schema makes secret is read by its
 * name alone: no printer, copy or clone of the configuration holds it. The environment is read, never changed.
 *
 * @throws TypeError if an option or the schema is not what it must be
 * @throws ConfigError `CONFIG_INVALID` with every problem at once and no value
 * @example
 * ```ts
 * import { loadConfig, port } from "@seaworthy/config";
 * import { z } from "zod";
 * const schema = z.object({ http: z.object({ port: port().default(3000) }) });
 * const config = await loadConfig(schema, { env: { HTTP__PORT: "8080" } });
 * console.log(config.http.port); // 8080
 * ```
 */
export async function loadConfig<S extends Schema<object>>(
  schema: S,
  options: LoadConfigOptions = {},
): Promise<Config<OutputOf<S>>> {
  checkLoadOptions("loadConfig", options);
  return configOf(await carryOut(schema, options)) as Config<OutputOf<S>>;
}

/**
 * As {@link loadConfig}, at once: for CommonJS modules, and for the configuration files of tools, which cannot wait.
 * Resolvers of references must give their values at once too.
 *
 * @throws TypeError if an option or the schema is not what it must be, or the schema has an asynchronous check
 * @throws ConfigError `CONFIG_INVALID` with every problem at once and no value
 * @example
 * ```ts
 * import { loadConfigSync, port } from "@seaworthy/config";
 * import { z } from "zod";
 * const config = loadConfigSync(z.object({ port: port().default(3000) }), { env: {} });
 * console.log(config.port); // 3000
 * ```
 */
export function loadConfigSync<S extends Schema<object>>(
  schema: S,
  options: LoadConfigOptions = {},
): Config<OutputOf<S>> {
  checkLoadOptions("loadConfigSync", options);
  return configOf(carryOutSync(schema, options)) as Config<OutputOf<S>>;
}
