import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** The floors. Arrows point down only, and never across one floor. */
const FLOORS: readonly (readonly string[])[] = [
  ["core"],
  "config logger metrics health lifecycle resilience validators vault auth audit ratelimit cache postgres tasks slo provenance tracing".split(
    " ",
  ),
  ["http"],
  ["survey"],
];

/** Peers that a package cannot do without: the host's schemas and the package's have to be of one copy. */
const REQUIRED_PEERS: readonly string[] = ["zod"];

/** Files that may be longer than 300 lines, each with its argument. */
const LONG_FILES: Readonly<Record<string, string>> = {};
const LONGEST = 300;

interface Manifest {
  name: string;
  exports: Record<string, string | Record<string, string>>;
  files: string[];
  sideEffects: boolean;
  type: string;
  license: string;
  engines: { node: string };
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  devDependencies?: Record<string, string>;
}

const packages = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);
const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
const floorOf = (name: string): number => FLOORS.findIndex((floor) => floor.includes(name));
const lineCount = (file: string): number => readFileSync(file, "utf8").split("\n").length - 1;

function filesBelow(folder: string, keep: (path: string) => boolean): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("node_modules") && keep(path));
}

const isSource = (path: string): boolean => path.endsWith(".ts") && !path.endsWith(".test.ts");
const sourcesOf = (name: string): string[] => filesBelow(join(root, "packages", name, "src"), isSource);
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

/** Every module that a file names in an import or export, static or dynamic; types included. */
function importsOf(file: string): string[] {
  const text = withoutComments(readFileSync(file, "utf8"));
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\n]+)["']/g;
  return [...text.matchAll(pattern)].map((match) => match[1] as string);
}

const valueImportsOf = (file: string): string[] => {
  const text = withoutComments(readFileSync(file, "utf8"));
  const pattern = /^(?:import|export)\s+(?!type\b)[^;]*?from\s*["']([^"']+)["']|^import\s*["']([^"']+)["']/gm;
  return [...text.matchAll(pattern)].map((match) => (match[1] ?? match[2]) as string);
};

describe("the floors", () => {
  test("every package stands on a floor of the table", () => {
    expect(packages.filter((name) => floorOf(name) < 0)).toEqual([]);
  });

  test.each(packages)("%s depends only on packages of lower floors, in its manifest", (name) => {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(name);
    const siblings = Object.keys({ ...dependencies, ...peerDependencies }).filter((other) =>
      other.startsWith("@seaworthy/"),
    );
    for (const sibling of siblings)
      expect(floorOf(sibling.slice("@seaworthy/".length)), `${name} → ${sibling}`).toBeLessThan(floorOf(name));
    for (const sibling of siblings) expect(dependencies[sibling] ?? peerDependencies[sibling]).toBe("workspace:^");
  });

  test.each(packages)("%s imports only what its manifest declares, and no sibling's inside", (name) => {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(name);
    const allowed = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
    for (const file of sourcesOf(name)) {
      for (const specifier of importsOf(file).filter((text) => !text.startsWith("."))) {
        if (specifier.startsWith("node:")) continue;
        expect(builtinModules, `${relative(root, file)} writes ${specifier} without node:`).not.toContain(specifier);
        const owner = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
        expect([...allowed], `${relative(root, file)} imports ${specifier}`).toContain(owner);
        if (owner.startsWith("@seaworthy/")) {
          const door = `.${specifier.slice(owner.length)}`;
          expect(
            Object.keys(manifestOf(owner.slice("@seaworthy/".length)).exports),
            `${specifier} is not an export of its package`,
          ).toContain(door);
        }
      }
    }
  });

  test.each(packages)("%s reaches into no folder but its own", (name) => {
    for (const file of sourcesOf(name)) {
      for (const specifier of importsOf(file).filter((text) => text.startsWith("."))) {
        const target = resolve(dirname(file), specifier);
        expect(target.startsWith(join(root, "packages", name, "src")), `${relative(root, file)} → ${specifier}`).toBe(
          true,
        );
        expect(existsSync(target), `${relative(root, file)} → ${specifier}`).toBe(true);
      }
    }
  });

  test.each(packages)("%s has no cycle among its files", (name) => {
    const edges = new Map(
      sourcesOf(name).map((file) => [
        file,
        valueImportsOf(file)
          .filter((text) => text.startsWith("."))
          .map((text) => resolve(dirname(file), text)),
      ]),
    );
    const done = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file))
        throw new Error(
          `cycle: ${[...path.slice(path.indexOf(file)), file].map((at) => relative(root, at)).join(" → ")}`,
        );
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of edges.keys()) visit(file, []);
  });

  test("nothing imports an example, the documents or the benchmarks", () => {
    for (const name of packages) {
      for (const file of sourcesOf(name))
        expect(
          importsOf(file).filter((text) => /(^|\/)(examples|docs|bench)\//.test(text)),
          file,
        ).toEqual([]);
    }
  });

  test.each(packages)("%s loads no optional peer from its main door", (name) => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = manifestOf(name);
    const optional = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional === true);
    for (const peer of Object.keys(peerDependencies).filter((name) => !optional.includes(name)))
      expect(REQUIRED_PEERS, `${peer} must be optional`).toContain(peer);
    const door = join(root, "packages", name, "src", "index.ts");
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const specifier of valueImportsOf(file)) {
        if (specifier.startsWith(".")) visit(resolve(dirname(file), specifier));
        else expect(optional, `${relative(root, file)} imports ${specifier}`).not.toContain(specifier);
      }
    };
    visit(door);
  });
});

describe("what an import loads", () => {
  const doors = packages
    .filter((name) => name !== "config")
    .flatMap((name) => Object.entries(manifestOf(name).exports).map(([door, target]) => ({ name, door, target })))
    .filter(({ name, door, target }) => typeof target !== "string" && !(name === "validators" && door === "."));

  test.each(doors)("$name $door does not load zod", ({ name, target }) => {
    const seen = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const here = [...path, relative(root, file)];
      for (const specifier of valueImportsOf(file)) {
        expect(specifier, here.join(" → ")).not.toBe("zod");
        if (specifier.startsWith(".")) visit(resolve(dirname(file), specifier), here);
        if (specifier.startsWith("@seaworthy/")) {
          const [, owner, ...rest] = specifier.split("/") as [string, string, ...string[]];
          const door = manifestOf(owner).exports[[".", ...rest].join("/")] as Record<string, string>;
          visit(join(root, "packages", owner, door["@seaworthy/source"] as string), here);
        }
      }
    };
    visit(join(root, "packages", name, (target as Record<string, string>)["@seaworthy/source"] as string), []);
  });
});

describe("the doors", () => {
  test.each(packages)("%s exports explicit names, values before types, and computes nothing", (name) => {
    const text = withoutComments(readFileSync(join(root, "packages", name, "src", "index.ts"), "utf8"));
    expect(text).not.toMatch(/export \*/);
    const statements = text
      .split(";")
      .map((statement) => statement.trim())
      .filter(Boolean);
    for (const statement of statements) expect(statement).toMatch(/^export (type )?\{[\s\S]*\} from "\.\//);
    const kinds = statements.map((statement) => statement.startsWith("export type"));
    expect(kinds.indexOf(true) < 0 || kinds.slice(kinds.indexOf(true)).every(Boolean), "values first, then types").toBe(
      true,
    );
  });

  test.each(packages)("%s has a complete manifest", (name) => {
    const manifest = manifestOf(name);
    expect(manifest).toMatchObject({
      name: `@seaworthy/${name}`,
      type: "module",
      sideEffects: false,
      license: "MIT",
      engines: { node: ">=22.14" },
    });
    expect(manifest.files).toEqual(expect.arrayContaining(["dist", "src", "!src/**/*.test.ts"]));
    expect(manifest.exports["./package.json"]).toBe("./package.json");
    for (const [door, target] of Object.entries(manifest.exports)) {
      if (typeof target === "string") continue;
      expect(Object.keys(target), `${name} ${door}`).toEqual(["@seaworthy/source", "types", "default"]);
      expect(existsSync(join(root, "packages", name, target["@seaworthy/source"] as string)), `${name} ${door}`).toBe(
        true,
      );
    }
  });

  test.each(packages)("%s has a README, a reference page and a changeset or a released version", (name) => {
    expect(existsSync(join(root, "packages", name, "README.md"))).toBe(true);
    expect(existsSync(join(root, "docs", "reference", `${name}.md`))).toBe(true);
    const changesets = filesBelow(join(root, ".changeset"), (path) => path.endsWith(".md")).map((path) =>
      readFileSync(path, "utf8"),
    );
    const announced = changesets.some((text) => text.includes(`"@seaworthy/${name}"`));
    expect(announced || existsSync(join(root, "packages", name, "CHANGELOG.md"))).toBe(true);
  });
});

describe("the rooms", () => {
  test.each(packages)("%s has no file over 300 lines that was not argued for", (name) => {
    for (const file of sourcesOf(name)) {
      if (relative(root, file) in LONG_FILES) continue;
      expect(lineCount(file), relative(root, file)).toBeLessThanOrEqual(LONGEST);
    }
  });

  test("every argued exception still needs its argument", () => {
    for (const [file, reason] of Object.entries(LONG_FILES)) {
      expect(reason.length, file).toBeGreaterThan(20);
      expect(lineCount(join(root, file)), file).toBeGreaterThan(LONGEST);
    }
  });

  test.each(packages)("%s names files in kebab-case, and none utils, common, helpers or misc", (name) => {
    for (const file of sourcesOf(name)) {
      const base = relative(join(root, "packages", name, "src"), file);
      expect(base).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/);
      expect(base).not.toMatch(/(^|\/)(utils?|common|helpers?|misc)\b/);
    }
  });

  test.each(packages)("%s has no default export, no enum and no I-prefixed interface", (name) => {
    for (const file of sourcesOf(name)) {
      const text = withoutComments(readFileSync(file, "utf8"));
      expect(text, file).not.toMatch(/^export default\b/m);
      expect(text, file).not.toMatch(/^\s*(?:export\s+)?(?:const\s+)?enum\s/m);
      expect(text, file).not.toMatch(/\binterface I[A-Z][a-z]/);
    }
  });

  test.each(packages)("%s reads neither environment nor time when it is imported, and starts no timer", (name) => {
    for (const file of sourcesOf(name)) {
      if (file.endsWith(join("src", "cli.ts"))) continue;
      const top = withoutComments(readFileSync(file, "utf8"))
        .split("\n")
        .filter((line) => /^(?:export )?(?:const|let|var) |^[a-z]\w*\(|^process\./.test(line));
      for (const line of top)
        expect(line, file).not.toMatch(
          /process\.env|Date\.now\(\)|performance\.now\(\)|setTimeout\(|setInterval\(|process\.on\(/,
        );
    }
  });
});
