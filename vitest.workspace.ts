import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { TestProjectInlineConfiguration, ViteUserConfig } from "vitest/config";

const root = import.meta.dirname;
// "import" and "require" are not named: they would hold for every require inside node_modules too.
const conditions = ["@seaworthy/source", "node"];

// The tests start hundreds of processes. Node keeps what it compiled, and TypeScript without its types, for the next one.
process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules", ".seaworthy", "compiled");

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

/** Every folder below with a manifest. What its tests share is made once, by `test/global-setup.ts`. */
const members = (folder: string): TestProjectInlineConfiguration[] =>
  readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, "package.json")))
    .map((name) => {
      const directory = join(root, folder, name);
      const { test, ...rest } = project(name, directory, ["src/**/*.test.ts", "test/**/*.test.ts"]);
      const setup = join(directory, "test", "global-setup.ts");
      return { ...rest, test: { ...test, globalSetup: existsSync(setup) ? [setup] : [] } };
    });

/** Tests of the packed packages, which are packed once for all of these projects. */
function packed(name: string, include: string[]): TestProjectInlineConfiguration {
  const { test, ...rest } = project(name, root, include, 600_000);
  return { ...rest, test: { ...test, globalSetup: [join(root, "test/hosts/tarballs.ts")] } };
}

/** Every package and example, the house rules, the documents, and the packed tarballs. */
const config: ViteUserConfig = {
  test: {
    // Half of the tests wait for a process or a server most of the time, so that two workers suit two cores. Vitest would
    // leave one core to itself.
    maxWorkers: Math.max(2, availableParallelism() - 1),
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
