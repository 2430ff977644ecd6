import { systemClock } from "@seaworthy/core";
import { ConfigError } from "./errors.ts";
import { type ConfigWarning, checkLoadOptions, type LoadConfigOptions } from "./internal/load-options.ts";
import { remember } from "./internal/provenance.ts";
import { type Resolved, resolveConfig } from "./internal/resolve.ts";
import { seal } from "./internal/seal.ts";
import type { OutputOf, Schema } from "./internal/zod.ts";
import * as telemetry from "./telemetry.ts";

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
 * `config/default.json`, `config/<profile>.json`, `config/local.json` (not in production or test), the secrets
 * directory, `.env` (in development only), the environment, overrides. Objects merge and arrays replace each other.
 *
 * The result is frozen at every depth, with secrets as core's `Secret`. The environment is read, never changed.
 *
 * @throws TypeError when an option or the schema is not what it must be
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
export async function loadConfig<S extends Schema>(
  schema: S,
  options: LoadConfigOptions = {},
): Promise<Config<OutputOf<S>>> {
  checkLoadOptions("loadConfig", options);
  const clock = options.clock ?? systemClock;
  const start = clock.monotonic();
  const resolved = await resolveConfig(schema, options);
  const { profile, issues } = resolved.run;
  if (telemetry.load.active) {
    const outcome = issues.length === 0 ? "ok" : "invalid";
    const seconds = Math.max(0, clock.monotonic() - start) / 1000;
    telemetry.load.emit({ profile, outcome }, seconds, { problems: issues.length });
  }
  return finish(resolved, options) as Config<OutputOf<S>>;
}

/** Warnings are told also when problems follow: one may be the reason of the other. */
function finish({ run, value }: Resolved, options: LoadConfigOptions): object {
  for (const warning of run.warnings) tell(warning, options);
  if (run.issues.length > 0) throw new ConfigError(run.profile, run.issues);
  const sealed = seal(value, run);
  remember(sealed.value, { run, secrets: sealed.secrets });
  return sealed.value;
}

function tell(warning: ConfigWarning, { onWarning }: LoadConfigOptions): void {
  if (telemetry.warning.active) telemetry.warning.emit({ code: warning.code }, undefined, { message: warning.message });
  if (onWarning === undefined) process.emitWarning(warning.message, { type: "ConfigWarning", code: warning.code });
  else onWarning(warning);
}
