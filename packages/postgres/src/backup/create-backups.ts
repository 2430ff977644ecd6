import { toMilliseconds } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, integer, requiredFunction } from "@seaworthy/core/options";
import { Catalog } from "../internal/backup/catalog.ts";
import { makeBackup } from "../internal/backup/make-backup.ts";
import type { BackupPlan } from "../internal/backup/plan.ts";
import { restoreInto, verifyBackup } from "../internal/backup/restore.ts";
import { removeSurplus } from "../internal/backup/retention.ts";
import { timed } from "../internal/backup/timed.ts";
import { backupAgeGauge } from "../telemetry.ts";
import type { Backup, BackupOptions, BackupStatus, Backups } from "./backups.ts";

const OPTIONS = ["url", "storage", "keep", "scratchServer", "programs", "timeout"];
const METHODS = ["put", "get", "list", "remove"] as const;

/**
 * Backups of one database by `pg_dump`, each with a manifest by which it can be proved that it can be restored.
 *
 * @throws TypeError if an option is malformed
 */
export function createBackups(options: BackupOptions): Backups {
  checkOptions("createBackups", options, OPTIONS);
  const { url, storage, keep = {}, scratchServer = url, programs, timeout = "6h" } = options;
  for (const [name, value] of Object.entries({ url, scratchServer })) checkServer(name, value);
  for (const method of METHODS) requiredFunction(`storage.${method}`, storage?.[method]);
  checkOptions("keep", keep, ["daily", "weekly"]);
  const kept = {
    daily: integer("keep.daily", keep.daily === undefined ? 7 : keep.daily, 1, 10_000),
    weekly: integer("keep.weekly", keep.weekly === undefined ? 4 : keep.weekly, 0, 10_000),
  };
  const plan: BackupPlan = { url, scratchServer, programs, timeout: toMilliseconds(timeout, "timeout") };
  const catalog = new Catalog(storage);
  let known: BackupStatus = {};
  const age = (backup: Backup | undefined): number =>
    backup === undefined ? Number.NaN : (Date.now() - Date.parse(backup.manifest.startedAt)) / 1000;
  const gauges = [
    backupAgeGauge.track({ state: "complete" }, () => age(known.last)),
    backupAgeGauge.track({ state: "verified" }, () => age(known.lastVerified)),
  ];
  const status = async (): Promise<BackupStatus> => {
    known = statusOf(await catalog.list());
    return known;
  };
  const close = async (): Promise<void> => {
    for (const stop of gauges) stop();
  };
  return {
    run: () =>
      timed("run", async () => {
        const manifest = await makeBackup(plan, storage);
        await removeSurplus(catalog, storage, kept);
        await status();
        return manifest;
      }),
    verify: (id) =>
      timed("verify", async () => {
        const outcome = await verifyBackup(plan, storage, catalog, id);
        await status();
        return outcome;
      }),
    restore: (id, target) =>
      timed("restore", async () => {
        checkServer("url", target);
        await restoreInto(plan, storage, await catalog.find(id), target);
      }),
    list: () => catalog.list(),
    status,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function checkServer(name: string, url: unknown): void {
  // The value is not shown, because it may hold a password.
  if (typeof url !== "string" || !/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new TypeError(`${name} must be a URL that begins with postgres:// or postgresql://`);
}

function statusOf(backups: readonly Backup[]): BackupStatus {
  const [last] = backups;
  const lastVerified = backups.find(({ verification }) => verification?.ok === true);
  const { restoreTime } = lastVerified?.verification ?? {};
  const recoveryPoint =
    lastVerified === undefined ? undefined : Date.now() - Date.parse(lastVerified.manifest.startedAt);
  return withoutUndefined({ last, lastVerified, recoveryPoint, recoveryTime: restoreTime });
}
