#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { openTerminal } from "./cli/device.ts";
import { EXIT } from "./cli/exit-codes.ts";
import { main } from "./cli/main.ts";

// The reader of the output may be gone, or the disk may be full. That is a failure, but not worth a stack trace.
let isCut = false;
process.stdout.on("error", () => {
  isCut = true;
  process.exitCode ||= EXIT.failed;
});
const status = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  openTerminal,
  version: versionOfPackage(),
});
process.exitCode = status === EXIT.ok && isCut ? EXIT.failed : status;

function versionOfPackage(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
