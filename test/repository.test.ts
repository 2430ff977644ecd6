import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readJourney } from "../docs/.vitepress/journey.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const tracked = spawnSync("git", ["ls-files"], { cwd: root, encoding: "utf8" })
  .stdout.split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));

describe("the repository", () => {
  test.each([
    "LICENSE",
    "README.md",
    "CONTRIBUTING.md",
    "CODE_OF_CONDUCT.md",
    "SECURITY.md",
    ".changeset/config.json",
    ".ci/run",
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    ".github/workflows/codeql.yml",
    ".github/workflows/release.yml",
  ])("has %s", (path) => {
    expect(existsSync(join(root, path))).toBe(true);
  });

  test("the README keeps to 120 lines and opens with the two commands", () => {
    const lines = read("README.md").trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(120);
    const block = read("README.md").match(/```sh\n([\s\S]*?)```/)?.[1] ?? "";
    expect(block).toContain("npm start");
    expect(block).toContain("npm test");
  });

  test("every document is listed once, in a stage of the journey", () => {
    const journey = readJourney(join(root, "docs"));
    expect(journey.slice(0, 6).map(({ title }) => title)).toEqual([
      "Start",
      "Guard",
      "Observe",
      "Protect",
      "Deploy",
      "Operate",
    ]);
    const documents = tracked.filter((path) => /^docs\/[\w-]+\/[\w-]+\.md$/.test(path)).sort();
    expect(documents.length).toBeGreaterThan(20);
    expect(journey.flatMap(({ pages }) => pages.map(({ path }) => `docs/${path}`)).sort()).toEqual(documents);
    const links = [...read("docs/README.md").matchAll(/\]\(([^)]+)\)/g)];
    expect(links.length, "a link that is not an item of a stage").toBe(documents.length);
  });

  test("every action of a workflow is pinned by the digest of a commit, with its version in a comment", () => {
    const workflows = tracked.filter((path) => path.startsWith(".github/workflows/"));
    const uses = workflows.flatMap((path) =>
      [...read(path).matchAll(/uses: (.*)/g)].map((match) => match[1] as string),
    );
    expect(uses.length).toBeGreaterThan(5);
    for (const action of uses) expect(action).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    for (const path of tracked.filter((file) => /^\.github\/.*\.yml$/.test(file)))
      expect(parse(read(path)), path).toBeTypeOf("object");
  });

  test("every published package says what it is about, where its documentation is and where to report a bug", () => {
    const manifests = tracked.filter((path) => /^packages\/[\w-]+\/package\.json$/.test(path));
    for (const path of manifests) {
      const manifest = JSON.parse(read(path)) as Record<string, unknown>;
      const name = path.split("/")[1] as string;
      expect(manifest, path).toMatchObject({
        description: expect.stringMatching(/^[A-Z].{30,160}\.$/),
        author: expect.any(String),
        homepage: `https://github.com/seaworthy/seaworthy/blob/main/docs/reference/${name}.md`,
        bugs: "https://github.com/seaworthy/seaworthy/issues",
        funding: expect.stringMatching(/^https:/),
        files: expect.arrayContaining(["CHANGELOG.md", "dist"]),
        repository: { type: "git", directory: `packages/${name}` },
      });
      expect((manifest.keywords as string[]).length, path).toBeGreaterThanOrEqual(5);
      expect(existsSync(join(root, "docs", "reference", `${name}.md`)), name).toBe(true);
      expect(read(`packages/${name}/CHANGELOG.md`)).toMatch(`# @seaworthy/${name}\n`);
    }
  });

  test("documents and sources name no package that does not exist", () => {
    const packages = tracked.flatMap((path) => /^packages\/([\w-]+)\/package\.json$/.exec(path)?.[1] ?? []);
    for (const path of tracked.filter((file) => /^(docs|packages|examples)\/.*\.(md|ts)$|^[A-Z]+\.md$/.test(file))) {
      // "@seaworthy/source" is the export condition that leads to the sources.
      const named = [...read(path).matchAll(/@seaworthy\/([\w-]+)/g)].map(([, name]) => name);
      for (const name of named) expect([...packages, "source"], path).toContain(name);
    }
  });

  test("development uses pinned versions, and what hosts install has ranges that accept them", () => {
    const { catalog, catalogs } = parse(read("pnpm-workspace.yaml")) as {
      catalog: Record<string, string>;
      catalogs: { runtime: Record<string, string>; peers: Record<string, string> };
    };
    const { packages: locked } = parse(read("pnpm-lock.yaml")) as { packages: Record<string, unknown> };
    for (const [name, version] of Object.entries(catalog))
      expect(version, name).toMatch(/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/);
    for (const [name, range] of Object.entries({ ...catalogs.runtime, ...catalogs.peers })) {
      expect(range, name).toMatch(/^\^\d+\.\d+\.\d+( \|\| \^\d+\.\d+\.\d+)*$/);
      const installed = Object.keys(locked).filter((key) => key.startsWith(`${name}@`));
      expect(
        installed.some((key) => accepts(range, key.slice(name.length + 1))),
        `${name}: the lockfile has ${installed}`,
      ).toBe(true);
    }
  });

  test("every manifest takes its versions from the catalogs", () => {
    const workspace = ["workspace:^"];
    const { catalog } = parse(read("pnpm-workspace.yaml")) as { catalog: Record<string, string> };
    const used = new Set<string>();
    for (const path of tracked.filter((file) => file.endsWith("package.json"))) {
      const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
      const published = path.startsWith("packages/");
      const allowed: Record<string, string[]> = {
        dependencies: [...workspace, published ? "catalog:runtime" : "catalog:"],
        devDependencies: [...workspace, "catalog:"],
        peerDependencies: [...workspace, "catalog:peers"],
      };
      for (const [kind, versions] of Object.entries(allowed)) {
        for (const [name, version] of Object.entries(manifest[kind] ?? {}))
          expect(versions, `${path}: ${name}`).toContain(version);
        for (const name of Object.keys(manifest[kind] ?? {})) used.add(name);
      }
    }
    expect(Object.keys(catalog).filter((name) => !used.has(name))).toEqual([]);
  });

  test("no tracked file names a machine's path or a registry's host", () => {
    const roots = new RegExp(
      `(?<![\\w.~-])/(${["wor" + "k", "far" + "m", "root", "ho" + "me/[a-z]+"].join("|")})/[a-z]`,
    ); // apart, so that this file names none
    const hosts = new RegExp(["registry\\.npm" + "js", "deb\\.deb" + "ian"].join("|"));
    for (const path of tracked.filter((file) => !file.startsWith("pnpm-lock"))) {
      const text = read(path);
      expect(text.match(roots)?.[0], path).toBeUndefined();
      expect(text.match(hosts)?.[0], path).toBeUndefined();
    }
  });

  test("the workflow runs the same script as everybody, and the built output on every supported Node", () => {
    const workflow = parse(read(".github/workflows/ci.yml")) as {
      jobs: Record<string, { strategy?: { matrix?: { node?: unknown } }; steps: { run?: string }[] }>;
    };
    const runs = Object.values(workflow.jobs).flatMap((job) => job.steps.map((step) => step.run ?? ""));
    expect(runs.some((run) => run.includes(".ci/run"))).toBe(true);
    expect(Object.values(workflow.jobs).map((job) => job.strategy?.matrix?.node)).toContainEqual([22, 24, 26]);
  });
});

/** Whether a range of the catalogs accepts a version: one caret range, or several. */
function accepts(range: string, version: string): boolean {
  const parts = (text: string): number[] => text.split(".").map((part) => Number.parseInt(part, 10));
  const [major, minor, patch] = parts(version) as [number, number, number];
  return range.split(" || ").some((caret) => {
    const [least, lesser, smallest] = parts(caret.slice(1)) as [number, number, number];
    const same = least > 0 ? major === least : major === 0 && minor === lesser;
    return same && (minor > lesser || (minor === lesser && patch >= smallest));
  });
}
