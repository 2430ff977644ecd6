import type { BackupManifest } from "../../backup/backups.ts";
import { errors } from "../../errors.ts";

export const dumpName = (id: string): string => `${id}.dump`;
export const manifestName = (id: string): string => `${id}.manifest.json`;
export const verificationName = (id: string): string => `${id}.verified.json`;
export const idOf = (name: string): string | undefined =>
  /^(\d{8}T\d{9}Z-[0-9a-f]{8})\.manifest\.json$/.exec(name)?.[1];

/** Reads a manifest, which may have been damaged where it was kept. */
export function parseManifest(id: string, text: string): BackupManifest {
  let value: BackupManifest | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw errors.POSTGRES_BACKUP_INVALID({ id }, { cause, message: `The manifest of backup ${id} is not JSON` });
  }
  const isSound =
    value?.version === 1 &&
    value.id === id &&
    Number.isSafeInteger(value.size) &&
    /^[0-9a-f]{64}$/.test(value.sha256 ?? "") &&
    !Number.isNaN(Date.parse(value.startedAt ?? "")) &&
    Array.isArray(value.tables);
  if (value === null || !isSound)
    throw errors.POSTGRES_BACKUP_INVALID({ id }, { message: `The manifest of backup ${id} is not complete` });
  return value;
}
