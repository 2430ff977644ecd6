// Runs built-output.mjs on every Node line that the packages support, each brought by npm into a temporary folder.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const lines = ["22.23.3", "26.10.0"];
const platform = `node-${process.platform}-${process.arch}`;
const check = (node) => spawnSync(node, [join(root, "scripts", "built-output.mjs")], { stdio: "inherit" }).status === 0;

let failed = !check(join(root, "node_modules", "node", "bin", "node"));
for (const version of lines) {
  const folder = mkdtempSync(join(tmpdir(), "seaworthy-node-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    const install = spawnSync(
      "npm",
      ["install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error", `${platform}@${version}`],
      { cwd: folder, stdio: ["ignore", 2, 2] },
    );
    if (install.status !== 0) throw new Error(`${platform}@${version} could not be installed`);
    failed = !check(join(folder, "node_modules", platform, "bin", "node")) || failed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(failed ? 1 : 0);
