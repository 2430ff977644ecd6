import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

interface Manifest {
  name: string;
  exports: Record<string, unknown>;
  bin?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const root = join(import.meta.dirname, "..");
const execute = promisify(execFile);
const packages = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);
const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
const doorsOf = ({ name, exports }: Manifest): string[] => Object.keys(exports).map((door) => name + door.slice(1));
const tarballs = new Map<string, string>();
const pnpmProgram = /pnpm[^/\\]*\.[cm]?js$/.test(process.env.npm_execpath ?? "")
  ? (process.env.npm_execpath as string)
  : undefined;
let project: string;

/** Packs with pnpm, which alone knows the catalog and the workspace. */
async function pack(name: string): Promise<string> {
  const args = ["pack", "--json", "--pack-destination", project];
  const cwd = join(root, "packages", name);
  const command =
    pnpmProgram === undefined
      ? execute("npx", ["--yes", "pnpm@12.21.0", ...args], { cwd })
      : execute(process.execPath, [pnpmProgram, ...args], { cwd });
  const { stdout } = await command;
  const packed = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { filename: string };
  return packed.filename;
}

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "seaworthy-packaging-"));
  for (const name of packages) tarballs.set(name, await pack(name));
  const { catalog } = parse(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")) as {
    catalog: Record<string, string>;
  };
  // Subpaths for a framework are imported by hosts that have it.
  const peers = packages.flatMap((name) => Object.keys(manifestOf(name).peerDependencies ?? {}));
  const dependencies = {
    ...Object.fromEntries(peers.map((peer) => [peer, catalog[peer]])),
    ...Object.fromEntries(packages.map((name) => [`@seaworthy/${name}`, `file:${tarballs.get(name)}`])),
  };
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "host", version: "1.0.0", private: true, type: "module", dependencies }),
  );
  await execute("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: project });
}, 300_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe("installed from its tarball in an empty project", () => {
  test.each(packages.flatMap((name) => doorsOf(manifestOf(name))))("%s can be imported", async (door) => {
    const assertion = door.endsWith(".json") ? `with { type: "json" }` : "";
    const script = `import * as door from "${door}" ${assertion}; if (Object.keys(door).length === 0) throw new Error("an empty door"); if (process.getActiveResourcesInfo().some((kind) => /Timeout|Immediate|TCP/.test(kind))) throw new Error("importing it started something");`;
    const { stdout, stderr } = await execute(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: project,
    });
    expect(stdout + stderr).toBe("");
  });

  test.each(packages.flatMap((name) => Object.keys(manifestOf(name).bin ?? {})))(
    "%s runs and tells its usage",
    async (program) => {
      const { stdout } = await execute(join(project, "node_modules", ".bin", program), ["--help"], { cwd: project });
      expect(stdout).toContain(program);
    },
  );

  test("every door has types that a strict consumer can check", async () => {
    const doors = packages.flatMap((name) => doorsOf(manifestOf(name))).filter((door) => !door.endsWith(".json"));
    const lines = doors.map(
      (door, i) => `import * as door${i} from "${door}";\nexport const keys${i}: string[] = Object.keys(door${i});`,
    );
    writeFileSync(join(project, "consumer.ts"), lines.join("\n"));
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "es2023",
      lib: ["es2024", "esnext.disposable"],
      module: "nodenext",
      types: ["node"],
      typeRoots: [join(root, "node_modules", "@types")],
      skipLibCheck: true,
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    const compiler = join(root, "node_modules", "@typescript", "native", "bin", "tsc");
    const { stdout } = await execute(process.execPath, [compiler, "-p", project], { cwd: project }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
  });

  test.each(packages)("%s ships no tests and no fixtures", (name) => {
    const files = readdirSync(join(project, "node_modules", "@seaworthy", name), { recursive: true, encoding: "utf8" });
    expect(
      files.filter((file) => /\.test\.|(^|\/)test\/|fixtures/.test(file) && !file.includes("node_modules")),
    ).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "README.md", "LICENSE"]));
  });
});

describe("without any optional peer", () => {
  test.each(packages)("@seaworthy/%s can be imported by its main door", async (name) => {
    const peers = Object.keys(manifestOf(name).peerDependencies ?? {});
    const hidden = peers.map((peer) => `"${peer}"`).join(", ");
    // A resolver that does not find the peers stands for a project that has not installed them.
    const hook = `export const resolve = (id, context, next) => { if ([${hidden}].some((peer) => id === peer || id.startsWith(peer + "/"))) throw new Error("not installed: " + id); return next(id, context); };`;
    const script = `import { register } from "node:module"; register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)})); await import("@seaworthy/${name}");`;
    await execute(process.execPath, ["--input-type=module", "--eval", script], { cwd: project });
  });
});

describe("a package's tarball", () => {
  test.each(packages)("%s passes publint, strictly", async (name) => {
    const { stdout } = await tool("publint", "publint", [
      "run",
      "--strict",
      "--level",
      "suggestion",
      tarballs.get(name) as string,
    ]);
    expect(stdout).toMatch(/All good/);
  });

  test.each(packages)("%s passes are-the-types-wrong", async (name) => {
    const args = [tarballs.get(name) as string, "--profile", "esm-only", "--no-color", "--no-definitely-typed"];
    const { code, stdout } = await tool("@arethetypeswrong/cli", "attw", args);
    expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
  });
});

/** Runs a development tool of the repository by the program that its manifest names. */
async function tool(owner: string, program: string, args: string[]): Promise<{ code: number; stdout: string }> {
  const home = join(root, "node_modules", owner);
  const { bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  const entry = typeof bin === "string" ? bin : (bin[program] as string);
  const environment = { ...process.env, NO_COLOR: "1" };
  try {
    const { stdout } = await execute(process.execPath, [join(home, entry), ...args], {
      cwd: project,
      env: environment,
    });
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout: stdout + stderr };
  }
}
