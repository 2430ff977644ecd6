import { parseEnv } from "node:util";
import type { NewEntry } from "../entries.ts";
import { CommandError } from "./exit-codes.ts";
import { variableOf } from "./variables.ts";

/** Entries of a `.env` file or of a flat JSON object, each name behind `prefix`. @throws CommandError; no value is in it */
export function parsePlain(format: string, text: string, prefix: string): NewEntry[] {
  const values: Record<string, unknown> = format === "env" ? parseEnv(text) : parseJson(text);
  return Object.entries(values).map(([name, value]) => {
    if (typeof value !== "string") throw new CommandError("The JSON must be an object whose members are strings.");
    return { name: `${prefix}${name}`, value };
  });
}

/** The same the other way round. Names become variables in a `.env` file, as for `run`. */
export function formatPlain(format: string, values: ReadonlyMap<string, string>): string {
  if (format === "json") return `${JSON.stringify(Object.fromEntries(values), undefined, 2)}\n`;
  const variables = new Set<string>();
  const lines = [...values].map(([name, value]) => {
    const variable = variableOf(name);
    if (variables.has(variable)) throw new CommandError(`Two entries would become ${variable}; choose with --name.`);
    variables.add(variable);
    return `${variable}=${quoted(name, value)}\n`;
  });
  return lines.join("");
}

function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The parser's own message quotes the text.
  }
  throw new CommandError("The JSON must be an object whose members are strings.");
}

/** In the quotes that the value does not contain: a `.env` file has no escape for them. */
function quoted(name: string, value: string): string {
  const quote = ["'", "`", '"'].find((one) => !value.includes(one) && (one !== '"' || !value.includes("\\")));
  if (quote === undefined || value.includes("\r"))
    throw new CommandError(`${name} cannot be written to a .env file; export it as JSON.`);
  return `${quote}${value}${quote}`;
}
