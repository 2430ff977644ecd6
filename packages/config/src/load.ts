import { carryOut, carryOutSync, configOf } from "./internal/carry-out.ts";
import type { Config } from "./internal/config-type.ts";
import { checkLoadOptions, type LoadConfigOptions } from "./internal/load-options.ts";
import type { OutputOf, Schema } from "./internal/zod.ts";

export type { Config } from "./internal/config-type.ts";
export type { ConfigWarning, LoadConfigOptions, ReferenceResolver } from "./internal/load-options.ts";

/**
 * Loads the configuration from its layers. A later layer wins over an earlier one: the defaults of the schema,
 * `config/default.json`, `config/<profile>.json`, `config/local.json` (in development only), the secrets directory,
 * `.env` (in development only, unless an option names it), `.env.<profile>`, the environment, arguments, overrides.
 * Objects merge, and arrays replace each other.
 *
 * The result is frozen at every depth, with secrets as core's `Secret`. A value that the schema makes secret can be read
 * by its name only: no printer, copy or clone of the configuration contains it. The environment is never changed.
 *
 * @throws TypeError if an option or the schema is invalid
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
  return configOf(await carryOut(schema, options));
}

/**
 * Does what {@link loadConfig} does, synchronously: for CommonJS modules, and for the configuration files of tools, which
 * cannot wait. Resolvers of references must be synchronous too.
 *
 * @throws TypeError if an option or the schema is invalid, or the schema has an asynchronous check
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
  return configOf(carryOutSync(schema, options));
}
