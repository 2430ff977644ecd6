import { jsonSafe } from "@seaworthy/core";
import { type ConfigExplanation, explainField, valueAt } from "../explain.ts";
import type { Field } from "../internal/model.ts";
import type { Run } from "../internal/run.ts";
import { nearest } from "../internal/suggest.ts";
import { LAYERS } from "../internal/tree.ts";
import type { Schema } from "../internal/zod.ts";
import { printIssues, resolved } from "./check.ts";
import { type Invocation, UsageError } from "./load-schema.ts";

/** `explain`: the layers, and where values come from. Exit code 1 when the configuration is invalid. */
export async function explain(schema: Schema, invocation: Invocation): Promise<number> {
  const { values, rest, io } = invocation;
  const result = await resolved(schema, invocation);
  const { run, value } = result;
  const fields = rest.length === 0 ? run.model.fields : rest.map((path) => fieldAt(run, path));
  const explained = fields.map((field) => explainField(run, field, valueAt(value, field.path)));
  const layers = [...run.layers].sort((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer));
  if (values.json === true) {
    const all = { profile: run.profile, layers, values: explained };
    io.out(
      `${JSON.stringify(jsonSafe(all, { depth: 16, members: 10_000, total: 100_000, redact: () => false }), null, 2)}\n`,
    );
  } else {
    io.out(`profile ${run.profile}\n\nlayers, from the weakest to the strongest\n`);
    io.out(row("schema", "defaults in the schema", "used"));
    for (const { layer, name, state } of layers) io.out(row(layer, name, state));
    for (const explanation of explained) io.out(`\n${lines(explanation)}`);
  }
  if (run.issues.length > 0) printIssues(result, invocation);
  return run.issues.length > 0 ? 1 : 0;
}

function row(layer: string, name: string, state: string): string {
  return `  ${layer.padEnd(12)}${name.padEnd(32)} ${state}\n`;
}

function fieldAt(run: Run, path: string): Field {
  const field = run.model.byPath.get(path) ?? run.model.byEnv.get(path);
  if (field !== undefined) return field;
  const near = nearest(path, run.model.byPath.keys()) ?? nearest(path, run.model.byEnv.keys());
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
