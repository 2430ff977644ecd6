import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "tsup";
import { writeDeclarations } from "./scripts/declarations.ts";

type Exports = Record<string, string | { "@seaworthy/source"?: string }>;
type Manifest = { exports: Exports; seaworthy?: { programs?: string[] } };

/** The build of a package, read from its manifest: one entry per door and one per command-line program. */
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
    tsconfig: join(directory, "../../tsconfig.json"),
    clean: true,
    splitting: true,
    silent: true,
    sourcemap: true,
    esbuildOptions(options) {
      // The names of classes and functions stay, because people read them in stacks and in the output of console.log.
      options.minifySyntax = true;
      options.minifyWhitespace = true;
      // The sources are in the tarball, where the maps point to them.
      options.sourcesContent = false;
    },
    onSuccess: async () => writeDeclarations(directory, doors),
  };
}
