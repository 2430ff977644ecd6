import { parseArgs } from "node:util";
import { check } from "./check.ts";
import { diff } from "./diff.ts";
import { explain } from "./explain.ts";
import { loadSchema, UsageError } from "./load-schema.ts";
import { template } from "./template.ts";

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

/** The options of the command line, by name. */
export type CliValues = Parsed["values"];
type Parsed = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;

const COMMANDS = { check, explain, template, diff };

const HELP = `seaworthy-config COMMAND --schema FILE[#EXPORT] [options]

Commands
  check                 load the configuration and report every problem
  explain [PATH...]     show the layers, and where values come from
  template              write .env.example, a JSON Schema or a Kubernetes manifest
  diff A B              compare two profiles; warns about secrets that they share

Options
  -s, --schema FILE[#EXPORT]   module with the schema; EXPORT is "schema" when left out
  -p, --profile NAME           profile to load (APP_PROFILE, else NODE_ENV, else development)
  -d, --directory DIR          directory of the configuration files (config); may be repeated
      --prefix TEXT            first part of every variable's name
      --secrets-directory DIR  directory with one file per secret
      --dotenv FILE            .env file, read in every profile
      --json                   check, explain, diff: write JSON
      --format NAME            template: env (default), json-schema, config-map, secret
      --name, --namespace      template: of the Kubernetes object
      --env A=FILE             diff: variables of a profile, in a .env file
      --secrets A=DIR          diff: secrets directory of a profile
      --exit-code              diff: exit 1 when anything differs
  -h, --help

Exit codes
  0  done, nothing wrong
  1  check, explain, template: the configuration is invalid
     diff: a secret is shared (with --exit-code: or anything differs)
  2  the command line is wrong, or the schema cannot be loaded
`;

/** Runs the program and returns its exit code. No secret value is written. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    const [name, ...rest] = positionals;
    if (values.help === true) {
      io.out(HELP);
      return 0;
    }
    if (name === undefined || !Object.hasOwn(COMMANDS, name))
      throw new UsageError(name === undefined ? "there is no command" : `there is no command ${JSON.stringify(name)}`);
    const schema = await loadSchema(values.schema, io.directory);
    return await COMMANDS[name as keyof typeof COMMANDS](schema, { values, rest, io });
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof TypeError)) throw error;
    io.err(`seaworthy-config: ${error.message}\nTry seaworthy-config --help.\n`);
    return 2;
  }
}

function parse(args: readonly string[]): Parsed {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}
