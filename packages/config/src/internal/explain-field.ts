import { withoutUndefined } from "@seaworthy/core/objects";
import type { LoadState } from "./load-state.ts";
import type { Field } from "./model.ts";
import { masked } from "./redact.ts";
import { shownField } from "./seal.ts";
import { opened } from "./sealed.ts";
import type { ConfigLayer, Leaf, Origin } from "./tree.ts";

/** The value of one layer, and where it comes from. Secrets show as `[redacted]`. */
export interface ConfigOrigin {
  readonly value: unknown;
  readonly layer: ConfigLayer;
  /** `env:DATABASE__URL`, `file:config/production.json:12:9`, `override:http.port`, or `schema` for a default. */
  readonly source: string;
  /** The file that `X_FILE` named. */
  readonly via?: string;
}

/** Where a value comes from, and which values of lower layers it replaces. */
export interface ConfigExplanation extends ConfigOrigin {
  readonly path: string;
  /** The values of lower layers, the strongest first. */
  readonly shadowed: readonly ConfigOrigin[];
}

/** Explains a field of a load that may have been refused. `value` is the output of the schema, if there is one. */
export function explainField(state: LoadState, field: Field, value: unknown): ConfigExplanation {
  const { path } = field;
  const leaf = state.settled.fields.get(path);
  const fallback: ConfigOrigin | undefined =
    field.fallback === undefined
      ? undefined
      : { value: shownField(state, field, field.fallback()), layer: "schema", source: "schema" };
  if (leaf === undefined) {
    const shown = shownField(state, field, opened(value));
    return { path, value: shown, layer: "schema", source: "schema", shadowed: [] };
  }
  const shadowed = leaf.shadowed.map((lower) => originOf(state, field, lower));
  return {
    path,
    value: value === undefined ? state.disclosure.shownRaw(field, leaf.value) : shownField(state, field, opened(value)),
    ...placeOf(leaf.origin),
    shadowed: fallback === undefined || leaf.origin.layer === "schema" ? shadowed : [...shadowed, fallback],
  };
}

function originOf({ disclosure }: LoadState, field: Field, { value, origin }: Leaf): ConfigOrigin {
  const hidden = origin.secret === true && field.sensitivity !== "url";
  return { value: hidden ? masked(value, true) : disclosure.shownRaw(field, value), ...placeOf(origin) };
}

function placeOf({ layer, source, via }: Origin): Omit<ConfigOrigin, "value"> {
  return withoutUndefined({ layer, source, via });
}

/** Returns the value at a dotted path of an object, or undefined. */
export function valueAt(config: unknown, path: string): unknown {
  let at = config;
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}
