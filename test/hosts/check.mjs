// `node check.mjs musl` or `node check.mjs glibc`, in a project that has the packages: every door has exports, and the native
// code of the vault works with the C library that the argument names.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileStore, openVault } from "@seaworthy/vault";

const library = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
if (library !== process.argv[2]) throw new Error(`this Node uses ${library}`);

const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, "package.json"), "utf8"));
let doors = 0;
for (const name of Object.keys(dependencies).filter((name) => name.startsWith("@seaworthy/"))) {
  const { exports } = JSON.parse(readFileSync(join(import.meta.dirname, "node_modules", name, "package.json"), "utf8"));
  for (const door of Object.keys(exports).filter((door) => !door.endsWith(".json"))) {
    if (Object.keys(await import(name + door.slice(1))).length === 0)
      throw new Error(`${name}${door.slice(1)} is empty`);
    doors++;
  }
}

const folder = mkdtempSync(join(tmpdir(), "seaworthy-check-"));
try {
  const options = { store: fileStore(join(folder, "a.vault")), password: "a password of the check" };
  await using made = await openVault({ ...options, create: true });
  await made.set("key", "sealed");
  await made.close();
  await using opened = await openVault(options);
  if ((await opened.get("key"))?.reveal() !== "sealed") throw new Error("the vault lost its entry");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${doors} doors, ${library}`);
