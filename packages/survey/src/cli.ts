#!/usr/bin/env node
import { main } from "./cli/main.ts";
import { killAll } from "./target/process.ts";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted.abort());
// Whatever ends this process, nothing that it started stays behind.
process.on("exit", killAll);

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  colors: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  cwd: process.cwd(),
  signal: interrupted.signal,
});
// A survey may leave keep-alive sockets behind that hold the event loop.
process.exit();
