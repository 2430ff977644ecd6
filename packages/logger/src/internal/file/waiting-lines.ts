import { hostname } from "node:os";
import type { Clock } from "@seaworthy/core";
import { LEVELS } from "../level-numbers.ts";
import { createTimestamp } from "../timestamp.ts";
import type { LogFile } from "./log-file.ts";

const MOST_BYTES = 1024 * 1024;

/** Lines that wait until their file can be written to again: at most 1 MiB. Further lines are counted. */
export class WaitingLines {
  #lines: { line: string; bytes: number }[] = [];
  #bytes = 0;
  #lost = 0;

  get count(): number {
    return this.#lines.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Gives up the lines that wait, and returns their number. */
  abandon(): number {
    const count = this.#lines.length;
    this.#lines = [];
    this.#bytes = 0;
    this.#lost = 0;
    return count;
  }

  /** Adds a line. Returns whether there was room for it. */
  add(line: string, bytes: number): boolean {
    if (this.#bytes + bytes > MOST_BYTES) {
      this.#lost++;
      return false;
    }
    this.#lines.push({ line, bytes });
    this.#bytes += bytes;
    return true;
  }

  /**
   * Writes the lines that wait, in order, and a line with the number of lines for which there was no room. Throws if the file
   * still fails. Lines that were written are not written again.
   */
  writeTo(file: LogFile, clock: Clock, reason: string): void {
    let done = 0;
    try {
      for (const { line, bytes } of this.#lines) {
        file.append(line, bytes);
        this.#bytes -= bytes;
        done++;
      }
    } finally {
      this.#lines = this.#lines.slice(done);
    }
    if (this.#lost === 0) return;
    const line = lostLine(this.#lost, clock, reason);
    file.append(line, Buffer.byteLength(line));
    this.#lost = 0;
  }
}

function lostLine(lost: number, clock: Clock, reason: string): string {
  const time = createTimestamp(clock)();
  const record = { level: LEVELS.error, time, pid: process.pid, hostname: hostname(), lost, reason };
  return `${JSON.stringify({ ...record, msg: `${lost} log lines could not be written` })}\n`;
}
