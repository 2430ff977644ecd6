import { showValue } from "@seaworthy/core/options";
import { nearest } from "./suggest.ts";

/** Metadata that `.meta()` may have on a value or a section, in addition to the keywords of JSON Schema. */
export interface FieldMeta {
  /**
   * Name of the environment variable, instead of the name that follows from the path. In an array, the first name is the
   * current one; the others are deprecated, and reading one gives a warning. On a section, it replaces the first part of
   * the names of its members, and names the variable that may hold the whole section as JSON.
   */
  readonly env?: string | readonly string[];
  /** On a section: the separator between the names of the section and of its members, `"__"` or `"_"`. @default "__" */
  readonly separator?: "_" | "__";
  /**
   * Whether the value is secret. `true` hides it and everything in it in all output of this package. `false` shows a value
   * whose name looks like the name of a credential.
   */
  readonly secret?: boolean;
  readonly description?: string;
  /** Shown in templates. A secret that is equal to it is refused. */
  readonly example?: unknown;
  /** Whether an empty variable is the empty string, and not a missing value. @default false */
  readonly keepEmpty?: boolean;
  /** Defaults by profile, which win over `.default()`: `{ development: "localhost" }`. */
  readonly defaultIn?: Readonly<Record<string, unknown>>;
  /** Profiles in which an optional value is required. */
  readonly requiredIn?: readonly string[];
}

/** The keys that belong to this package. */
export const OWN_METADATA: readonly string[] = [
  "env",
  "separator",
  "secret",
  "example",
  "keepEmpty",
  "defaultIn",
  "requiredIn",
];

// JSON Schema draft 2020-12, and the additions of OpenAPI 3.1. Any other key is probably a mistyped key of this package.
const KEYWORDS: ReadonlySet<string> = new Set(
  `id title description deprecated examples default readOnly writeOnly type format enum const pattern contentEncoding
  contentMediaType contentSchema minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf items
  prefixItems minItems maxItems uniqueItems contains minContains maxContains properties required additionalProperties
  patternProperties propertyNames minProperties maxProperties dependentRequired dependentSchemas unevaluatedItems
  unevaluatedProperties allOf anyOf oneOf not if then else $schema $id $ref $defs $anchor $comment xml externalDocs
  discriminator seaworthy`.split(/\s+/),
);
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * Refuses metadata that this package does not know. A mistyped `secret` would otherwise show a secret.
 *
 * @throws TypeError that names the path of the value in the schema
 */
export function checkMetadata(meta: Readonly<Record<string, unknown>>, path: string): void {
  const fail = (key: string, must: string): never => {
    throw new TypeError(`schema: ${key} of ${path} must be ${must}; got ${showValue(meta[key])}`);
  };
  for (const key of Object.keys(meta)) {
    if (OWN_METADATA.includes(key) || KEYWORDS.has(key) || key.startsWith("x-")) continue;
    const near = nearest(key, [...OWN_METADATA, "description"]);
    const hint = near === undefined ? '; a key of your own must begin with "x-"' : `; did you mean ${near}?`;
    throw new TypeError(`schema: ${path} has unknown metadata ${JSON.stringify(key)}${hint}`);
  }
  const { env, separator, secret, keepEmpty, defaultIn, requiredIn } = meta;
  const names: readonly unknown[] = Array.isArray(env) ? env : [env];
  const named = names.every((name) => typeof name === "string" && ENV_NAME.test(name));
  if (env !== undefined && (!named || names.length === 0 || new Set(names).size < names.length))
    fail("env", "a name of letters, digits and underscores, or an array of such names");
  if (separator !== undefined && separator !== "_" && separator !== "__") fail("separator", '"_" or "__"');
  if (secret !== undefined && typeof secret !== "boolean") fail("secret", "a boolean");
  if (keepEmpty !== undefined && typeof keepEmpty !== "boolean") fail("keepEmpty", "a boolean");
  if (requiredIn !== undefined && !(Array.isArray(requiredIn) && requiredIn.every(isProfile)))
    fail("requiredIn", "an array of profiles");
  if (defaultIn === undefined) return;
  if (typeof defaultIn !== "object" || defaultIn === null || !Object.keys(defaultIn).every(isProfile))
    fail("defaultIn", "an object with profiles as keys and defaults as values");
}

function isProfile(value: unknown): boolean {
  return typeof value === "string" && PROFILE_NAME.test(value);
}
