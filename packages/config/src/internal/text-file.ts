import { resolve } from "node:path";
import { readMember } from "@seaworthy/core/objects";
import { files } from "./node-builtins.ts";

/** The text of a file, that it is absent, or why it cannot be read. The fault never quotes the content. */
export type TextFile = { text: string } | { absent: true } | { fault: string };

/** What was found at each absolute path that a load has read, to detect later changes. */
export type SeenFiles = Map<string, string>;

/** The size limit of a secret file: 64 KiB. */
export const SECRET_FILE_LIMIT = 65_536;
/** The size limit of a configuration file: 1 MiB. */
export const CONFIG_FILE_LIMIT = 1_048_576;

const ABSENT: TextFile = { absent: true };

/**
 * Reads a regular file of at most `limit` bytes as UTF-8. Devices and pipes are refused, because they may never end.
 *
 * It reads synchronously: promises for a few small files take longer than the files, and create an error for each absent
 * file.
 */
export function readTextFile(path: string, limit: number, seen?: SeenFiles): TextFile {
  try {
    const found = files.statSync(path, { throwIfNoEntry: false });
    seen?.set(resolve(path), found === undefined ? "absent" : signatureOf(found));
    if (found === undefined) return ABSENT;
    if (!found.isFile()) return { fault: "it is not a regular file" };
    const file = files.openSync(path, files.constants.O_RDONLY | (files.constants.O_NONBLOCK ?? 0));
    try {
      const bytes = readUpTo(file, limit);
      return bytes === undefined ? { fault: `it is larger than ${limit} bytes` } : decode(bytes);
    } finally {
      files.closeSync(file);
    }
  } catch (error) {
    const code = readMember(error, "code");
    seen?.set(resolve(path), `fault ${String(code)}`);
    return code === "ENOENT" ? ABSENT : { fault: typeof code === "string" ? code : "it cannot be read" };
  }
}

/** Returns what is at a path now, to be compared with what a load has found. */
export function signatureAt(path: string): string {
  try {
    const found = files.statSync(path, { throwIfNoEntry: false });
    return found === undefined ? "absent" : signatureOf(found);
  } catch (error) {
    return `fault ${String(readMember(error, "code"))}`;
  }
}

function signatureOf({ ino, size, mtimeMs, ctimeMs }: ReturnType<typeof files.statSync> & object): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

// The size that the system reports cannot be used: some file systems report 0, and files grow.
function readUpTo(file: number, limit: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= limit; ) {
    const chunk = Buffer.allocUnsafe(Math.min(limit + 1 - length, 16_384));
    const bytesRead = files.readSync(file, chunk, 0, chunk.length, null);
    if (bytesRead === 0) return Buffer.concat(chunks, length);
    chunks.push(chunk.subarray(0, bytesRead));
    length += bytesRead;
  }
  return undefined;
}

function decode(bytes: Buffer): TextFile {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { fault: "it is not UTF-8 text" };
  }
}

/** Reads a secret file without one newline at its end, because editors and `echo` add one. */
export function readSecretFile(path: string, seen?: SeenFiles): TextFile {
  if (path.includes("\0")) return { fault: "its path contains a NUL" };
  const file = readTextFile(path, SECRET_FILE_LIMIT, seen);
  return "text" in file ? { text: file.text.replace(/\r?\n$/, "") } : file;
}
