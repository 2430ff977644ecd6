import { withoutUndefined } from "@seaworthy/core/objects";
import { isConfigError } from "../errors.ts";
import type { Schema } from "../internal/zod.ts";
import { jsonSchema } from "../json-schema.ts";
import { configMap, secretManifest } from "../kubernetes.ts";
import { loadConfig } from "../load.ts";
import { envTemplate } from "../template.ts";
import { type Invocation, loadOptions, UsageError, writeJson } from "./invocation.ts";

const FORMATS = ["env", "json-schema", "config-map", "secret"];

/** `template`: writes a file that is generated from the schema. It never contains the values of secrets. */
export async function template(schema: Schema, invocation: Invocation): Promise<number> {
  const { values, rest, io } = invocation;
  if (rest.length > 0) throw new UsageError(`template takes no argument; got ${JSON.stringify(rest[0])}`);
  const { format = "env", name, namespace, prefix } = values;
  if (!FORMATS.includes(format)) throw new UsageError(`--format must be one of ${FORMATS.join(", ")}`);
  const named = withoutUndefined({ prefix, name, namespace });
  if (format === "env") io.out(envTemplate(schema, { prefix }));
  if (format === "json-schema") writeJson(io, jsonSchema(schema, { partial: true }));
  if (format === "secret") io.out(secretManifest(schema, undefined, named));
  if (format !== "config-map") return 0;
  try {
    io.out(configMap(schema, await loadConfig(schema as Schema<object>, loadOptions(invocation)), named));
    return 0;
  } catch (error) {
    if (!isConfigError(error)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}
