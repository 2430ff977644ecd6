import { checkOptions, flag } from "@seaworthy/core/options";
import { namesCredential } from "./internal/credential-name.ts";
import { modelOf } from "./internal/model.ts";
import { masked } from "./internal/redact.ts";
import { holdsSecret } from "./internal/secrecy.ts";
import { childrenOf, unwrap } from "./internal/shape.ts";
import { definitionOf, metadataOf, type Schema, toJsonSchema } from "./internal/zod.ts";

/** Options of {@link jsonSchema}. */
export interface JsonSchemaOptions {
  /** Whether all values are optional, as in a file that is one of several layers. @default false */
  partial?: boolean;
}

/**
 * Returns the JSON Schema (draft 2020-12) of a configuration, for editors that check `config/*.json`. Defaults and examples
 * of secrets are left out.
 *
 * @throws TypeError if an option or the schema is invalid
 * @example
 * ```ts
 * import { jsonSchema, port } from "@seaworthy/config";
 * import { z } from "zod";
 * console.log(jsonSchema(z.object({ port: port() })).required); // [ 'port' ]
 * ```
 */
export function jsonSchema(schema: Schema, options: JsonSchemaOptions = {}): Record<string, unknown> {
  checkOptions("jsonSchema", options, ["partial"]);
  if (options.partial !== undefined) flag("jsonSchema: partial", options.partial);
  modelOf(schema, undefined);
  const inSecret = new Set<Schema>();
  addInsideSecrets(schema, false, inSecret, new Set());
  const json = toJsonSchema(schema, (value, inner, key) => {
    const { mark, meta } = unwrap(inner);
    const named = typeof value === "string" && namesCredential(key) && meta.secret !== false;
    return named || inSecret.has(inner) || holdsSecret(inner) || mark?.secret !== undefined ? undefined : masked(value);
  });
  // The library hangs its own interface on the result; only the data is wanted.
  const plain = JSON.parse(JSON.stringify(json)) as Record<string, unknown>;
  // Files may name their schema; editors that follow a strict one would underline that.
  if (plain.additionalProperties === false)
    plain.properties = { $schema: { type: "string" }, ...(plain.properties as object | undefined) };
  return options.partial === true ? (withoutRequired(plain) as Record<string, unknown>) : plain;
}

/** Adds every schema inside one that is declared secret; what it says of a default would tell the secret's. */
function addInsideSecrets(schema: Schema, declared: boolean, found: Set<Schema>, seen: Set<Schema>): void {
  const secret = declared || metadataOf(schema).secret === true;
  if (secret ? found.has(schema) : seen.has(schema)) return;
  (secret ? found : seen).add(schema);
  for (const child of childrenOf(definitionOf(schema))) addInsideSecrets(child, secret, found, seen);
}

function withoutRequired(json: unknown, named = false): unknown {
  if (Array.isArray(json)) return json.map((item) => withoutRequired(item));
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json).filter(([key, value]) => named || key !== "required" || !Array.isArray(value));
  // Below `properties` the keys are names that the schema chose, not keywords.
  return Object.fromEntries(
    entries.map(([key, value]) => [key, withoutRequired(value, !named && key === "properties")]),
  );
}
