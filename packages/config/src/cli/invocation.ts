import { parseArgs } from "node:util";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { LoadConfigOptions } from "../internal/load-options.ts";

/** What the program reads and writes. */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory. */
  readonly directory: string;
}

const OPTIONS = {
  schema: { type: "string", short: "s" },
  profile: { type: "string", short: "p" },
  directory: { type: "string", short: "d", multiple: true },
  prefix: { type: "string" },
  "secrets-directory": { type: "string" },
  // Node uses an option `--env-file` itself, wherever it stands.
  dotenv: { type: "string" },
  format: { type: "string" },
  name: { type: "string" },
  namespace: { type: "string" },
  env: { type: "string", multiple: true },
  secrets: { type: "string", multiple: true },
  "exit-code": { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type Parsed = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;

/** The arguments of a command. */
export interface Invocation {
  /** The options by name. */
  readonly values: Parsed["values"];
  /** The arguments after the command. */
  readonly rest: readonly string[];
  readonly io: CliIo;
}

/** The command line is wrong. */
export class UsageError extends Error {}

/** Parses a command line. @throws TypeError if an option is unknown */
export function parseCommandLine(args: readonly string[]): Parsed {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

/** Returns the options of `loadConfig` that the command line gives. */
export function loadOptions({ values, io }: Invocation): LoadConfigOptions {
  return withoutUndefined({
    env: io.env,
    onWarning: ({ message }: { message: string }) => io.err(`warning: ${message}\n`),
    profile: values.profile,
    directory: values.directory,
    prefix: values.prefix,
    secretsDirectory: values["secrets-directory"],
    envFile: values.dotenv,
  });
}

/** Writes data as JSON for scripts. */
export function writeJson(io: CliIo, data: unknown): void {
  io.out(`${JSON.stringify(data, null, 2)}\n`);
}
