import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { definitionOf } from "./hosts/definitions.ts";
import {
  catalog,
  catalogs,
  doors,
  execute,
  installHost,
  manifestOf,
  packages,
  pinnedPeers,
  root,
  tarballOf,
} from "./hosts/tarballs.ts";

/** Another patch of zod than the pinned one, as a host may have it. */
const OTHER_ZOD = "4.6.3";

const tarballs = inject("tarballs");
let workshop: string;
let project: string;

/** What the compiler says about a host's file. */
async function typeErrors(directory: string, text: string): Promise<string> {
  writeFileSync(join(directory, "consumer.ts"), text);
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
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
  const compiler = join(root, "node_modules", "@typescript", "native", "bin", "tsc");
  const { stdout } = await execute(process.execPath, [compiler, "-p", directory], { cwd: directory }).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}

/** Imports every door in a host, and returns what that prints. */
async function importAll(directory: string): Promise<string> {
  const script = doors.map((door) => `await import("${door}");`).join("\n");
  const { stdout, stderr } = await execute(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: directory,
  });
  return stdout + stderr;
}

beforeAll(async () => {
  workshop = mkdtempSync(join(tmpdir(), "seaworthy-packaging-"));
  project = join(workshop, "host");
  await installHost(project, tarballs, pinnedPeers());
}, 300_000);
afterAll(() => rmSync(workshop, { recursive: true, force: true }));

describe("installed from its tarball in an empty project", () => {
  const manifests = packages.map((name) => `@seaworthy/${name}/package.json`);
  test.each([...doors, ...manifests])("%s can be imported", async (door) => {
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
    const lines = doors.map(
      (door, i) => `import * as door${i} from "${door}";\nexport const keys${i}: string[] = Object.keys(door${i});`,
    );
    expect(await typeErrors(project, lines.join("\n"))).toBe("");
  });

  test.each(packages)("%s ships no tests and no fixtures", (name) => {
    const files = readdirSync(join(project, "node_modules", "@seaworthy", name), { recursive: true, encoding: "utf8" });
    expect(
      files.filter((file) => /\.test\.|(^|\/)test\/|fixtures/.test(file) && !file.includes("node_modules")),
    ).toEqual([]);
    const expected = ["dist/index.js", "dist/index.d.ts", "README.md", "CHANGELOG.md", "LICENSE"];
    expect(files).toEqual(expect.arrayContaining(expected));
  });

  test.each(packages)("%s has a README whose links work outside the repository", (name) => {
    const home = join(project, "node_modules", "@seaworthy", name);
    const links = [...readFileSync(join(home, "README.md"), "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(
      (match) => match[1] as string,
    );
    expect(links.length).toBeGreaterThan(0);
    for (const link of links.filter((target) => !/^(?:https:|mailto:|#)/.test(target)))
      expect(existsSync(join(home, link)) && !link.startsWith(".."), link).toBe(true);
  });
});

const schemaOfTheHost = `import { loadConfig, port } from "@seaworthy/config";
import { text, validate } from "@seaworthy/validators";
import { z } from "zod";
const schema = z.object({ p: port(), name: z.string().meta({ env: "THE_NAME" }).refine((name) => name !== "") });
const config = await loadConfig(schema, { profile: "test", env: { P: "8080", THE_NAME: "host" } });
const p: number = config.p;
const title: string = validate(z.object({ title: text() }), { title: "Tides" }).title;
if (p !== 8080 || config.name !== "host" || title !== "Tides") throw new Error(JSON.stringify({ p, title }));
`;

/** Uses the database clients that a host brings: PGlite with the pool, and an audit trail in its transaction. */
const databaseOfTheHost = `import { createAudit } from "@seaworthy/audit";
import { auditMigrations, postgresAuditStore } from "@seaworthy/audit/postgres";
import { connectPostgres, migrate } from "@seaworthy/postgres";
const db = await connectPostgres({ url: "pglite://memory" });
await migrate(db, auditMigrations);
const audit = createAudit({ store: postgresAuditStore(db) });
await db.transaction(() => audit.record({ type: "order.paid", outcome: "success", actor: "u-1" }));
const verified = await audit.verify();
if (!verified.ok || verified.entries !== 1) throw new Error(JSON.stringify(verified));
await audit.close();
await db.close();
`;

describe("maps", () => {
  test.each(packages)("%s has a map for each file, and every source that a map names is in the tarball", (name) => {
    const home = join(project, "node_modules", "@seaworthy", name);
    const built = readdirSync(join(home, "dist"), { recursive: true, encoding: "utf8" });
    const files = built.filter((file) => /\.(js|d\.ts)$/.test(file));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const path = join(home, "dist", `${file}.map`);
      const { sources } = JSON.parse(readFileSync(path, "utf8")) as { sources: string[] };
      // A door that only passes names on has no code of its own to map.
      const text = readFileSync(join(home, "dist", file), "utf8");
      const code = text.replace(
        /\/\/.*$|\b(import|export)(\s*type)?\s*\{[^}]*\}(\s*from)?|\bimport\b|"[^"]*"|[;\s]/gm,
        "",
      );
      if (code !== "") expect(sources.length, file).toBeGreaterThan(0);
      for (const source of sources) {
        expect(source, file).toMatch(/(^|\/)src\//);
        expect(existsSync(join(path, "..", source)), `${file} → ${source}`).toBe(true);
      }
    }
  });

  test("a stack names the sources with --enable-source-maps", async () => {
    const script = `import { toBytes } from "@seaworthy/core"; try { toBytes("much"); } catch (error) { console.log(error.stack); }`;
    const args = ["--enable-source-maps", "--input-type=module", "--eval", script];
    const { stdout } = await execute(process.execPath, args, { cwd: project });
    const frame = /at toBytes \((.*):(\d+):\d+\)/.exec(stdout);
    expect(frame?.[1]).toMatch(/@seaworthy\/core\/src\/byte-size\.ts$/);
    const line = readFileSync(join(root, "packages/core/src/byte-size.ts"), "utf8").split("\n")[Number(frame?.[2]) - 1];
    expect(line).toContain("throw new TypeError");
  });

  test.each([
    ["@seaworthy/config", "loadConfig"],
    ["@seaworthy/http/express", "edge"],
    ["@seaworthy/vault", "openVault"],
  ])("an editor opens the source of %s's %s", (door, name) => {
    const file = join(project, "definition.ts");
    writeFileSync(file, `import { ${name} } from "${door}";\n`);
    const definition = definitionOf(file, 1, "import { ".length + 1);
    expect(definition?.file).toMatch(/node_modules\/@seaworthy\/\w+\/src\/[\w/-]+\.ts$/);
    const lines = readFileSync(definition?.file as string, "utf8").split("\n");
    expect(lines[(definition?.line as number) - 1]).toContain(`function ${name}`);
  });
});

describe("beside a host's own versions", () => {
  test("another patch of zod is the only copy, and its schemas compile and load", async () => {
    expect(OTHER_ZOD).not.toBe(catalog.zod);
    const host = join(workshop, "other-zod");
    await installHost(host, tarballs, { zod: OTHER_ZOD });
    expect(installedVersions(host, "zod")).toEqual([OTHER_ZOD]);
    expect(await typeErrors(host, schemaOfTheHost)).toBe("");
    await execute(process.execPath, [join(host, "consumer.ts")], { cwd: host });
  }, 300_000);

  test("the lowest version that each range accepts imports, compiles and loads", async () => {
    const lowest = Object.entries({ ...catalogs.runtime, ...catalogs.peers }).map(
      ([name, range]) => [name, range.split(" || ")[0]?.slice(1)] as [string, string],
    );
    const host = join(workshop, "lowest");
    await installHost(host, tarballs, Object.fromEntries(lowest));
    for (const [name, version] of lowest) expect(installedVersions(host, name), name).toEqual([version]);
    expect(await importAll(host)).toBe("");
    for (const text of [schemaOfTheHost, databaseOfTheHost]) {
      expect(await typeErrors(host, text)).toBe("");
      await execute(process.execPath, [join(host, "consumer.ts")], { cwd: host });
    }
  }, 300_000);
});

/** The versions of every copy of a package that a host and our packages see. */
function installedVersions(host: string, name: string): string[] {
  const { packages: all } = JSON.parse(readFileSync(join(host, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  return Object.entries(all)
    .filter(([path]) => new RegExp(`^node_modules/(@seaworthy/\\w+/node_modules/)?${name}$`).test(path))
    .map(([, { version }]) => version);
}

describe("without any optional peer", () => {
  test.each(packages)("@seaworthy/%s can be imported by its main door", async (name) => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = manifestOf(name);
    const peers = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional === true);
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
      tarballOf(tarballs, name),
    ]);
    expect(stdout).toMatch(/All good/);
  });

  test.each(packages)("%s passes are-the-types-wrong", async (name) => {
    const args = [tarballOf(tarballs, name), "--profile", "esm-only", "--no-color", "--no-definitely-typed"];
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
