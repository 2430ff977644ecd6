import { constants, open, stat } from "node:fs/promises";

/** A file's text, that it is absent, or why it cannot be had. The fault never quotes the content. */
export type TextFile = { text: string } | { absent: true } | { fault: string };

/** Largest file of secrets: 64 KiB. */
export const SECRET_FILE_LIMIT = 65_536;
/** Largest configuration file: 1 MiB. */
export const CONFIG_FILE_LIMIT = 1_048_576;

/** Reads a regular file of at most `limit` bytes as UTF-8. Devices and pipes are refused: they may never end. */
export async function readTextFile(path: string, limit: number): Promise<TextFile> {
  try {
    if (!(await stat(path)).isFile()) return { fault: "it is not a regular file" };
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const bytes = await readUpTo(file, limit);
      return bytes === undefined ? { fault: `it is larger than ${limit} bytes` } : decode(bytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return code === "ENOENT" ? { absent: true } : { fault: typeof code === "string" ? code : "it cannot be read" };
  }
}

// The size that the system tells is not relied on: some file systems say 0, and files grow.
async function readUpTo(file: Awaited<ReturnType<typeof open>>, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= limit; ) {
    const chunk = Buffer.allocUnsafe(Math.min(limit + 1 - length, 16_384));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
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
export async function readSecretFile(path: string): Promise<TextFile> {
  if (path.includes("\0")) return { fault: "its path has a NUL in it" };
  const file = await readTextFile(path, SECRET_FILE_LIMIT);
  return "text" in file ? { text: file.text.replace(/\r?\n$/, "") } : file;
}
