import { resolve } from "node:path";
import { files } from "./node-builtins.ts";

/** A file's text, that it is absent, or why it cannot be read. The fault never quotes the content. */
export type TextFile = { text: string } | { absent: true } | { fault: string };

/** What was found at each absolute path that a load looked at, for telling whether it has changed since. */
export type SeenFiles = Map<string, string>;

/** Largest file of secrets: 64 KiB. */
export const SECRET_FILE_LIMIT = 65_536;
/** Largest configuration file: 1 MiB. */
export const CONFIG_FILE_LIMIT = 1_048_576;

const ABSENT: TextFile = { absent: true };

/**
 * Reads a regular file of at most `limit` bytes as UTF-8. Devices and pipes are refused: they may never end.
 *
 * It reads at once, since a promise for each of a few small files takes longer than the files, and an absent file
 * costs an error.
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
    const { code } = error as { code?: unknown };
    seen?.set(resolve(path), `fault ${String(code)}`);
    return code === "ENOENT" ? ABSENT : { fault: typeof code === "string" ? code : "it cannot be read" };
  }
}

/** What stands at a path now, to be compared with what a load has seen. */
export function signatureAt(path: string): string {
  try {
    const found = files.statSync(path, { throwIfNoEntry: false });
    return found === undefined ? "absent" : signatureOf(found);
  } catch (error) {
    return `fault ${String((error as { code?: unknown }).code)}`;
  }
}

function signatureOf({ ino, size, mtimeMs, ctimeMs }: ReturnType<typeof files.statSync> & object): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}

// The size that the system tells is not relied on: some file systems say 0, and files grow.
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

/** The text of a secret file: without one newline at its end, since editors and `echo` put one there. */
export function readSecretFile(path: string, seen?: SeenFiles): TextFile {
  if (path.includes("\0")) return { fault: "its path has a NUL in it" };
  const file = readTextFile(path, SECRET_FILE_LIMIT, seen);
  return "text" in file ? { text: file.text.replace(/\r?\n$/, "") } : file;
}
