import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, integer, requiredFunction } from "@seaworthy/core/options";
import { Catalog } from "../internal/backup/catalog.ts";
import { limitStorage } from "../internal/backup/limit-storage.ts";
import { makeBackup } from "../internal/backup/make-backup.ts";
import type { BackupPlan } from "../internal/backup/plan.ts";
import { restoreInto, verifyBackup } from "../internal/backup/restore.ts";
import { removeSurplus } from "../internal/backup/retention.ts";
import { timed } from "../internal/backup/timed.ts";
import { positiveLimit, withHost } from "../internal/settings.ts";
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
  const { keep = {}, programs } = options;
  const url = serverUrl("url", options.url);
  const scratchServer = options.scratchServer === undefined ? url : serverUrl("scratchServer", options.scratchServer);
  for (const method of METHODS) requiredFunction(`storage.${method}`, options.storage?.[method]);
  checkOptions("keep", keep, ["daily", "weekly"]);
  const kept = {
    daily: integer("keep.daily", keep.daily === undefined ? 7 : keep.daily, 1, 10_000),
    weekly: integer("keep.weekly", keep.weekly === undefined ? 4 : keep.weekly, 0, 10_000),
  };
  const timeout = positiveLimit("timeout", options.timeout, "6h");
  const plan: BackupPlan = { url, scratchServer, programs, timeout };
  const storage = limitStorage(options.storage, timeout);
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
        const server = serverUrl("url", target);
        await restoreInto(plan, storage, await catalog.find(id), server);
      }),
    list: () => catalog.list(),
    status,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function serverUrl(name: string, url: unknown): string {
  const text = typeof url === "string" ? withHost(url) : "";
  // The value is not shown, because it may hold a password.
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text))
    throw new TypeError(`${name} must be a URL that begins with postgres:// or postgresql://`);
  return text;
}

function statusOf(backups: readonly Backup[]): BackupStatus {
  const [last] = backups;
  const lastVerified = backups.find(({ verification }) => verification?.ok === true);
  const { restoreTime } = lastVerified?.verification ?? {};
  const recoveryPoint =
    lastVerified === undefined ? undefined : Date.now() - Date.parse(lastVerified.manifest.startedAt);
  return withoutUndefined({ last, lastVerified, recoveryPoint, recoveryTime: restoreTime });
}
