import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workspace } from "./workspace.ts";

it("loadConfigSync works in a CommonJS module, which exports what it gives", async () => {
  await using at = await workspace();
  const source = JSON.stringify(join(import.meta.dirname, "../src/index.ts"));
  const zod = JSON.stringify(join(import.meta.dirname, "../node_modules/zod/index.cjs"));
  await at.write(
    "config.cjs",
    `const { loadConfigSync, port } = require(${source});
     const { z } = require(${zod});
     module.exports = loadConfigSync(z.object({ http: z.object({ port: port() }) }), { directory: false });`,
  );
  await at.write("main.cjs", `console.log(JSON.stringify(require("./config.cjs")));`);
  const flags = ["--conditions=@seaworthy/source", "--no-warnings", join(at.root, "main.cjs")];
  const out = execFileSync(process.execPath, flags, { env: { HTTP__PORT: "8080" }, encoding: "utf8" });
  expect(JSON.parse(out)).toEqual({ http: { port: 8080 } });
});
