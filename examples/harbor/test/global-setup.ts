import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** A data directory with an empty database, which tests copy: a new database takes seconds to make. */
    dataDirectory: string;
  }
}

const directory = mkdtempSync(join(tmpdir(), "harbor-data-"));

/** Makes the database in a process that takes the packages from their sources. */
export function setup({ provide }: TestProject): void {
  const program = join(import.meta.dirname, "make-database.ts");
  execFileSync(process.execPath, ["--conditions=@seaworthy/source", program, directory]);
  provide("dataDirectory", directory);
}

export function teardown(): void {
  rmSync(directory, { recursive: true, force: true });
}
