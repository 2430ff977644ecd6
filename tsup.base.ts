import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "tsup";

type Exports = Record<string, string | { "@seaworthy/source"?: string }>;
type Manifest = { exports: Exports; seaworthy?: { programs?: string[] } };

/** The build of a package, read off its manifest: one entry per door, one per command-line program. */
export function library(directory: string): Options {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
  const doors = Object.values(manifest.exports)
    .map((door) => (typeof door === "string" ? undefined : door["@seaworthy/source"]))
    .filter((source) => source !== undefined);
  return {
    entry: [...doors, ...(manifest.seaworthy?.programs ?? [])],
    format: ["esm"],
    target: "node22",
    platform: "node",
    dts: { entry: doors, compilerOptions: { noEmit: false, ignoreDeprecations: "6.0" } },
    tsconfig: join(directory, "../../tsconfig.json"),
    clean: true,
    splitting: true,
    treeshake: true,
    silent: true,
  };
}
