import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { scrubSecrets } from "@seaworthy/core";
import { isConfigError } from "../errors.ts";
import type { LoadConfigOptions } from "../internal/load-options.ts";
import { oneLine } from "../internal/text.ts";
import { isSchema, type Schema } from "../internal/zod.ts";
import type { CliIo, CliValues } from "./run.ts";

/** The command line cannot be carried out as it stands. */
export class UsageError extends Error {}

/** What every command is given. */
export interface Invocation {
  readonly values: CliValues;
  readonly rest: readonly string[];
  readonly io: CliIo;
}

/** Imports `FILE#EXPORT`. */
export async function loadSchema(text: string | undefined, directory: string): Promise<Schema> {
  if (text === undefined) throw new UsageError("--schema FILE#EXPORT is needed");
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
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${file} cannot be loaded: ${reasonOf(error, path)}`);
  }
}

function reasonOf(error: unknown, path: string): string {
  if (isConfigError(error))
    return "it loads the configuration itself, which is invalid; keep the schema in a module of its own";
  const { code, name, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { name: typeof error, message: "" };
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && extname(path) === ".ts")
    return "this Node does not run TypeScript; use 22.18 or later, or name a .js file";
  return oneLine(scrubSecrets(`${code ?? name} ${message}`)).slice(0, 400);
}

/** The options of `loadConfig` that the command line gives. */
export function loadOptions({ values, io }: Invocation): LoadConfigOptions {
  // Node takes an option `--env-file` for its own, wherever it stands.
  const { profile, directory, prefix } = values;
  return {
    env: io.env,
    onWarning: ({ message }) => io.err(`warning: ${message}\n`),
    ...(profile === undefined ? undefined : { profile }),
    ...(directory === undefined ? undefined : { directory }),
    ...(prefix === undefined ? undefined : { prefix }),
    ...(values["secrets-directory"] === undefined ? undefined : { secretsDirectory: values["secrets-directory"] }),
    ...(values.dotenv === undefined ? undefined : { envFile: values.dotenv }),
  };
}
