import { checkOptions } from "@seaworthy/core/options";
import { modelOf } from "./internal/model.ts";
import { partsOf } from "./internal/parts.ts";
import { defaultText } from "./internal/text.ts";
import type { Schema } from "./internal/zod.ts";

/** What can be said about one value of a configuration without having one. */
export interface ConfigField {
  /** Dotted path, such as `database.url`. */
  readonly path: string;
  /** Name of its environment variable; `<env>_FILE` names a file that holds it. */
  readonly env: string;
  /** What it takes, in words. */
  readonly expected: string;
  /** Whether a configuration without it is refused. */
  readonly required: boolean;
  /** Whether its value is kept out of everything that is shown. A URL with a password is. */
  readonly secret: boolean;
  /** Its default as text; absent for secrets, and where it is computed. */
  readonly default?: string;
  /** Variables that set parts of it, for a union of objects or a record; `<KEY>` stands for any key. */
  readonly parts?: readonly string[];
  /** Deprecated names of its variable. */
  readonly aliases?: readonly string[];
  readonly description?: string;
  readonly example?: string;
}

/** Options of {@link describeConfig}. */
export interface DescribeOptions {
  /** As in `loadConfig`. @default none */
  prefix?: string | undefined;
}

/**
 * The values that a schema lets one configure, in the order of the schema.
 *
 * @throws TypeError if an option or the schema is not what it must be
 * @example
 * ```ts
 * import { describeConfig, port } from "@seaworthy/config";
 * import { z } from "zod";
 * const [field] = describeConfig(z.object({ http: z.object({ port: port().default(3000) }) }));
 * console.log(field?.env, field?.default, field?.required); // HTTP__PORT 3000 false
 * ```
 */
export function describeConfig(schema: Schema, options: DescribeOptions = {}): ConfigField[] {
  checkOptions("describeConfig", options, ["prefix"]);
  return modelOf(schema, options.prefix).fields.map((field) => {
    const { path, env, expected, required, description, example, sensitivity } = field;
    const fallback = defaultText(field);
    const parts = field.structured ? partsOf(field.schema, env, field.separator).map(({ name }) => name) : [];
    return {
      path,
      env,
      expected,
      required,
      secret: sensitivity !== undefined,
      ...(fallback === undefined ? undefined : { default: fallback }),
      ...(parts.length === 0 ? undefined : { parts }),
      ...(field.aliases.length === 0 ? undefined : { aliases: field.aliases }),
      ...(typeof description === "string" ? { description } : undefined),
      ...(example === undefined
        ? undefined
        : { example: typeof example === "string" ? example : JSON.stringify(example) }),
    };
  });
}
