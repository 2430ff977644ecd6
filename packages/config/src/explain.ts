import { showValue } from "@seaworthy/core/options";
import { type ConfigExplanation, explainField, valueAt } from "./internal/explain-field.ts";
import { provenanceOf } from "./internal/provenance.ts";
import { nearest } from "./internal/suggest.ts";
import { type ConfigLayer, LAYERS } from "./internal/tree.ts";

export type { ConfigExplanation, ConfigOrigin } from "./internal/explain-field.ts";
export type { ConfigLayer } from "./internal/tree.ts";

/**
 * Returns where a value of a configuration comes from: its layer, its source with line and column, and the values of lower
 * layers that it replaces. Secrets, and passwords in URLs, show as `[redacted]`.
 *
 * @param path - dotted, such as `database.url`
 * @throws TypeError if `config` was not returned by `loadConfig`, or `path` does not name a value
 * @example
 * ```ts
 * import { explainConfig, loadConfig, port } from "@seaworthy/config";
 * import { z } from "zod";
 * const schema = z.object({ http: z.object({ port: port().default(3000) }) });
 * const config = await loadConfig(schema, { env: { HTTP__PORT: "8080" } });
 * console.log(explainConfig(config, "http.port").source); // env:HTTP__PORT
 * ```
 */
export function explainConfig(config: object, path: string): ConfigExplanation {
  const { state } = provenanceOf(config);
  const field = state.model.byPath.get(path);
  if (field === undefined) {
    const near = typeof path === "string" ? nearest(path, state.model.byPath.keys()) : undefined;
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    throw new TypeError(`path must name a value of the configuration; got ${showValue(path)}${hint}`);
  }
  return explainField(state, field, valueAt(config, path));
}

/** The layers by name, from the weakest to the strongest. */
export const CONFIG_LAYERS: readonly ConfigLayer[] = LAYERS;
