import { writeSync } from "node:fs";
import { codeOf } from "./system-code.ts";

/** `fs.writeSync` of Node.js, as far as it is used here. */
export type WriteSync = (fd: number, data: string | Uint8Array, offset?: number) => number;

const BUSY = new Set(["EAGAIN", "EBUSY", "EINTR"]);
const NAP = 2;

/** How many bytes were written before a write failed. */
export interface WriteTarget {
  readonly fd: number;
  readonly write?: WriteSync;
  bytes: number;
}

/**
 * Writes all of `line` before it returns, in one system call if the system accepts it in one. If the descriptor is busy, such
 * as a full pipe in non-blocking mode, the thread waits, as it would for a blocking descriptor.
 *
 * @param bytes - the length of the line in UTF-8
 * @param target - its `bytes` has the number of bytes that were written, also if this throws
 */
export function writeAll(line: string, bytes: number, target: WriteTarget): void {
  const { fd, write = writeToDescriptor } = target;
  target.bytes = attempt(() => write(fd, line));
  if (target.bytes >= bytes) return;
  const buffer = Buffer.from(line);
  while (target.bytes < bytes) target.bytes += attempt(() => write(fd, buffer, target.bytes));
}

const writeToDescriptor: WriteSync = (fd, data, offset) =>
  typeof data === "string" ? writeSync(fd, data) : writeSync(fd, data, offset);

function attempt(write: () => number): number {
  for (;;) {
    try {
      return write();
    } catch (error) {
      if (!BUSY.has(codeOf(error) ?? "")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NAP);
    }
  }
}
