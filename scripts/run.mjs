// `npm start` and `npm test` in a fresh clone: brings pnpm and the pinned Node, installs, builds, then runs.
// Plain JavaScript of built-in modules only, since it runs before anything is installed, on any Node from 20.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const PNPM = "pnpm@12.21.0";
const stamps = join(root, "node_modules", ".seaworthy");
const [task, ...rest] = process.argv.slice(2);

const PREFIX = "seaworthy: ";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const say = (text) => console.error(PREFIX + text);

/** All files below a folder that are read by an install or a build, in a stable order. */
function filesBelow(folder, keep) {
  if (!existsSync(folder)) return [];
  const skipped = new Set(["node_modules", "dist", "coverage", ".git"]);
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesBelow(path, keep);
      return keep(path) ? [path] : [];
    });
}

function fingerprint(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

/** Runs `make` unless the same files were seen by the last run that succeeded. */
async function unlessSame(name, files, alsoNeeds, make) {
  const stamp = join(stamps, name);
  const now = fingerprint(files);
  const made = existsSync(stamp) && readFileSync(stamp, "utf8") === now && alsoNeeds.every((path) => existsSync(path));
  if (made) return;
  await make();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, now);
}

/**
 * Runs pnpm and shows one line of progress. The output of pnpm is shown only if it fails: under a Node that can run this
 * script but is too old for the packages, pnpm prints dozens of warnings that do not matter here.
 */
async function pnpm(doing, args) {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  const { isTTY } = process.stderr;
  const draw = () => process.stderr.write(`\r${PREFIX}${doing} … ${seconds()} s`);
  if (!isTTY) say(`${doing} …`);
  const drawing = isTTY ? setInterval(draw, 1000) : undefined;
  if (isTTY) draw();

  // The listeners are added before the child starts, so that no signal ends this process alone.
  let received;
  let child;
  const stop = (signal) => {
    received = signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const options = { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" };
  child = spawn("npx", ["--yes", PNPM, ...args], options);
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
  const ended = await new Promise((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("close", (status, signal) => resolve({ status, signal }));
  });
  for (const signal of SIGNALS) process.off(signal, stop);
  clearInterval(drawing);
  if (isTTY) process.stderr.write("\n");

  if (ended.error !== undefined) fail(`npx could not be started (${ended.error.message}). Is npm installed?`);
  if (received !== undefined) return dieBy(received);
  if (ended.status === 0) return;
  process.stderr.write(Buffer.concat(output));
  fail(`pnpm ${args.join(" ")} failed with ${ended.signal ?? `code ${ended.status}`}; see its output above.`);
}

/** Ends this process as a signal would have ended it, so that a shell sees what happened. */
function dieBy(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  return new Promise(() => setInterval(() => undefined, 1000)); // the signal arrives in a moment
}

function fail(reason) {
  say(reason);
  process.exit(1);
}

const nodeBinary = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

async function install() {
  const manifests = filesBelow(
    root,
    (path) => path.endsWith("package.json") || /pnpm-(lock|workspace)\.yaml$/.test(path),
  );
  await unlessSame("installed", manifests, [nodeBinary], () =>
    pnpm("installing the dependencies and the pinned Node (about a minute the first time)", [
      "install",
      "--frozen-lockfile",
    ]),
  );
}

async function build() {
  const packages = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "package.json")),
  );
  const sources = filesBelow(join(root, "packages"), (path) => /\.(ts|json)$/.test(path) && !/\.test\.ts$/.test(path));
  const shared = ["tsup.base.ts", "tsconfig.json", "pnpm-lock.yaml", join("scripts", "declarations.ts")].map((file) =>
    join(root, file),
  );
  const results = packages.map((name) => join(root, "packages", name, "dist", "index.js"));
  await unlessSame("built", [...shared, ...sources], results, () => pnpm("building the packages", ["run", "build"]));
}

/** Runs the pinned Node in place of this process: signals go through, the exit code comes back. */
function become(args) {
  const child = spawn(nodeBinary, args, { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // The terminal sends Ctrl-C to the child as well. A second signal from here would end it without draining.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  // A SIGTERM to npm ends the shell between npm and this process, which does not receive the signal.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid !== parent && child.kill("SIGTERM") && clearInterval(watch), 250);
  child.on("error", (error) => fail(`the pinned Node could not be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    dieBy(signal);
  });
}

const tasks = {
  start() {
    say("starting the example app; Ctrl-C stops it.");
    become([join("examples", "harbor", "src", "main.ts"), ...rest]);
  },
  demo() {
    say("starting the example app, and breaking its upstream; this takes half a minute.");
    become([join("examples", "harbor", "src", "demo.ts"), ...rest]);
  },
  test() {
    say("running the whole test suite …");
    become([join("node_modules", "vitest", "vitest.mjs"), "run", "--config", "vitest.workspace.ts", ...rest]);
  },
};

if (!Object.hasOwn(tasks, task)) fail(`no such task: ${task ?? "(none)"}; there are ${Object.keys(tasks).join(", ")}.`);
if (Number(process.versions.node.split(".")[0]) < 20)
  fail(`Node ${process.versions.node} is too old to start from; 20 or later is needed.`);
await install();
await build();
tasks[task]();
