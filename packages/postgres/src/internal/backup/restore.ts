import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Backup, BackupVerification } from "../../backup/backups.ts";
import type { BackupStorage } from "../../backup/storage.ts";
import { connectPostgres } from "../../connect-postgres.ts";
import { errors } from "../../errors.ts";
import { sql } from "../../sql.ts";
import type { Catalog } from "./catalog.ts";
import { dumpName, verificationName } from "./manifest-files.ts";
import type { BackupPlan } from "./plan.ts";
import { connectionOf, runProgram } from "./programs.ts";
import { differenceOf, readFigures } from "./table-figures.ts";

/** Proves that a backup can be restored, by restoring it. */
export async function verifyBackup(
  plan: BackupPlan,
  storage: BackupStorage,
  catalog: Catalog,
  id: string | undefined,
): Promise<BackupVerification> {
  const backup = await catalog.find(id);
  const at = new Date().toISOString();
  const keep = (verification: BackupVerification): Promise<void> =>
    storage.put(verificationName(backup.id), Readable.from([Buffer.from(`${JSON.stringify(verification)}\n`)]));
  try {
    const restoreTime = await restoreIntoScratch(plan, storage, backup);
    const verification: BackupVerification = { version: 1, at, ok: true, restoreTime };
    await keep(verification);
    return verification;
  } catch (error) {
    // Only what the backup itself is to blame for is kept: a server that was away says nothing of it.
    if (errors.POSTGRES_BACKUP_INVALID.is(error)) await keep({ version: 1, at, ok: false, fault: error.message });
    throw error;
  }
}

async function restoreIntoScratch(plan: BackupPlan, storage: BackupStorage, backup: Backup): Promise<number> {
  const name = `seaworthy_verify_${randomBytes(6).toString("hex")}`;
  await using admin = await connectPostgres({ url: plan.scratchServer, name: "verify", base: 0, overflow: 1 });
  await admin.query(sql`create database ${sql.identifier(name)} template template0`);
  try {
    const url = new URL(plan.scratchServer);
    url.pathname = `/${name}`;
    url.searchParams.delete("options");
    const began = performance.now();
    await load(plan, storage, backup, { url: url.href, code: "POSTGRES_BACKUP_INVALID" });
    const restoreTime = Math.round(performance.now() - began);
    await using scratch = await connectPostgres({ url: url.href, name: "verify", base: 0, overflow: 1 });
    const figures = await scratch.transaction(readFigures, { readOnly: true, statementTimeout: 0 });
    const difference = differenceOf(backup.manifest.tables, figures);
    if (difference !== undefined) throw invalid(backup, difference);
    return restoreTime;
  } finally {
    await admin.query(sql`drop database if exists ${sql.identifier(name)} with (force)`);
  }
}

/** Restores a backup into an empty database. */
export async function restoreInto(
  plan: BackupPlan,
  storage: BackupStorage,
  backup: Backup,
  url: string,
): Promise<void> {
  {
    await using target = await connectPostgres({ url, name: "restore", base: 0, overflow: 1 });
    const [first] = await target.transaction(readFigures, { readOnly: true });
    if (first !== undefined)
      throw errors.POSTGRES_BACKUP_FAILED(
        { id: backup.id },
        { message: `The database is not empty: it has the table ${first.table}` },
      );
  }
  await load(plan, storage, backup, { url, code: "POSTGRES_BACKUP_FAILED" });
}

/** Checks the dump's size and hash while it is fetched, and restores it only if they are right. */
async function load(
  plan: BackupPlan,
  storage: BackupStorage,
  backup: Backup,
  { url, code }: { url: string; code: "POSTGRES_BACKUP_FAILED" | "POSTGRES_BACKUP_INVALID" },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-restore-"));
  try {
    const file = join(folder, "dump");
    await fetchDump(storage, backup, file);
    const { argument, env } = connectionOf(url);
    const args = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-password"];
    const run = runProgram("pg_restore", [...args, argument, file], { env, folder: plan.programs });
    run.output.resume();
    const timer = setTimeout(() => run.kill(), plan.timeout);
    await run.ended
      .catch((cause: Error) => {
        throw errors[code](
          { id: backup.id },
          { cause, message: `Backup ${backup.id} could not be restored: ${cause.message}` },
        );
      })
      .finally(() => clearTimeout(timer));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchDump(storage: BackupStorage, backup: Backup, file: string): Promise<void> {
  const { size, sha256 } = backup.manifest;
  const hash = createHash("sha256");
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(bytes > size ? invalid(backup, `the dump has more than the ${size} bytes of the manifest`) : null, chunk);
    },
  });
  const content = await storage.get(dumpName(backup.id)).catch((cause: unknown) => {
    throw invalid(backup, "its dump cannot be read", cause);
  });
  await pipeline(content, measure, createWriteStream(file, { mode: 0o600 }));
  if (bytes !== size) throw invalid(backup, `the dump has ${bytes} bytes in place of ${size}`);
  if (hash.digest("hex") !== sha256) throw invalid(backup, "the SHA-256 of the dump is not that of the manifest");
}

const invalid = (backup: Backup, fault: string, cause?: unknown): Error =>
  errors.POSTGRES_BACKUP_INVALID({ id: backup.id }, { cause, message: `Backup ${backup.id} is not valid: ${fault}` });
