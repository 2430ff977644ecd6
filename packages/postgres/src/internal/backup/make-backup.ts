import { createHash, randomBytes } from "node:crypto";
import { PassThrough, Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BackupManifest, TableFigures } from "../../backup/backups.ts";
import type { BackupStorage } from "../../backup/storage.ts";
import { connectPostgres } from "../../connect-postgres.ts";
import { errors } from "../../errors.ts";
import { codeOf } from "../driver-errors.ts";
import { dumpName, manifestName } from "./manifest-files.ts";
import type { BackupPlan } from "./plan.ts";
import { connectionOf, runProgram } from "./programs.ts";
import { readFigures } from "./table-figures.ts";

interface Snapshot {
  readonly name: string;
  readonly at: Date;
  readonly database: string;
  readonly serverVersion: string;
  readonly tables: readonly TableFigures[];
}

/** Dumps the database into the storage, and writes the manifest when the dump is complete. */
export async function makeBackup(plan: BackupPlan, storage: BackupStorage): Promise<BackupManifest> {
  const options = { name: "backup", base: 0, overflow: 1, idleInTransactionTimeout: 0 };
  await using db = await connectPostgres({ url: plan.url, ...options });
  // The figures of the manifest and the dump are of one snapshot, however many rows are written meanwhile.
  // Awaited, because the database is closed as soon as the function returns.
  return await db
    .transaction(
      async (tx) => {
        // The transaction is idle for as long as pg_dump runs, whatever limit the server has by default.
        await tx.query("set local idle_in_transaction_session_timeout = 0");
        const { rows } =
          await tx.query(`select pg_export_snapshot() as name, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
          current_database()::text as database, current_setting('server_version') as version`);
        const [row] = rows;
        const snapshot: Snapshot = {
          name: String(row?.name),
          at: new Date(String(row?.at)),
          database: String(row?.database),
          serverVersion: String(row?.version),
          tables: await readFigures(tx),
        };
        const id = idFor(snapshot.at);
        const { size, sha256 } = await dump(plan, storage, id, snapshot);
        const manifest = manifestOf(id, snapshot, size, sha256);
        await storage.put(
          manifestName(id),
          Readable.from([Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`)]),
        );
        return manifest;
      },
      { isolation: "repeatable read", readOnly: true, statementTimeout: 0 },
    )
    .catch((cause: unknown) => {
      if (codeOf(cause).startsWith("POSTGRES_BACKUP")) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw errors.POSTGRES_BACKUP_FAILED({}, { cause, message: `The backup could not be made: ${reason}` });
    });
}

function manifestOf(id: string, snapshot: Snapshot, size: number, sha256: string): BackupManifest {
  const { at, database, serverVersion, tables } = snapshot;
  const finishedAt = new Date().toISOString();
  return { version: 1, id, startedAt: at.toISOString(), finishedAt, database, serverVersion, size, sha256, tables };
}

/** Sorts by time, to the millisecond; what follows keeps two of them apart. */
function idFor(at: Date): string {
  const time = at.toISOString().replace(/[-:.]/g, "");
  return `${time}-${randomBytes(4).toString("hex")}`;
}

async function dump(
  plan: BackupPlan,
  storage: BackupStorage,
  id: string,
  { name }: Snapshot,
): Promise<{ size: number; sha256: string }> {
  const { argument, env } = connectionOf(plan.url);
  const args = ["--format=custom", "--no-password", `--snapshot=${name}`, argument];
  const run = runProgram("pg_dump", args, { env, folder: plan.programs });
  const timer = setTimeout(() => run.kill(), plan.timeout);
  const hash = createHash("sha256");
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
    // The stream ends only if pg_dump ended well, so that no storage keeps half of a dump.
    flush(done) {
      run.ended.then(() => done(), done);
    },
  });
  const content = new PassThrough();
  let isRunning = true;
  let storageFault: unknown;
  const fail = (error: unknown): never => {
    // What fails after pg_dump did has failed because of it.
    if (isRunning) storageFault = error;
    // A storage that has given up reads no more, and pg_dump would wait for it.
    content.destroy();
    throw error;
  };
  const [flowed, stored] = await Promise.allSettled([
    pipeline(run.output, measure, content),
    storage.put(dumpName(id), content).catch(fail),
    run.ended.finally(() => {
      isRunning = false;
    }),
  ]);
  clearTimeout(timer);
  run.kill();
  const failed = [flowed, stored].find((result) => result.status === "rejected");
  if (failed === undefined) return { size, sha256: hash.digest("hex") };
  await storage.remove(dumpName(id)).catch(() => undefined);
  throw (
    storageFault ??
    (await run.ended.then(
      () => failed.reason,
      (error: unknown) => error,
    ))
  );
}
