import { spawn } from "node:child_process";
import { constants } from "node:os";
import { parseEnv } from "node:util";
import type { Secret } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { isStaged } from "../internal/staged-name.ts";
import { rotateCredential } from "../rotate-credential.ts";
import type { Vault } from "../vault.ts";
import { type CommandContext, positional, print, readInput, textsOf, withoutNewline, withVault } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { resolved } from "./inject-command.ts";
import { rotateKeys } from "./key-commands.ts";
import { isDecisive, variableOf } from "./variables.ts";

type Environment = Record<string, string | undefined>;

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
const TYPED: readonly string[] = ["SIGINT", "SIGQUIT"];
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Runs a command with chosen credentials in its environment. No other process gets them. */
export async function run(context: CommandContext): Promise<number> {
  if (context.command.length === 0) throw new CommandError("The command is missing: run [options] -- command.");
  const chosen = textsOf(context, "secret") ?? [];
  const isAll = context.options.all === true || (chosen.length === 0 && context.options["env-file"] === undefined);
  // The vault is locked again before the command begins.
  const secrets = await withVault(context, async (vault) => ({
    ...(await fromFiles(context, vault)),
    ...(await collect(context, vault, chosen, isAll)),
  }));
  return execute(context, secrets);
}

/** `rotate NAME -- command`: the command changes the value at the provider, and checks it. */
export async function rotate(context: CommandContext): Promise<void> {
  if (context.options.keys === true) return rotateKeys(context);
  const name = positional(context, 0, "The name");
  if (context.command.length === 0) throw new CommandError("The command is missing: rotate NAME -- command.");
  const step = async (environment: Environment): Promise<void> => {
    const status = await execute(context, environment);
    if (status !== EXIT.ok)
      throw new Error(`the command ended step ${environment.SEAWORTHY_STEP} with status ${status}`);
  };
  await withVault(context, async (vault) => {
    const isGiven = context.options["value-stdin"] === true;
    const value = isGiven ? withoutNewline(await readInput(context, "-")) : undefined;
    const rotation = await rotateCredential(vault, name, {
      ...withoutUndefined({ generate: value === undefined ? undefined : () => value }),
      apply: async (next, current) => {
        await step({
          SEAWORTHY_STEP: "apply",
          SEAWORTHY_NEXT: next.reveal(),
          SEAWORTHY_CURRENT: current.reveal(),
        });
      },
      verify: (next: Secret<string>) => step({ SEAWORTHY_STEP: "verify", SEAWORTHY_NEXT: next.reveal() }),
    });
    print(context, rotation, "");
  });
}

/** Variables of `.env` files, with the values of the references in them. */
async function fromFiles(context: CommandContext, vault: Vault): Promise<Environment> {
  const environment: Environment = {};
  for (const path of textsOf(context, "env-file") ?? []) {
    const variables = parseEnv(withoutNewline(await readInput(context, path)));
    for (const [variable, text] of Object.entries(variables)) environment[variable] = await resolved(vault, text ?? "");
  }
  return environment;
}

/** Every entry that can be given to a command. What is left out is named, and does not stop the command. */
function everything(context: CommandContext, vault: Vault, wanted: Map<string, string>): void {
  const entries = vault.list();
  const names = entries.map(({ name }) => name);
  const leaveOut = (name: string, reason: string): void =>
    void context.io.stderr.write(`seaworthy-vault: ${name} is left out: ${reason}.\n`);
  for (const { name, expiresAt } of entries.filter((entry) => !isStaged(entry.name, names))) {
    const variable = variableOf(name);
    const isExpired = expiresAt !== undefined && expiresAt <= Date.now();
    if (isExpired && context.options["allow-expired"] !== true) leaveOut(name, "it has expired");
    else if (isDecisive(variable)) leaveOut(name, `${variable} is set with --secret ${variable}=${name} alone`);
    else add(wanted, variable, name);
  }
}

async function collect(
  context: CommandContext,
  vault: Vault,
  chosen: readonly string[],
  isAll: boolean,
): Promise<Environment> {
  const wanted = new Map<string, string>();
  if (isAll) everything(context, vault, wanted);
  for (const choice of chosen) {
    const at = choice.indexOf("=");
    const name = at < 0 ? choice : choice.slice(at + 1);
    const variable = at < 0 ? variableOf(name) : choice.slice(0, at);
    if (!VARIABLE.test(variable)) throw new CommandError("--secret must be NAME or VARIABLE=NAME.");
    if (at < 0 && isDecisive(variable))
      throw new CommandError(`${name} would become ${variable}; if it is to, write --secret ${variable}=${name}.`);
    if (wanted.get(variable) !== name) add(wanted, variable, name);
  }
  const environment: Environment = {};
  for (const [variable, name] of wanted) {
    const value = (await vault.get(name, { allowExpired: context.options["allow-expired"] === true })).reveal();
    if (value.includes("\0")) throw new CommandError(`${name} holds a zero byte, which a variable cannot.`);
    environment[variable] = value;
  }
  return environment;
}

function add(wanted: Map<string, string>, variable: string, name: string): void {
  if (wanted.has(variable)) throw new CommandError(`Two credentials would become ${variable}; choose with --secret.`);
  wanted.set(variable, name);
}

async function execute({ io, command, terminal }: CommandContext, secrets: Environment): Promise<number> {
  await terminal.release();
  const [file, ...args] = command as [string, ...string[]];
  const { SEAWORTHY_VAULT_PASSWORD_FILE: _, ...inherited } = io.env;
  const child = spawn(file, args, { stdio: "inherit", env: { ...inherited, ...secrets } });
  const forward = (signal: NodeJS.Signals): void => {
    // The terminal's own keys reach the command from the terminal; a second one would be taken for impatience.
    if (!(io.stdin.isTTY === true && TYPED.includes(signal))) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return new Promise<number>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === "ENOENT";
      const status = isMissing ? EXIT.noCommand : EXIT.notExecutable;
      reject(new CommandError(`${file} cannot be run (${error.code}).`, status));
    });
    child.on("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  }).finally(() => {
    for (const signal of FORWARDED) process.off(signal, forward);
  });
}
