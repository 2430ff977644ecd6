import { parseArgs } from "node:util";
import { type Duration, toMilliseconds } from "@seaworthy/core";
import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import type { Backup } from "../backup/backups.ts";
import { createBackups } from "../backup/create-backups.ts";
import { folderStorage } from "../backup/folder-storage.ts";
import { connectPostgres } from "../connect-postgres.ts";
import { migrate, migrationStatus, revert } from "../migrate.ts";
import type { Postgres } from "../postgres.ts";

/** What the program uses of its process. */
export interface CliPlace {
  readonly env: NodeJS.ProcessEnv;
  out(line: string): void;
  err(line: string): void;
}

const USAGE = `Usage: seaworthy-postgres COMMAND [options]

Commands:
  migrate FOLDER      applies the migrations of a folder that the database does not have
  revert FOLDER       reverts the last migration, or with --to all after one
  status FOLDER       shows the state of each migration
  backup FOLDER       makes a backup in a folder, and removes old ones
  list FOLDER         shows the backups of a folder
  verify FOLDER [ID]  restores a backup, by default the last one, into a scratch database and compares it
  restore FOLDER ID   restores a backup into the empty database of --to

Options:
  --url URL             the database (default: the variable DATABASE_URL)
  --set NAME            name of the sequence of migrations (default app)
  --to ID or URL        revert: the last migration that stays; restore: the database
  --lock-timeout TIME   longest wait for other processes that migrate (default 60s)
  --dry-run             shows what migrate or revert would do
  --retry-unfinished    runs a migration again that has no transaction and did not end
  --daily N             backups of so many days stay (default 7)
  --weekly N            backups of so many weeks stay (default 4)
  --help                shows this

Exit code: 0 if it succeeded, 1 if it failed, 2 if the arguments cannot be understood.
status exits with 1 if a migration is not applied.`;

const OPTIONS = {
  url: { type: "string" },
  set: { type: "string" },
  to: { type: "string" },
  "lock-timeout": { type: "string" },
  "dry-run": { type: "boolean" },
  "retry-unfinished": { type: "boolean" },
  daily: { type: "string" },
  weekly: { type: "string" },
  help: { type: "boolean" },
} as const;

interface Values {
  readonly url?: string;
  readonly set?: string;
  readonly to?: string;
  readonly "lock-timeout"?: string;
  readonly "dry-run"?: boolean;
  readonly "retry-unfinished"?: boolean;
  readonly daily?: string;
  readonly weekly?: string;
}

interface Invocation {
  readonly place: CliPlace;
  readonly url: string;
  readonly folder: string;
  readonly id: string | undefined;
  readonly values: Values;
}

type Command = (invocation: Invocation) => Promise<number>;

const COMMANDS: Readonly<Record<string, { run: Command; arguments: readonly [least: number, most: number] }>> = {
  migrate: { run: runMigrate, arguments: [1, 1] },
  revert: { run: runRevert, arguments: [1, 1] },
  status: { run: runStatus, arguments: [1, 1] },
  backup: { run: runBackup, arguments: [1, 1] },
  list: { run: runList, arguments: [1, 1] },
  verify: { run: runVerify, arguments: [1, 2] },
  restore: { run: runRestore, arguments: [2, 2] },
};

/** Runs the program and returns its exit code. */
export async function main(args: string[], place: CliPlace): Promise<number> {
  let invocation: Invocation | undefined;
  let command: Command;
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const [name = "", ...rest] = positionals;
    if (values.help === true || name === "help") {
      place.out(USAGE);
      return 0;
    }
    const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (known === undefined) throw new TypeError(name === "" ? "give a command" : `there is no command ${name}`);
    const [least, most] = known.arguments;
    if (rest.length < least || rest.length > most) throw new TypeError(`${name} has other arguments`);
    const url = values.url ?? place.env.DATABASE_URL;
    if (url === undefined) throw new TypeError("give --url, or set DATABASE_URL");
    command = known.run;
    invocation = { place, url, folder: rest[0] ?? "", id: rest[1], values };
  } catch (error) {
    place.err(`seaworthy-postgres: ${messageOf(error)}\n\n${USAGE}`);
    return 2;
  }
  try {
    return await command(invocation);
  } catch (error) {
    const code = readMember(error, "code");
    place.err(`seaworthy-postgres: ${messageOf(error)}${typeof code === "string" ? ` (${code})` : ""}`);
    return error instanceof TypeError ? 2 : 1;
  }
}

async function withDatabase(url: string, fn: (db: Postgres) => Promise<number>): Promise<number> {
  await using db = await connectPostgres({ url, name: "seaworthy-postgres", base: 0, overflow: 2 });
  return await fn(db);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function migrateOptions({ values }: Invocation): { set?: string; lockTimeout?: Duration; dryRun: boolean } {
  const { set, "lock-timeout": wait } = values;
  // An error names the option as it is written on the command line.
  const lockTimeout = wait === undefined ? undefined : toMilliseconds(wait, "--lock-timeout");
  return withoutUndefined({ set, lockTimeout, dryRun: values["dry-run"] === true });
}

function runMigrate(invocation: Invocation): Promise<number> {
  const { url, folder, place, values } = invocation;
  return withDatabase(url, async (db) => {
    const retryUnfinished = values["retry-unfinished"] === true;
    const { applied, skipped } = await migrate(db, folder, { ...migrateOptions(invocation), retryUnfinished });
    for (const id of applied) place.out(values["dry-run"] === true ? `would apply ${id}` : `applied ${id}`);
    if (applied.length === 0) place.out(`nothing to apply; ${skipped.length} are applied`);
    return 0;
  });
}

function runRevert(invocation: Invocation): Promise<number> {
  const { url, folder, place, values } = invocation;
  return withDatabase(url, async (db) => {
    const to = values.to === undefined ? undefined : { to: values.to };
    const reverted = await revert(db, folder, { ...migrateOptions(invocation), ...to });
    for (const id of reverted) place.out(values["dry-run"] === true ? `would revert ${id}` : `reverted ${id}`);
    if (reverted.length === 0) place.out("nothing to revert");
    return 0;
  });
}

function runStatus({ url, folder, place, values }: Invocation): Promise<number> {
  return withDatabase(url, async (db) => {
    const states = await migrationStatus(db, folder, values.set === undefined ? {} : { set: values.set });
    for (const { id, state, appliedAt } of states)
      place.out(`${state.padEnd(10)} ${id}${appliedAt === undefined ? "" : `  ${appliedAt.toISOString()}`}`);
    return states.every(({ state }) => state === "applied") ? 0 : 1;
  });
}

function backupsOf({ url, folder, values }: Invocation): ReturnType<typeof createBackups> {
  const count = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  const keep = withoutUndefined({ daily: count(values.daily), weekly: count(values.weekly) });
  return createBackups({ url, storage: folderStorage(folder), keep });
}

async function runBackup(invocation: Invocation): Promise<number> {
  await using backups = backupsOf(invocation);
  const { id, size, tables } = await backups.run();
  invocation.place.out(`made ${id}: ${size} bytes, ${tables.length} tables`);
  return 0;
}

async function runList(invocation: Invocation): Promise<number> {
  await using backups = backupsOf(invocation);
  for (const backup of await backups.list()) invocation.place.out(lineOf(backup));
  return 0;
}

function lineOf({ id, manifest, verification }: Backup): string {
  const verified =
    verification === undefined ? "not verified" : verification.ok ? `verified ${verification.at}` : "not valid";
  return `${id}  ${manifest.size} bytes  ${manifest.tables.length} tables  ${verified}`;
}

async function runVerify(invocation: Invocation): Promise<number> {
  await using backups = backupsOf(invocation);
  const { restoreTime } = await backups.verify(invocation.id);
  const { lastVerified, recoveryPoint = 0 } = await backups.status();
  invocation.place.out(`verified ${invocation.id ?? lastVerified?.id}: restored in ${restoreTime} ms`);
  invocation.place.out(`what was written in the last ${Math.round(recoveryPoint / 1000)} s is in no verified backup`);
  return 0;
}

async function runRestore(invocation: Invocation): Promise<number> {
  const { id = "", values, place } = invocation;
  if (values.to === undefined) throw new TypeError("restore needs --to URL, the empty database to restore into");
  await using backups = backupsOf(invocation);
  await backups.restore(id, values.to);
  place.out(`restored ${id}`);
  return 0;
}
