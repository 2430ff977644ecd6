// From the start of a process to the first answer: one service wired by hand from the usual libraries, and the same one
// on Seaworthy, as a host runs them (the built output), with and without Node's compile cache.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentOf, startBackend } from "./events/rig.ts";
import { median, print, shuffled } from "./harness.ts";

const SERVICES = { "wired by hand": "hand-wired.ts", Seaworthy: "seaworthy.ts" } as const;
const ROUNDS = 10;
const cache = mkdtempSync(join(tmpdir(), "seaworthy-startup-"));
const backend = await startBackend();

/** Milliseconds from the start of the process until `GET /ping` is answered. */
async function start(file: string, environment: Record<string, string>): Promise<number> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, "events", file)], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      ...environmentOf(port, backend.url, backend.url),
      ...environment,
    },
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode} before it answered`);
  }
  const spent = performance.now() - began;
  child.kill("SIGKILL");
  await ended;
  return spent;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path: "/ping", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", () => setTimeout(resolve, 2, false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await once(server.close(), "close");
  return port;
}

const contestants = Object.entries(SERVICES).flatMap(([name, file]) => [
  { name, run: () => start(file, {}) },
  { name: `${name}, compile cache`, run: () => start(file, { NODE_COMPILE_CACHE: join(cache, file) }) },
]);
const samples = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
try {
  for (const { run } of contestants) await run(); // fills the caches of disk and code
  for (let round = 0; round < ROUNDS; round++)
    for (const { name, run } of shuffled(contestants)) samples.get(name)?.push(await run());
} finally {
  backend.close();
  rmSync(cache, { recursive: true, force: true });
}
const medians = Object.fromEntries([...samples].map(([name, values]) => [name, median(values)]));
print("Process start to the first answer (median)", medians, "wired by hand", "ms");
