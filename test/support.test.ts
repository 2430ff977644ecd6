import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Row {
  environment: string;
  versions: string;
  check: string;
}

/** The rows of the table of environments in the README. */
const rows: Row[] = (
  /\| Environment \| Versions \| Checked by \|\n.*\n((?:\|.*\n)+)/.exec(read("README.md"))?.[1] ?? ""
)
  .trim()
  .split("\n")
  .map((line) => {
    const [environment = "", versions = "", check = ""] = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { environment, versions, check };
  });

interface Job {
  steps: { run?: string }[];
  strategy?: { matrix: { os?: string[]; node?: number[] } };
}
const { jobs } = parse(read(".github/workflows/ci.yml")) as { jobs: Record<string, Job> };

/** The exact versions of development and of the hosts, by the name of the package. */
const catalogs = parse(read("pnpm-workspace.yaml")) as {
  catalog: Record<string, string>;
  catalogs: { hosts: Record<string, string> };
};
const versions: Record<string, string> = { ...catalogs.catalog, ...catalogs.catalogs.hosts };

/** The packages whose pinned versions a row names. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "oldest Node": ["node-oldest"],
  Express: ["express4", "express"],
  Fastify: ["fastify"],
  Hono: ["hono"],
  Koa: ["koa"],
  NestJS: ["@nestjs/platform-express"],
  "Jest, ES modules and CommonJS": ["jest"],
  "bundles by esbuild": ["esbuild"],
  Bun: ["bun"],
  Deno: ["deno"],
};

describe("the table of environments in the README", () => {
  test("has the environments", () => {
    expect(rows.length).toBeGreaterThanOrEqual(12);
    for (const name of Object.keys(PACKAGES)) expect(rows.map(({ environment }) => environment)).toContain(name);
  });

  test.each(rows)("$environment is checked by a job or a test that exists", ({ check }) => {
    const job = /^job `([\w-]+)`$/.exec(check)?.[1];
    if (job !== undefined) return expect(Object.keys(jobs)).toContain(job);
    const [, path = "", title = ""] = /^`([\w./-]+\.test\.ts)`: (.+)$/.exec(check) ?? [];
    expect(existsSync(join(root, path)), check).toBe(true);
    expect(read(path)).toContain(title);
  });

  test.each(rows.filter(({ environment }) => environment in PACKAGES))(
    "$environment is tested with the versions in its row",
    ({ environment, versions: cell }) => {
      const pinned = (PACKAGES[environment] ?? []).map((name) => versions[name]?.replace(/^npm:.*@/, ""));
      const minors = pinned.map((version) => version?.split(".").slice(0, 2).join("."));
      expect(cell.split(", ")).toEqual(minors);
    },
  );

  test("names the operating systems and the lines of Node of the job", () => {
    const matrix = jobs["built-output"]?.strategy?.matrix;
    expect(matrix?.os).toEqual(["ubuntu-latest", "macos-latest", "windows-latest"]);
    const alpine = rows.find(({ environment }) => environment === "Alpine Linux");
    expect(alpine?.versions).toBe(`Node ${jobs.alpine?.strategy?.matrix?.node?.join(", ")}`);
    const row = rows.find(({ check }) => check === "job `built-output`");
    expect(row?.environment).toBe("Linux, macOS, Windows");
    expect(row?.versions).toBe(`Node ${matrix?.node?.join(", ")}`);
  });
});
