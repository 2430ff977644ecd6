import { type Layers, readLayers } from "./layers.ts";
import type { LoadConfigOptions } from "./load-options.ts";
import { type Model, modelOf } from "./model.ts";
import { profileOf } from "./profile.ts";
import { secretsIn } from "./redact.ts";
import { References } from "./references.ts";
import { addSchemaIssues, finishedIssues, hintAtDotenv, missing, suggestVariables, warnOfUnused } from "./report.ts";
import { Run } from "./run.ts";
import { Settler } from "./settle.ts";
import { environmentVariables } from "./variables.ts";
import { type Schema, type Validation, validate, validateSync } from "./zod.ts";

/** A load that has been carried through, with or without problems. */
export interface Resolved {
  readonly run: Run;
  /** What the schema made of it; absent when there are problems. */
  readonly value?: unknown;
}

/** Reads every layer, merges them, and has the schema check the result. Problems are collected, not thrown. */
export async function resolveConfig(schema: Schema, options: LoadConfigOptions): Promise<Resolved> {
  const { run, layers } = begin(schema, options);
  const references = new References(options, false);
  if (references.expected) {
    // What is wrong is told by the second walk.
    settle(new Run(run.model, options, run.profile), layers, references);
    await references.fetch();
  }
  const input = settle(run, layers, references);
  return conclude(run, layers, await validate(run.model.schema, input));
}

/**
 * As {@link resolveConfig}, at once.
 *
 * @throws TypeError if a check or a transform of the schema is asynchronous
 */
export function resolveConfigSync(schema: Schema, options: LoadConfigOptions): Resolved {
  const { run, layers } = begin(schema, options);
  const input = settle(run, layers, new References(options, true));
  return conclude(run, layers, validateSync(run.model.schema, input));
}

function begin(schema: Schema, options: LoadConfigOptions): { run: Run; layers: Layers } {
  const model = modelOf(schema, options.prefix);
  const environment = environmentVariables(options.env ?? process.env, (name) => keepsEmpty(model, name));
  const { profile, fault } = profileOf(options, model, environment);
  const run = new Run(model, options, profile);
  if (fault !== undefined) run.issues.push(fault);
  return { run, layers: readLayers(run, environment) };
}

function keepsEmpty({ byEnv }: Model, name: string): boolean {
  return byEnv.get(name)?.keepEmpty === true;
}

function settle(run: Run, { merged, sources }: Layers, references: References): unknown {
  return new Settler(run, sources, references).section(run.model.root, merged);
}

function conclude(run: Run, { variables }: Layers, result: Validation): Resolved {
  for (const field of run.model.fields) {
    if (!field.requiredIn.includes(run.profile) || run.settled.has(field.path) || run.refused.has(field.path)) continue;
    run.refused.add(field.path);
    run.issues.push(missing(run, field));
  }
  if ("issues" in result) addSchemaIssues(run, result.issues);
  suggestVariables(run, variables);
  hintAtDotenv(run);
  const issues = finishedIssues(run);
  run.issues.splice(0, run.issues.length, ...issues);
  warnOfUnused(run, variables);
  if (issues.length > 0 || "issues" in result) return { run };
  run.redactor.add(secretsIn(result.value));
  return { run, value: result.value };
}
