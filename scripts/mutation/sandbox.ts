import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Builds a copy of the repository in which one package has other sources. Everything else is a link to the original, so that
 * tests which look outside their package find what they expect. Returns the folder of the package in the copy.
 */
export function buildSandbox(root: string, sandbox: string, name: string, files: ReadonlyMap<string, string>): string {
  rmSync(sandbox, { recursive: true, force: true });
  mkdirSync(join(sandbox, "packages"), { recursive: true });
  const link = (path: string): void => symlinkSync(join(root, path), join(sandbox, path));
  for (const entry of readdirSync(root)) if (entry !== "packages" && !entry.startsWith(".")) link(entry);
  for (const entry of readdirSync(join(root, "packages"))) if (entry !== name) link(join("packages", entry));
  const folder = join(sandbox, "packages", name);
  mkdirSync(folder);
  for (const entry of readdirSync(join(root, "packages", name))) {
    if (entry === "src" || entry === "test") {
      cpSync(join(root, "packages", name, entry), join(folder, entry), { recursive: true });
    } else {
      link(join("packages", name, entry));
    }
  }
  for (const [path, content] of files) writeFileSync(join(folder, path), content);
  const conditions = JSON.stringify(["@seaworthy/source", "node"]);
  writeFileSync(
    join(sandbox, "mutation.config.ts"),
    `export default {
  root: ${JSON.stringify(folder)},
  ssr: { resolve: { conditions: ${conditions}, externalConditions: ${conditions} } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: [${JSON.stringify(join(import.meta.dirname, "setup.ts"))}],
    pool: "forks",
    testTimeout: 120000,
    hookTimeout: 120000,
  },
};
`,
  );
  return folder;
}
