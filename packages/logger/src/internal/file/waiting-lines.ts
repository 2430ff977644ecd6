import { hostname } from "node:os";
import type { Clock } from "@seaworthy/core";
import { LEVELS } from "../level-numbers.ts";
import { createTimestamp } from "../timestamp.ts";
import type { LogFile } from "./log-file.ts";

const MOST_BYTES = 1024 * 1024;

/** Lines that wait until their file can be written again: 1 MiB of them, the rest is counted. */
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

  /** Gives up what waits. @returns how many lines that were */
  abandon(): number {
    const count = this.#lines.length;
    this.#lines = [];
    this.#bytes = 0;
    this.#lost = 0;
    return count;
  }

  /** Whether there was room for the line. */
  add(line: string, bytes: number): boolean {
    if (this.#bytes + bytes > MOST_BYTES) {
      this.#lost++;
      return false;
    }
    this.#lines.push({ line, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** Writes what waits, in order, and says how many lines there was no room for. Throws when the file still fails; what was written is not written again. */
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
