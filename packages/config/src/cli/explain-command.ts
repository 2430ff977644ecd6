import { jsonSafe } from "@seaworthy/core";
import { type ConfigExplanation, explainField, valueAt } from "../internal/explain-field.ts";
import type { Field, Model } from "../internal/model.ts";
import { nearest } from "../internal/suggest.ts";
import { LAYERS } from "../internal/tree.ts";
import type { Schema } from "../internal/zod.ts";
import { type Invocation, UsageError, writeJson } from "./invocation.ts";
import { printIssues, resolve } from "./resolve.ts";

/** `explain`: the layers, and where values come from. Exits with 1 if the configuration is invalid. */
export async function explain(schema: Schema, invocation: Invocation): Promise<number> {
  const { values, rest, io } = invocation;
  const result = await resolve(schema, invocation);
  const { state, value, issues } = result;
  const { model, profile, visited } = state;
  const fields = rest.length === 0 ? model.fields : rest.map((path) => fieldNamed(model, path));
  const explained = fields.map((field) => explainField(state, field, valueAt(value, field.path)));
  const layers = visited.layers.toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer));
  if (values.json === true) {
    const all = { profile, layers, values: explained };
    writeJson(io, jsonSafe(all, { depth: 16, members: 10_000, total: 100_000, redact: () => false }));
  } else {
    io.out(`profile ${profile}\n\nlayers, from the weakest to the strongest\n`);
    io.out(row("schema", "defaults in the schema", "used"));
    for (const { layer, name, state } of layers) io.out(row(layer, name, state));
    for (const explanation of explained) io.out(`\n${lines(explanation)}`);
  }
  if (issues.length > 0) printIssues(result, invocation);
  return issues.length > 0 ? 1 : 0;
}

function row(layer: string, name: string, state: string): string {
  return `  ${layer.padEnd(12)}${name.padEnd(32)} ${state}\n`;
}

function fieldNamed({ byPath, byEnv }: Model, path: string): Field {
  const field = byPath.get(path) ?? byEnv.get(path);
  if (field !== undefined) return field;
  const near = nearest(path, byPath.keys()) ?? nearest(path, byEnv.keys());
  throw new UsageError(
    `there is no value ${JSON.stringify(path)}${near === undefined ? "" : `; did you mean ${near}?`}`,
  );
}

function lines({ path, value, layer, source, via, shadowed }: ConfigExplanation): string {
  if (value === undefined) return `${path} is not set\n`;
  const from = via === undefined ? source : `${source} → ${via}`;
  const rest = shadowed.map((lower) => `  over ${text(lower.value)} from ${lower.source} (${lower.layer})\n`);
  return `${path} = ${text(value)}\n  from ${from} (${layer})\n${rest.join("")}`;
}

function text(value: unknown): string {
  return JSON.stringify(jsonSafe(value, { redact: () => false }));
}
