// `npm start` and `npm test` in a fresh clone: brings pnpm and the pinned Node, installs, builds, then runs.
// Plain JavaScript of built-in modules only, since it runs before anything is installed, on any Node from 20.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const PNPM = "pnpm@12.21.0";
const stamps = join(root, "node_modules", ".seaworthy");
const [task, ...rest] = process.argv.slice(2);

const say = (text) => console.error(`seaworthy: ${text}`);

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
function unlessSame(name, files, alsoNeeds, make) {
  const stamp = join(stamps, name);
  const now = fingerprint(files);
  const made = existsSync(stamp) && readFileSync(stamp, "utf8") === now && alsoNeeds.every((path) => existsSync(path));
  if (made) return;
  make();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, now);
}

function pnpm(args) {
  const windows = process.platform === "win32";
  const { status, error } = spawnSync("npx", ["--yes", PNPM, ...args], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: windows,
  });
  if (error !== undefined) fail(`npx could not be started (${error.message}). Is npm installed?`);
  if (status !== 0) fail(`pnpm ${args.join(" ")} failed; its output above says why.`);
}

function fail(reason) {
  say(reason);
  process.exit(1);
}

const nodeBinary = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

function install() {
  const manifests = filesBelow(
    root,
    (path) => path.endsWith("package.json") || /pnpm-(lock|workspace)\.yaml$/.test(path),
  );
  unlessSame("installed", manifests, [nodeBinary], () => {
    say("installing the dependencies and the pinned Node (about a minute the first time) …");
    pnpm(["install", "--frozen-lockfile"]);
  });
}

function build() {
  const packages = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "package.json")),
  );
  const sources = filesBelow(join(root, "packages"), (path) => /\.(ts|json)$/.test(path) && !/\.test\.ts$/.test(path));
  const shared = [join(root, "tsup.base.ts"), join(root, "tsconfig.json"), join(root, "pnpm-lock.yaml")];
  const results = packages.map((name) => join(root, "packages", name, "dist", "index.js"));
  unlessSame("built", [...shared, ...sources], results, () => {
    say("building the packages …");
    pnpm(["run", "build"]);
  });
}

/** Runs the pinned Node in place of this process: signals go through, the exit code comes back. */
function become(args) {
  const child = spawn(nodeBinary, args, { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // Ctrl-C reaches the child from the terminal itself; a second one from here would be taken for impatience.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  // A SIGTERM to npm ends the shell between npm and this process, which is left without being told.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid !== parent && child.kill("SIGTERM") && clearInterval(watch), 250);
  child.on("error", (error) => fail(`the pinned Node could not be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const tasks = {
  start() {
    say("starting the example app; Ctrl-C stops it.");
    become([join("examples", "harbor", "src", "main.ts"), ...rest]);
  },
  test() {
    say("running the whole test suite …");
    become([join("node_modules", "vitest", "vitest.mjs"), "run", "--config", "vitest.workspace.ts", ...rest]);
  },
};

if (!Object.hasOwn(tasks, task))
  fail(`no such task: ${task ?? "(none)"}; there are ${Object.keys(tasks).join(" and ")}.`);
if (Number(process.versions.node.split(".")[0]) < 20)
  fail(`Node ${process.versions.node} is too old to start from; 20 or later is needed.`);
install();
build();
tasks[task]();
