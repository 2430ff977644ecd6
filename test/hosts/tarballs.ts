import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { parse } from "yaml";

/** What the tests of packaging read in a package's manifest. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

interface Workspace {
  readonly catalog: Readonly<Record<string, string>>;
  readonly catalogs: Readonly<Record<"runtime" | "peers" | "hosts", Readonly<Record<string, string>>>>;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of the packed packages. */
    tarballs: string;
  }
}

export const root: string = join(import.meta.dirname, "../..");
export const execute: typeof execFile.__promisify__ = promisify(execFile);
export const packages: readonly string[] = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);
export const { catalog, catalogs } = parse(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")) as Workspace;

export function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
}

/** What a host imports, such as `@seaworthy/http/express`; manifests are not among them. */
export const doors: readonly string[] = packages
  .map(manifestOf)
  .flatMap(({ name, exports }) => Object.keys(exports).map((door) => name + door.slice(1)))
  .filter((door) => !door.endsWith(".json"));

/** The pinned versions of all that the packages' doors import from their host. */
export function pinnedPeers(): Record<string, string> {
  const names = packages.flatMap((name) => Object.keys(manifestOf(name).peerDependencies ?? {}));
  return Object.fromEntries(names.map((name) => [name, catalog[name] as string]));
}

/** Where a package was packed to. */
export function tarballOf(folder: string, name: string): string {
  return join(folder, `seaworthy-${name}-${manifestOf(name).version}.tgz`);
}

/** Writes the manifest of a host that has all the packages, and the given versions of what is not ours. */
export function layOutHost(directory: string, tarballs: string, versions: Readonly<Record<string, string>>): void {
  const ours = packages.map((name) => [`@seaworthy/${name}`, `file:${relative(directory, tarballOf(tarballs, name))}`]);
  const dependencies = { ...versions, ...Object.fromEntries(ours) };
  const manifest = { name: "host", version: "1.0.0", private: true, type: "module", dependencies };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
}

/** Lays out such a host and installs it. */
export async function installHost(
  directory: string,
  tarballs: string,
  versions: Readonly<Record<string, string>>,
): Promise<void> {
  layOutHost(directory, tarballs, versions);
  await execute("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: directory });
}

/** Packs every package into a folder, with pnpm, which alone knows the catalogs and the workspace. */
export async function pack(folder: string): Promise<string> {
  const args = ["--recursive", "--filter", "./packages/*", "pack", "--pack-destination", folder];
  await execute("npx", ["--yes", "pnpm@12.21.0", ...args], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return folder;
}

// Vitest loads this file once per project, so what the projects share is a property of the process.
const packed: unique symbol = Symbol.for("seaworthy.test.packed");
const shared = globalThis as { [packed]?: Promise<string> };

/** Provides the packed packages to a project. The first project packs them for all. */
export async function setup(project: TestProject): Promise<() => void> {
  shared[packed] ??= pack(mkdtempSync(join(tmpdir(), "seaworthy-tarballs-")));
  const folder = await shared[packed];
  project.provide("tarballs", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
