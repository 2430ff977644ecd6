import { writeSync } from "node:fs";

/** Node's `fs.writeSync`, as far as it is used here. */
export type WriteSync = (fd: number, data: string | Uint8Array, offset?: number) => number;

const BUSY = new Set(["EAGAIN", "EBUSY", "EINTR"]);
const NAP = 2;

/** How far a write came before it failed. */
export interface Written {
  bytes: number;
}

/**
 * Writes all of `line` before it returns, in one system call if the system takes it so. A descriptor that is busy (a
 * full pipe in non-blocking mode) is waited for as a blocking one would make us wait.
 *
 * @param written - tells how many bytes are out, also when this throws
 */
export function writeAll(
  fd: number,
  line: string,
  bytes: number,
  written: Written,
  write: WriteSync = writeSync as WriteSync,
): void {
  written.bytes = attempt(() => write(fd, line));
  if (written.bytes >= bytes) return;
  const buffer = Buffer.from(line);
  while (written.bytes < bytes) written.bytes += attempt(() => write(fd, buffer, written.bytes));
}

function attempt(write: () => number): number {
  for (;;) {
    try {
      return write();
    } catch (error) {
      if (!BUSY.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NAP);
    }
  }
}
