import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { TestProjectInlineConfiguration, ViteUserConfig } from "vitest/config";

const root = import.meta.dirname;
// "import" and "require" are not named: they would hold for every require inside node_modules too.
const conditions = ["@seaworthy/source", "node"];

// CI repeats a test that failed once, and names it at the end (test/second-attempts.ts). Elsewhere a failure is final.
const retry = process.env.CI === "true" ? 1 : 0;

const project = (
  name: string,
  directory: string,
  include: string[],
  testTimeout = 60_000,
): TestProjectInlineConfiguration => ({
  root: directory,
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { name, include, environment: "node", testTimeout, hookTimeout: 120_000, pool: "forks", retry },
});

const members = (folder: string): TestProjectInlineConfiguration[] =>
  readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, "package.json")))
    .map((name) => project(name, join(root, folder, name), ["src/**/*.test.ts", "test/**/*.test.ts"]));

/** Tests of the packed packages, which are packed once for each project. */
function packed(name: string, include: string[]): TestProjectInlineConfiguration {
  const { test, ...rest } = project(name, root, include, 600_000);
  return { ...rest, test: { ...test, globalSetup: [join(root, "test/hosts/tarballs.ts")] } };
}

/** Every package and example, the house rules, the documents, and the packed tarballs. */
const config: ViteUserConfig = {
  test: {
    projects: [
      ...members("packages"),
      ...members("examples"),
      project("house", root, [
        "test/architecture.test.ts",
        "test/mutation.test.ts",
        "test/repository.test.ts",
        "test/run.test.ts",
        "test/support.test.ts",
        "test/wording.test.ts",
      ]),
      project("docs", root, ["test/docs.test.ts"], 300_000),
      packed("packaging", ["test/packaging.test.ts"]),
      packed("hosts", ["test/hosts.test.ts"]),
    ],
  },
};
export default config;
