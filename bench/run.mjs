// `pnpm bench` runs every area; `pnpm bench logger config` those two. Each area is one interleaved process.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const helpers = new Set(["harness.ts"]);
const areas = readdirSync(here, { withFileTypes: true })
  .filter((entry) =>
    entry.isDirectory()
      ? existsSync(join(here, entry.name, "index.ts"))
      : entry.name.endsWith(".ts") && !helpers.has(entry.name),
  )
  .map((entry) => entry.name.replace(/\.ts$/, ""));
const wanted = process.argv.slice(2).filter((argument) => argument !== "--");
const unknown = wanted.filter((area) => !areas.includes(area));
if (unknown.length > 0) {
  console.error(`No such area: ${unknown.join(", ")}. There are: ${areas.join(", ")}.`);
  process.exit(2);
}
let failed = 0;
for (const area of wanted.length > 0 ? wanted : areas) {
  console.log(`\n=== ${area}`);
  const file = existsSync(join(here, `${area}.ts`)) ? `${area}.ts` : join(area, "index.ts");
  const flags = ["--conditions=@seaworthy/source", "--expose-gc"];
  const { status } = spawnSync(process.execPath, [...flags, join(here, file)], { stdio: "inherit", cwd: here });
  if (status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
