import { parseArgs } from "node:util";
import { isSeaworthyError } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { COMMANDS, type CommandSpec, GLOBAL_OPTIONS, type OptionSpec } from "./commands.ts";
import { completionOf } from "./completion.ts";
import type { CommandContext, OptionValues } from "./context.ts";
import { CommandError, EXIT, exitCodeOf } from "./exit-codes.ts";
import { helpOf } from "./help.ts";
import { type Io, Terminal } from "./terminal.ts";

/** Runs the program on its arguments and resolves to its exit status. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    report(error, argv.includes("--json"), io);
    return exitCodeOf(error);
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const { name, rest } = commandIn(argv);
  if (["--help", "-h", "help"].includes(name)) {
    const of = name === "help" ? rest.find((one) => !one.startsWith("-")) : undefined;
    if (of !== undefined && !Object.hasOwn(COMMANDS, of)) throw unknownCommand(of);
    io.stdout.write(`${helpOf(of)}\n`);
    return argv.length === 0 ? EXIT.usage : EXIT.ok;
  }
  if (["--version", "-V", "version"].includes(name)) {
    io.stdout.write(`${io.version}\n`);
    return EXIT.ok;
  }
  if (name === "completion") {
    io.stdout.write(`${completionOf(rest[0] ?? "")}\n`);
    return EXIT.ok;
  }
  const spec = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (spec === undefined) throw unknownCommand(name);
  const context = contextOf(spec, rest, io);
  if (context.options.help === true) {
    io.stdout.write(`${helpOf(name)}\n`);
    return EXIT.ok;
  }
  try {
    const status = await spec.run(context);
    return typeof status === "number" ? status : EXIT.ok;
  } finally {
    await context.terminal.release();
  }
}

/** The command and all else: options of every command may stand before it. */
function commandIn(argv: readonly string[]): { name: string; rest: readonly string[] } {
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] as string;
    const option = Object.entries(GLOBAL_OPTIONS).find(
      ([name, { short }]) => argument === `--${name}` || (short !== undefined && argument === `-${short}`),
    );
    const isOther = option === undefined && !/^--[a-z-]+=/.test(argument);
    if (isOther || option?.[0] === "help") return { name: argument, rest: argv.toSpliced(at, 1) };
    if (option?.[1].value !== undefined) at += 1;
  }
  return { name: "--help", rest: [] };
}

/** What was typed is not shown: it may be a secret in the wrong place. */
function unknownCommand(typed: string): CommandError {
  const near = Object.keys(COMMANDS).filter((name) => distance(name, typed) <= (name.length > 4 ? 2 : 1));
  const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : "see --help.";
  return new CommandError(`There is no such command; ${hint}`);
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, char] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (char === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}

function contextOf(spec: CommandSpec, args: readonly string[], io: Io): CommandContext {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const command = end < 0 ? [] : args.slice(end + 1);
  if (end >= 0 && spec.takesCommand !== true) throw new CommandError("This command takes nothing behind --.");
  const { values, positionals } = parse(own, { ...GLOBAL_OPTIONS, ...spec.options });
  // Not shown: it may be a secret in the wrong place.
  if (positionals.length > spec.most) throw new CommandError("Too many arguments; values are typed or piped in.");
  return { io, terminal: new Terminal(io), options: values, positionals, command };
}

function parse(
  args: readonly string[],
  specs: Readonly<Record<string, OptionSpec>>,
): { values: OptionValues; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const type = spec.value === undefined ? ("boolean" as const) : ("string" as const);
      return [name, withoutUndefined({ type, multiple: spec.multiple === true, short: spec.short })];
    }),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true }) as {
      values: OptionValues;
      positionals: string[];
    };
  } catch (error) {
    // Node's message quotes the argument; its first sentence names the option alone.
    const option = /'?(--?[A-Za-z-]+)/.exec((error as Error).message)?.[1];
    throw new CommandError(`${option ?? "An option"} is unknown or lacks its value; see --help.`);
  }
}

function report(error: unknown, isJson: boolean, io: Io): void {
  const message = error instanceof Error ? error.message : "The program failed.";
  const { code, context = {} } = isSeaworthyError(error) ? error : {};
  const printed = code ? { code, context, message } : { message };
  if (isJson) return void io.stderr.write(`${JSON.stringify({ error: printed })}\n`);
  if (code === undefined) return void io.stderr.write(`seaworthy-vault: ${message}\n`);
  // Why a step failed; the messages of causes are this program's and the system's, and none has a value in it.
  const { cause } = error as Error;
  const because = code === "VAULT_ROTATION_FAILED" && cause instanceof Error ? `: ${cause.message}` : "";
  // Names, versions, epochs and reasons: no context of this package's errors has a value in it.
  const isSaid = code === "VAULT_PERMISSIONS" || code === "VAULT_MISSING"; // by the message
  const facts = isSaid ? [] : Object.entries(context).map(([name, fact]) => `${name} ${String(fact)}`);
  io.stderr.write(`seaworthy-vault: ${message}${because} (${[code, ...facts].join(", ")})\n`);
}
