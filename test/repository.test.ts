import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

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
    "SECURITY.md",
    ".changeset/config.json",
    ".ci/run",
    ".github/workflows/ci.yml",
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

  test("every document is listed on the page of documents", () => {
    const listed = read("docs/README.md");
    const pages = tracked.filter((path) => /^docs\/[\w-]+\/[\w-]+\.md$/.test(path));
    expect(pages.length).toBeGreaterThan(20);
    for (const page of pages) expect(listed, page).toContain(`(${page.slice("docs/".length)})`);
  });

  test("every version of a dependency is pinned exactly, in the catalog", () => {
    const { catalog } = parse(read("pnpm-workspace.yaml")) as { catalog: Record<string, string> };
    for (const [name, version] of Object.entries(catalog))
      expect(version, name).toMatch(/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/);
    for (const path of tracked.filter((file) => file.endsWith("package.json"))) {
      const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
      for (const kind of ["dependencies", "devDependencies"]) {
        for (const [name, version] of Object.entries(manifest[kind] ?? {}))
          expect(["catalog:", "workspace:^"], `${path}: ${name}`).toContain(version);
      }
    }
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
