import type { ConfigIssue } from "../errors.ts";
import { finishedIssues } from "./finished-issues.ts";
import { type Layers, readLayers } from "./layers.ts";
import type { LoadConfigOptions } from "./load-options.ts";
import { LoadState } from "./load-state.ts";
import { missingIssue } from "./missing-issue.ts";
import { type Model, modelOf } from "./model.ts";
import { profileOf } from "./profile.ts";
import { secretsIn } from "./redact.ts";
import { References } from "./references.ts";
import { schemaIssues } from "./schema-issues.ts";
import { Settler } from "./settle.ts";
import { warnOfUnused } from "./unused-variables.ts";
import { environmentVariables } from "./variables.ts";
import { type Schema, type Validation, validate, validateSync } from "./zod.ts";

/** The result of a load. Either `issues` is empty, or `value` is absent. */
export interface Resolved {
  readonly state: LoadState;
  /** Every problem, in the order of the schema, without secrets. */
  readonly issues: readonly ConfigIssue[];
  /** The output of the schema. */
  readonly value?: unknown;
}

/**
 * Loads a configuration in five steps. Each step adds what it found to the state; problems are collected and not thrown.
 *
 * 1. `begin` reads the schema into a model and finds the profile.
 * 2. `readLayers` reads files, variables, arguments and overrides, and merges them into one tree.
 * 3. `settle` walks the model and the tree together: it expands `${VAR}`, resolves references, and reads each string as
 *    the type of its field.
 * 4. `validate` lets the schema check the result.
 * 5. `conclude` turns everything that was found into issues.
 */
export async function resolveConfig(schema: Schema, options: LoadConfigOptions): Promise<Resolved> {
  const { state, layers } = begin(schema, options);
  const references = new References(options, false);
  if (references.expected) {
    // The first walk only finds the references, so its problems are dropped. The second walk reports them.
    settle(new LoadState(state.model, options, state.profile), layers, references);
    await references.fetch();
  }
  const input = settle(state, layers, references);
  return conclude(state, layers, await validate(state.model.schema, input));
}

/**
 * Does what {@link resolveConfig} does, synchronously.
 *
 * @throws TypeError if a check or a transform of the schema is asynchronous
 */
export function resolveConfigSync(schema: Schema, options: LoadConfigOptions): Resolved {
  const { state, layers } = begin(schema, options);
  const input = settle(state, layers, new References(options, true));
  return conclude(state, layers, validateSync(state.model.schema, input));
}

function begin(schema: Schema, options: LoadConfigOptions): { state: LoadState; layers: Layers } {
  const model = modelOf(schema, options.prefix);
  const environment = environmentVariables(options.env ?? process.env, (name) => keepsEmpty(model, name));
  const { profile, fault } = profileOf(options, model, environment);
  const state = new LoadState(model, options, profile);
  if (fault !== undefined) state.findings.add(fault);
  return { state, layers: readLayers(state, environment) };
}

function keepsEmpty({ byEnv }: Model, name: string): boolean {
  return byEnv.get(name)?.keepEmpty === true;
}

function settle(state: LoadState, { merged, sources }: Layers, references: References): unknown {
  return new Settler(state, sources, references).section(state.model.root, merged);
}

function conclude(state: LoadState, { variables }: Layers, result: Validation): Resolved {
  const { model, findings, settled, disclosure, profile } = state;
  for (const field of model.fields)
    if (field.requiredIn.includes(profile) && !settled.fields.has(field.path) && !findings.isRefused(field.path))
      findings.refuse(field, missingIssue(state, field));
  const refused = "issues" in result ? schemaIssues(state, result.issues) : [];
  const issues = finishedIssues(state, [...findings.issues, ...refused], variables);
  warnOfUnused(state, issues, variables);
  if (issues.length > 0 || "issues" in result) return { state, issues };
  disclosure.redactor.add(secretsIn(result.value));
  return { state, issues, value: result.value };
}
