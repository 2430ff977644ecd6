#!/usr/bin/env node
import { runCli } from "./cli/run.ts";

const code = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  directory: process.cwd(),
});
// The schema's module may have opened something that would hold the process; what was written goes out first.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
