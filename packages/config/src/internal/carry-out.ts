import { systemClock } from "@seaworthy/core";
import { ConfigError } from "../errors.ts";
import * as telemetry from "../telemetry.ts";
import type { ConfigWarning, LoadConfigOptions } from "./load-options.ts";
import { remember } from "./provenance.ts";
import { type Resolved, resolveConfig, resolveConfigSync } from "./resolve.ts";
import type { Run } from "./run.ts";
import { seal } from "./seal.ts";
import type { Schema } from "./zod.ts";

/** What became of a load: the configuration, or why it was refused. */
export interface Outcome {
  readonly run: Run;
  readonly config?: object;
  readonly error?: ConfigError;
}

/** Loads, measures and seals. */
export async function carryOut(schema: Schema, options: LoadConfigOptions): Promise<Outcome> {
  const finish = begin(options);
  return finish(await resolveConfig(schema, options));
}

/** As {@link carryOut}, at once. */
export function carryOutSync(schema: Schema, options: LoadConfigOptions): Outcome {
  const finish = begin(options);
  return finish(resolveConfigSync(schema, options));
}

/** The configuration of a load. @throws ConfigError if it was refused */
export function configOf({ config, error }: Outcome): object {
  if (error !== undefined) throw error;
  return config as object;
}

function begin(options: LoadConfigOptions): (resolved: Resolved) => Outcome {
  const { clock = systemClock } = options;
  const start = clock.monotonic();
  return ({ run, value }) => {
    const { profile, issues } = run;
    if (telemetry.load.active) {
      const outcome = issues.length === 0 ? "ok" : "invalid";
      const seconds = Math.max(0, clock.monotonic() - start) / 1000;
      telemetry.load.emit({ profile, outcome }, seconds, { problems: issues.length });
    }
    // Warnings are told even if there are problems: one may be the reason for the other.
    for (const warning of run.warnings) tell(warning, options);
    if (issues.length > 0) return { run, error: new ConfigError(profile, issues) };
    const sealed = seal(value, run);
    remember(sealed.value, { run, secrets: sealed.secrets });
    return { run, config: sealed.value };
  };
}

function tell(warning: ConfigWarning, { onWarning }: LoadConfigOptions): void {
  if (telemetry.warning.active) telemetry.warning.emit({ code: warning.code }, undefined, { message: warning.message });
  if (onWarning === undefined) process.emitWarning(warning.message, { type: "ConfigWarning", code: warning.code });
  else onWarning(warning);
}
