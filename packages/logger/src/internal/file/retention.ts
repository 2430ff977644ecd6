import type { Archive, Archived } from "./archive.ts";
import type { FileSystem } from "./file-system.ts";

/** Which rotated files are kept. */
export interface Keep {
  readonly files: number;
  /** Milliseconds. */
  readonly age: number;
  readonly bytes: number;
}

/** Deletes the oldest rotated files until the others are within every limit. A file that cannot be deleted is tried again the next time. */
export function sweep(archive: Archive, keep: Keep, now: number, fs: FileSystem): void {
  let total = 0;
  let count = 0;
  for (const archived of archive.list()) {
    const { size, changedAt } = measure(archived, fs);
    count++;
    total += size;
    if (count > keep.files || total > keep.bytes || now - changedAt > keep.age) remove(archived, fs);
  }
}

function measure({ path, rotatedAt, plain, packed }: Archived, fs: FileSystem): { size: number; changedAt: number } {
  let size = 0;
  let changedAt = rotatedAt;
  for (const file of [...(plain ? [path] : []), ...(packed ? [`${path}.gz`] : [])]) {
    try {
      const stat = fs.statSync(file);
      size += stat.size;
      changedAt = Math.min(changedAt, stat.mtimeMs);
    } catch {
      // Another process has deleted it.
    }
  }
  return { size, changedAt };
}

function remove({ path, plain, packed }: Archived, fs: FileSystem): void {
  for (const file of [...(plain ? [path] : []), ...(packed ? [`${path}.gz`] : [])]) unlinkQuietly(file, fs);
}

/** Deletes a file if that is possible. */
export function unlinkQuietly(path: string, fs: FileSystem): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // The next sweep tries again.
  }
}

/** Gives a file another name if that is possible. */
export function renameQuietly(from: string, to: string, fs: FileSystem): void {
  try {
    fs.renameSync(from, to);
  } catch {
    // The file keeps its name, and the path of the log is opened again at the next check.
  }
}
