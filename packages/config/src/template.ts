import { checkOptions } from "@seaworthy/core/options";
import { modelOf } from "./internal/model.ts";
import { defaultText, oneLine } from "./internal/text.ts";
import type { Schema } from "./internal/zod.ts";

/** Options of {@link envTemplate}. */
export interface EnvTemplateOptions {
  /** As in `loadConfig`. @default none */
  prefix?: string | undefined;
}

/**
 * A `.env.example` of a schema: required variables empty, the others commented out with their defaults. The same
 * schema gives the same text, and loading that text gives problems for exactly the required variables.
 *
 * @throws TypeError when an option or the schema is not what it must be
 * @example
 * ```ts
 * import { envTemplate, port } from "@seaworthy/config";
 * import { z } from "zod";
 * console.log(envTemplate(z.object({ port: port() })).includes("\nPORT=\n")); // true
 * ```
 */
export function envTemplate(schema: Schema, options: EnvTemplateOptions = {}): string {
  checkOptions("envTemplate", options, ["prefix"]);
  const blocks = modelOf(schema, options.prefix).fields.map((field) => {
    const { path, env, required, description, example, sensitivity } = field;
    const lines = [`# ${path}: ${oneLine(field.expected)}`];
    if (typeof description === "string") lines.push(`# ${oneLine(description)}`);
    if (example !== undefined && sensitivity === undefined)
      lines.push(`# Example: ${oneLine(typeof example === "string" ? example : (JSON.stringify(example) ?? ""))}`);
    if (sensitivity !== undefined) lines.push(`# Secret. ${env}_FILE may name a file that holds it.`);
    lines.push(required ? `${env}=` : `# ${env}=${quoted(defaultText(field) ?? "")}`);
    return lines.join("\n");
  });
  const head = "# Empty variables are required; those commented out show their defaults.";
  return `${[head, ...blocks].join("\n\n")}\n`;
}

/** A value as a `.env` file writes it, here and in other readers. */
function quoted(text: string): string {
  if (/^[A-Za-z0-9_.:/@%+,?&~[\]{}-]*$/.test(text)) return text;
  if (!/['\n\r]/.test(text)) return `'${text}'`;
  const escaped = text
    .replace(/["\\$]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
  return `"${escaped}"`;
}
