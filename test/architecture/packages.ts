import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root: string = join(import.meta.dirname, "../..");

export interface Manifest {
  name: string;
  exports: Record<string, string | Record<string, string>>;
  files: string[];
  seaworthy?: { programs?: string[] };
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** Names of the packages, without their scope. */
export const packages: readonly string[] = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);

export const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));

export function filesBelow(folder: string, keep: (path: string) => boolean): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("node_modules") && keep(path));
}

const isSource = (path: string): boolean => path.endsWith(".ts") && !path.endsWith(".test.ts");

/** Files of a package that are not tests. */
export const sourcesOf = (name: string): string[] => filesBelow(join(root, "packages", name, "src"), isSource).sort();

/** The sources behind the doors of a package, which are the entries of `exports`. */
export function doorsOf(name: string): string[] {
  return Object.values(manifestOf(name).exports)
    .filter((target) => typeof target !== "string")
    .map((target) => join(root, "packages", name, target["@seaworthy/source"] as string));
}
