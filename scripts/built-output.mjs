// Checks the built packages on the Node that runs this file: every door imports, and the example app starts, answers
// and stops on SIGTERM. Plain JavaScript of built-in modules only.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..");
const packages = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);
let doors = 0;

for (const name of packages) {
  const { exports } = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
  for (const target of Object.values(exports).filter((target) => typeof target === "object")) {
    const door = await import(pathToFileURL(join(root, "packages", name, target.default)).href);
    if (Object.keys(door).length === 0) throw new Error(`${name}: ${target.default} exports nothing`);
    doors++;
  }
}

const data = mkdtempSync(join(tmpdir(), "harbor-"));
const app = spawn(process.execPath, [join(root, "examples", "harbor", "src", "main.ts")], {
  env: { ...process.env, HTTP__PORT: "0", DATA__DIRECTORY: data, NODE_ENV: "production" },
  stdio: ["ignore", "pipe", "inherit"],
});
const exited = new Promise((resolve) => app.once("exit", (code, signal) => resolve(signal ?? code)));
try {
  const url = await listening(app);
  const answer = await fetch(`${url}/livez`);
  if (answer.status !== 200) throw new Error(`GET /livez answered ${answer.status}`);
  app.kill("SIGTERM");
  const code = await exited;
  if (code !== 0) throw new Error(`the example app ended with ${code} on SIGTERM`);
} finally {
  app.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
}
console.log(`Node ${process.version}: ${doors} doors import, the example app starts, answers and stops.`);

/** The address that the app prints once it listens. */
function listening(child) {
  return new Promise((resolve, reject) => {
    let printed = "";
    const limit = setTimeout(
      () => reject(new Error(`the example app did not listen within 30 s; it printed: ${printed}`)),
      30_000,
    );
    child.once("exit", (code) =>
      reject(new Error(`the example app ended with ${code} before it listened: ${printed}`)),
    );
    child.stdout.setEncoding("utf8").on("data", (text) => {
      printed += text;
      const url = /https?:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(printed)?.[0];
      if (url === undefined) return;
      clearTimeout(limit);
      resolve(url);
    });
  });
}
