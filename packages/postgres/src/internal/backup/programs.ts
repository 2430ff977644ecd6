import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { errors } from "../../errors.ts";

const LONGEST_TEXT = 2000;

/** A run of pg_dump or pg_restore. */
export interface ProgramRun {
  readonly output: Readable;
  /** Resolves if it ended with code 0, and rejects with what it wrote to standard error otherwise. */
  readonly ended: Promise<void>;
  kill(): void;
}

/** Where a database is, for libpq; the password stays out of the arguments, which every user of the host can read. */
export function connectionOf(url: string): { argument: string; env: NodeJS.ProcessEnv } {
  const place = new URL(url);
  const password = decodeURIComponent(place.password);
  place.password = "";
  // Options of the search path and the like belong to the application and not to its backup.
  place.searchParams.delete("options");
  return { argument: `--dbname=${place.href}`, env: password === "" ? {} : { PGPASSWORD: password } };
}

/** Starts one of PostgreSQL's programs. */
export function runProgram(
  name: "pg_dump" | "pg_restore",
  args: readonly string[],
  { env, folder }: { env: NodeJS.ProcessEnv; folder: string | undefined },
): ProgramRun {
  const program = folder === undefined ? name : join(folder, name);
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // Messages are read by people and by tests in one language.
    env: { ...process.env, LC_ALL: "C", ...env },
  });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-LONGEST_TEXT);
  });
  const ended = new Promise<void>((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void =>
      reject(errors.POSTGRES_BACKUP_FAILED({ program: name }, { cause, message }));
    child.once("error", (cause: NodeJS.ErrnoException) =>
      fail(
        cause.code === "ENOENT" ? `${program} was not found; install PostgreSQL's client programs` : cause.message,
        cause,
      ),
    );
    child.once("close", (code, signal) =>
      code === 0 ? resolve() : fail(`${name} ended with ${signal ?? `code ${code}`}: ${text.trim()}`),
    );
  });
  return { output: child.stdout, ended, kill: () => void child.kill("SIGKILL") };
}
