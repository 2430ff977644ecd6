import { checkOptions } from "@seaworthy/core/options";
import { readDotenv } from "./internal/dotenv.ts";
import { modelOf } from "./internal/model.ts";
import { partsOf } from "./internal/parts.ts";
import { defaultText, oneLine } from "./internal/text.ts";
import type { Schema } from "./internal/zod.ts";

/** Options of {@link envTemplate}. */
export interface EnvTemplateOptions {
  /** As in `loadConfig`. @default none */
  prefix?: string | undefined;
}

const OPTIONS = ["prefix"];

/**
 * Returns a `.env.example` for a schema. Required variables are empty, and the others are commented out with their
 * defaults. The same schema gives the same text, and loading that text gives problems for exactly the required variables.
 *
 * @throws TypeError if an option or the schema is invalid
 * @example
 * ```ts
 * import { envTemplate, port } from "@seaworthy/config";
 * import { z } from "zod";
 * console.log(envTemplate(z.object({ port: port() })).includes("\nPORT=\n")); // true
 * ```
 */
export function envTemplate(schema: Schema, options: EnvTemplateOptions = {}): string {
  checkOptions("envTemplate", options, OPTIONS);
  const blocks = modelOf(schema, options.prefix).fields.map((field) => {
    const { path, env, required, description, example, sensitivity, structured, separator } = field;
    const lines = [`# ${path}: ${oneLine(field.expected)}`];
    if (typeof description === "string") lines.push(`# ${oneLine(description)}`);
    if (example !== undefined && sensitivity === undefined)
      lines.push(`# Example: ${oneLine(typeof example === "string" ? example : (JSON.stringify(example) ?? ""))}`);
    if (sensitivity !== undefined) lines.push(`# Secret. ${env}_FILE may name a file that holds it.`);
    const parts = structured ? partsOf(field.schema, env, separator) : [];
    if (parts.length > 0) lines.push(`# JSON, or one by one: ${parts.map(({ name }) => name).join(", ")}`);
    const text = quoted(defaultText(field) ?? "");
    if (text === undefined) lines.push("# The default cannot be written in this file.");
    // A value may span lines.
    lines.push(required ? `${env}=` : `# ${env}=${(text ?? "").replaceAll("\n", "\n# ")}`);
    return lines.join("\n");
  });
  const head = "# Empty variables are required; those commented out show their defaults.";
  return `${[head, ...blocks].join("\n\n")}\n`;
}

/** Returns a value as every reader of `.env` files reads it back, or undefined if that is not possible. */
function quoted(text: string): string | undefined {
  if (/^[A-Za-z0-9_.:/@%+,?&~[\]{}-]*$/.test(text)) return text;
  const literal = text.replaceAll("${", () => "\\${");
  const oneLine = literal.replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  const forms = [`'${text}'`, `\`${literal}\``, `"${literal}"`, literal];
  return [...(oneLine === literal ? [] : [`"${oneLine}"`]), ...forms].find((form) => {
    const entry = readDotenv(`X=${form}\n`).entries.get("X");
    return entry?.value === (entry?.literal === true ? text : text.replaceAll("${", () => "$${"));
  });
}
