import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { scrubSecrets } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { isConfigError } from "../errors.ts";
import { oneLine } from "../internal/text.ts";
import { isSchema, type Schema } from "../internal/zod.ts";
import { UsageError } from "./invocation.ts";

/** Imports `FILE#EXPORT`. */
export async function loadSchema(text: string | undefined, directory: string): Promise<Schema> {
  if (text === undefined) throw new UsageError("--schema FILE#EXPORT is required");
  const [, file = text, name = "schema"] = /^(.*)#([\w$]+)$/s.exec(text) ?? [];
  const module = await importModule(resolve(directory, file), file);
  const found = Object.hasOwn(module, name) ? module[name] : undefined;
  if (isSchema(found)) return found;
  const exported = Object.keys(module).filter((key) => isSchema(module[key]));
  const others = exported.length === 0 ? "it exports no schema" : `it exports ${exported.join(", ")}`;
  throw new UsageError(`${file} has no schema of zod 4 named ${name}; ${others}`);
}

async function importModule(path: string, file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    throw new UsageError(`${file} cannot be loaded: ${reasonOf(error, path)}`);
  }
}

function reasonOf(error: unknown, path: string): string {
  if (isConfigError(error))
    return "it loads the configuration itself, which is invalid; put the schema into a module of its own";
  const code = readMember(error, "code");
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: "" };
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && extname(path) === ".ts")
    return "this Node does not run TypeScript; use 22.18 or later, or name a .js file";
  return oneLine(scrubSecrets(`${String(code ?? name)} ${message}`)).slice(0, 400);
}
