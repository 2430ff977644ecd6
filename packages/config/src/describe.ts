import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions } from "@seaworthy/core/options";
import { modelOf } from "./internal/model.ts";
import { partsOf } from "./internal/parts.ts";
import { defaultText } from "./internal/text.ts";
import type { Schema } from "./internal/zod.ts";

/** Describes a value that can be configured. */
export interface ConfigField {
  /** Dotted path, such as `database.url`. */
  readonly path: string;
  /** The name of its environment variable. `<env>_FILE` names a file that holds the value. */
  readonly env: string;
  /** What it accepts, in words. */
  readonly expected: string;
  /** Whether a configuration without it is refused. */
  readonly required: boolean;
  /** Whether its value is hidden in all output. Connection URLs are, because they may have a password. */
  readonly secret: boolean;
  /** Its default as a string. Absent for secrets and computed defaults. */
  readonly default?: string;
  /** The variables that set parts of a union of objects or a record. `<KEY>` stands for any key. */
  readonly parts?: readonly string[];
  /** The deprecated names of its variable. */
  readonly aliases?: readonly string[];
  readonly description?: string;
  readonly example?: string;
}

/** Options of {@link describeConfig}. */
export interface DescribeOptions {
  /** As in `loadConfig`. @default none */
  prefix?: string | undefined;
}

const OPTIONS = ["prefix"];

/**
 * Returns a description of each value that a schema configures, in the order of the schema.
 *
 * @throws TypeError if an option or the schema is invalid
 * @example
 * ```ts
 * import { describeConfig, port } from "@seaworthy/config";
 * import { z } from "zod";
 * const [field] = describeConfig(z.object({ http: z.object({ port: port().default(3000) }) }));
 * console.log(field?.env, field?.default, field?.required); // HTTP__PORT 3000 false
 * ```
 */
export function describeConfig(schema: Schema, options: DescribeOptions = {}): ConfigField[] {
  checkOptions("describeConfig", options, OPTIONS);
  return modelOf(schema, options.prefix).fields.map((field) => {
    const { path, env, expected, required, description, example, sensitivity } = field;
    const fallback = defaultText(field);
    const parts = field.structured ? partsOf(field.schema, env, field.separator).map(({ name }) => name) : [];
    return withoutUndefined({
      path,
      env,
      expected,
      required,
      secret: sensitivity !== undefined,
      default: fallback,
      parts: parts.length === 0 ? undefined : parts,
      aliases: field.aliases.length === 0 ? undefined : field.aliases,
      description: typeof description === "string" ? description : undefined,
      example: example === undefined || typeof example === "string" ? example : JSON.stringify(example),
    });
  });
}
