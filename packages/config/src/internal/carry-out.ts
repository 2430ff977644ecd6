import { systemClock } from "@seaworthy/core";
import { ConfigError } from "../errors.ts";
import { loadEvent, warningEvent } from "../telemetry.ts";
import type { Config } from "./config-type.ts";
import type { ConfigWarning, LoadConfigOptions } from "./load-options.ts";
import type { LoadState } from "./load-state.ts";
import { remember } from "./provenance.ts";
import { type Resolved, resolveConfig, resolveConfigSync } from "./resolve.ts";
import { seal } from "./seal.ts";
import type { OutputOf, Schema } from "./zod.ts";

/** The outcome of a load: the configuration, or the error with which it was refused. */
export type Outcome<C> = { readonly state: LoadState } & (
  | { readonly config: C; readonly error?: undefined }
  | { readonly error: ConfigError }
);

type OutcomeOf<S extends Schema> = Outcome<Config<OutputOf<S>>>;

/** Loads, measures and seals a configuration. */
export async function carryOut<S extends Schema>(schema: S, options: LoadConfigOptions): Promise<OutcomeOf<S>> {
  const finish = begin<S>(options);
  return finish(await resolveConfig(schema, options));
}

/** Does what {@link carryOut} does, synchronously. */
export function carryOutSync<S extends Schema>(schema: S, options: LoadConfigOptions): OutcomeOf<S> {
  const finish = begin<S>(options);
  return finish(resolveConfigSync(schema, options));
}

/** Returns the configuration of a load. @throws ConfigError if it was refused */
export function configOf<C>(outcome: Outcome<C>): C {
  if (outcome.error !== undefined) throw outcome.error;
  return outcome.config;
}

function begin<S extends Schema>(options: LoadConfigOptions): (resolved: Resolved) => OutcomeOf<S> {
  const { clock = systemClock } = options;
  const start = clock.monotonic();
  return ({ state, issues, value }) => {
    const { profile, findings } = state;
    if (loadEvent.active) {
      const outcome = issues.length === 0 ? "ok" : "invalid";
      const seconds = Math.max(0, clock.monotonic() - start) / 1000;
      loadEvent.emit({ profile, outcome }, seconds, { problems: issues.length });
    }
    // Warnings are reported even if the load is refused: a warning may explain a problem.
    for (const warning of findings.warnings) report(warning, options);
    if (issues.length > 0) return { state, error: new ConfigError(profile, issues) };
    const sealed = seal(value, state);
    remember(sealed.value, { state, secrets: sealed.secrets });
    // The copy has the type of the output, which only the schema knows.
    return { state, config: sealed.value as Config<OutputOf<S>> };
  };
}

function report({ code, message }: ConfigWarning, { onWarning }: LoadConfigOptions): void {
  if (warningEvent.active) warningEvent.emit({ code }, undefined, { message });
  if (onWarning === undefined) process.emitWarning(message, { type: "ConfigWarning", code });
  else onWarning({ code, message });
}
