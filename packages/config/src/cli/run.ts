import type { Schema } from "../internal/zod.ts";
import { check } from "./check-command.ts";
import { diff } from "./diff-command.ts";
import { explain } from "./explain-command.ts";
import { type CliIo, type Invocation, parseCommandLine, UsageError } from "./invocation.ts";
import { loadSchema } from "./load-schema.ts";
import { template } from "./template-command.ts";

type Command = (schema: Schema, invocation: Invocation) => Promise<number>;

const COMMANDS: ReadonlyMap<string, Command> = new Map(Object.entries({ check, explain, template, diff }));

const HELP = `seaworthy-config COMMAND --schema FILE[#EXPORT] [options]

Commands
  check                 load the configuration and report every problem
  explain [PATH...]     show the layers, and where values come from
  template              write .env.example, a JSON Schema or a Kubernetes manifest
  diff A B              compare two profiles; warn about secrets that they share

Options
  -s, --schema FILE[#EXPORT]   module with the schema; EXPORT is "schema" by default
  -p, --profile NAME           profile to load (default: APP_PROFILE, NODE_ENV or development)
  -d, --directory DIR          directory of the configuration files (config); may be repeated
      --prefix TEXT            first part of the name of every variable
      --secrets-directory DIR  directory with one file per secret
      --dotenv FILE            .env file, read in every profile
      --json                   check, explain, diff: write JSON
      --format NAME            template: env (default), json-schema, config-map, secret
      --name, --namespace      template: name and namespace of the Kubernetes object
      --env A=FILE             diff: variables of a profile, in a .env file
      --secrets A=DIR          diff: secrets directory of a profile
      --exit-code              diff: exit with 1 if anything differs
  -h, --help                   show this help

Exit codes
  0  success, no problem was found
  1  check, explain, template: the configuration is invalid
     diff: a secret is shared (with --exit-code: or anything differs)
  2  the command line is wrong, or the schema cannot be loaded
`;

/** Runs the program and returns its exit code. It never writes the value of a secret. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  try {
    const { values, positionals } = parseCommandLine(args);
    const [name, ...rest] = positionals;
    if (values.help === true) {
      io.out(HELP);
      return 0;
    }
    if (name === undefined) throw new UsageError("a command is required");
    const command = COMMANDS.get(name);
    if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
    return await command(await loadSchema(values.schema, io.directory), { values, rest, io });
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof TypeError)) throw error;
    io.err(`seaworthy-config: ${error.message}\nTry seaworthy-config --help.\n`);
    return 2;
  }
}
