import * as fs from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type ManualClock, manualClock } from "@seaworthy/core/testing";
import { createLogger } from "../src/create-logger.ts";
import type { FileDestination, FileOptions } from "../src/destinations/file-options.ts";
import { createFile } from "../src/internal/file/create-file.ts";
import { type FileSystem, realFileSystem } from "../src/internal/file/file-system.ts";
import type { Logger } from "../src/logger.ts";

/** A directory of its own with a log file `app.log`, for one test. */
export class Workplace {
  readonly directory: string = mkdtempSync(join(tmpdir(), "seaworthy-log-"));
  path: string = join(this.directory, "app.log");
  clock: ManualClock = manualClock(Date.now());

  open(
    options: Omit<FileOptions, "path">,
    io: Partial<FileSystem> = {},
  ): { logger: Logger; destination: FileDestination } {
    const destination = createFile({ path: this.path, ...options }, { ...realFileSystem, ...io });
    return { destination, logger: createLogger({ clock: this.clock, destinations: [destination] }) };
  }

  /** The names in the directory in the order of their lines, the log itself last. */
  names(): string[] {
    const all = fs.readdirSync(this.directory).filter((name) => name !== "app.log");
    return [...all.sort(), ...(fs.existsSync(join(this.directory, "app.log")) ? ["app.log"] : [])];
  }

  content(name: string): string {
    const bytes = fs.readFileSync(join(this.directory, name));
    return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  }

  /** The member `i` of every line of every file, in order; fails on a torn line. */
  numbers(): unknown[] {
    return this.names().flatMap((name) =>
      this.content(name)
        .split("\n")
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { i?: unknown }).i),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** 0 to `count` - 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Fails as the file system does. */
export function fail(code: string): never {
  throw Object.assign(new Error(code), { code });
}
