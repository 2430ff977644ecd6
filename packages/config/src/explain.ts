import { showValue } from "@seaworthy/core/options";
import type { Field } from "./internal/model.ts";
import { provenanceOf } from "./internal/provenance.ts";
import { masked } from "./internal/redact.ts";
import type { Run } from "./internal/run.ts";
import { shownField } from "./internal/seal.ts";
import { opened } from "./internal/sealed.ts";
import { nearest } from "./internal/suggest.ts";
import { type ConfigLayer, LAYERS, type Leaf, type Origin } from "./internal/tree.ts";

export type { ConfigLayer } from "./internal/tree.ts";

/** A value that another layer's hides, or that was taken. Secrets show as `[redacted]`. */
export interface ConfigOrigin {
  readonly value: unknown;
  readonly layer: ConfigLayer;
  /** `env:DATABASE__URL`, `file:config/production.json:12:9`, `override:http.port`, or `schema` for a default. */
  readonly source: string;
  /** The file that `X_FILE` named. */
  readonly via?: string;
}

/** Where a value comes from, and what it hides. */
export interface ConfigExplanation extends ConfigOrigin {
  readonly path: string;
  /** What lower layers say, strongest first. */
  readonly shadowed: readonly ConfigOrigin[];
}

/**
 * Tells where one value of a configuration comes from: its layer, its source with line and column, and the weaker
 * values that it hides. Secrets, and passwords in URLs, show as `[redacted]`.
 *
 * @param path - dotted, such as `database.url`
 * @throws TypeError if `config` was not made by `loadConfig`, or `path` names no value
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
  const { run } = provenanceOf(config);
  const field = run.model.byPath.get(path);
  if (field === undefined) {
    const near = typeof path === "string" ? nearest(path, run.model.byPath.keys()) : undefined;
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    throw new TypeError(`path must name a value of the configuration; got ${showValue(path)}${hint}`);
  }
  return explainField(run, field, valueAt(config, path));
}

/** As {@link explainConfig}, of a load that may have failed; `value` is what the schema made of it, if it did. */
export function explainField(run: Run, field: Field, value: unknown): ConfigExplanation {
  const leaf = run.settled.get(field.path);
  const fallback: ConfigOrigin | undefined =
    field.fallback === undefined
      ? undefined
      : { value: shownField(run, field, field.fallback()), layer: "schema", source: "schema" };
  if (leaf === undefined)
    return {
      path: field.path,
      ...(fallback ?? { layer: "schema", source: "schema" }),
      value: shownField(run, field, opened(value)),
      shadowed: [],
    };
  const shadowed = leaf.shadowed.map((lower) => originOf(run, field, lower));
  const weaker = fallback === undefined || leaf.origin.layer === "schema" ? shadowed : [...shadowed, fallback];
  const raw = value === undefined;
  return {
    path: field.path,
    value: raw ? run.shownRaw(field, leaf.value) : shownField(run, field, opened(value)),
    ...placeOf(leaf.origin),
    shadowed: weaker,
  };
}

function originOf(run: Run, field: Field, { value, origin }: Leaf): ConfigOrigin {
  const hidden = origin.secret === true && field.sensitivity !== "url";
  return { value: hidden ? masked(value, true) : run.shownRaw(field, value), ...placeOf(origin) };
}

function placeOf({ layer, source, via }: Origin): Omit<ConfigOrigin, "value"> {
  return { layer, source, ...(via === undefined ? undefined : { via }) };
}

/** What stands at a dotted path of an object. */
export function valueAt(config: unknown, path: string): unknown {
  let at = config;
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** The layers by name, from the weakest to the strongest. */
export const CONFIG_LAYERS: readonly ConfigLayer[] = LAYERS;
