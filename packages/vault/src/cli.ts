#!/usr/bin/env node
import { EXIT } from "./cli/exit-codes.ts";
import { main } from "./cli/main.ts";

// Whoever read the output may be gone, or the disk full: that is a failure, and no reason for a stack trace.
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
});
process.exitCode = status === EXIT.ok && isCut ? EXIT.failed : status;
