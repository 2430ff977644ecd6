import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
let clone: string;
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), text);
};

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a task of the clone, with the given script in the place of npx; `onLine` sees its errors as they come. */
function run(
  task: string,
  npx: string,
  onLine: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
) {
  write("bin/npx", `#!/bin/sh\necho "$@" >> "${clone}/calls"\n${npx}\n`);
  chmodSync(join(clone, "bin/npx"), 0o755);
  const env = { ...process.env, PATH: `${join(clone, "bin")}:${process.env.PATH}` };
  const child = spawn(process.execPath, [join(clone, "scripts/run.mjs"), task], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise<Ended>((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      onLine(text, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      onLine(text, (signal) => child.kill(signal));
    });
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** What pnpm leaves behind: the pinned Node, and the built package. */
const works = (): string => `
  for i in 1 2 3 4 5 6 7 8 9; do echo "[WARN] Unsupported engine" >&2; done
  echo "Agent skills awaiting approval: some. Run pnpm approve"
  mkdir -p "${clone}/node_modules/node/bin" "${clone}/packages/one/dist"
  ln -sf "${process.execPath}" "${clone}/node_modules/node/bin/node"
  touch "${clone}/packages/one/dist/index.js"
`;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "seaworthy-run-"));
  for (const path of ["scripts/run.mjs", "scripts/declarations.ts", "tsup.base.ts", "tsconfig.json"]) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    cpSync(join(root, path), join(clone, path));
  }
  write("package.json", "{}");
  write("pnpm-lock.yaml", "");
  write("packages/one/package.json", "{}");
  write("examples/harbor/src/main.ts", 'console.log("the example app runs"); process.exitCode = 7;');
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

describe("npm start", () => {
  test("has one line for each step, none of pnpm's, and the exit code of the app", async () => {
    const { code, stdout, stderr } = await run("start", works());
    expect(stdout).toBe("the example app runs\n");
    expect(stderr.trimEnd().split("\n")).toEqual([
      "seaworthy: installing the dependencies and the pinned Node (about a minute the first time) …",
      "seaworthy: building the packages …",
      "seaworthy: starting the example app; Ctrl-C stops it.",
    ]);
    expect(code).toBe(7);
    expect(readFileSync(join(clone, "calls"), "utf8")).toMatch(
      /^--yes pnpm@\S+ install --frozen-lockfile\n.* run build\n$/,
    );
  });

  test("neither installs nor builds again while nothing has changed", async () => {
    await run("start", works());
    const { stderr } = await run("start", "exit 1");
    expect(stderr).toBe("seaworthy: starting the example app; Ctrl-C stops it.\n");
    write("packages/one/src/index.ts", "");
    await run("start", works());
    expect(readFileSync(join(clone, "calls"), "utf8").match(/ run build/g)).toHaveLength(2);
  });

  test("shows pnpm's output when it fails, and ends with 1", async () => {
    const { code, stdout, stderr } = await run(
      "start",
      'echo "ERR_PNPM_NO_SPACE no space left"; echo "on the disk" >&2; exit 28',
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("ERR_PNPM_NO_SPACE no space left\n");
    expect(stderr).toContain("on the disk\n");
    expect(stderr).toContain("seaworthy: pnpm install --frozen-lockfile failed with code 28; see its output above.");
    expect(existsSync(join(clone, "node_modules/.seaworthy/installed"))).toBe(false);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "ends pnpm and itself by %s while it installs",
    async (wanted) => {
      const npx = `trap 'echo gone > "${clone}/gone"; exit 99' INT TERM HUP; echo ready >&2; touch "${clone}/ready"; while :; do sleep 0.05; done`;
      const asked = run("start", npx, (text, kill) => {
        if (!text.includes("installing")) return;
        const wait = setInterval(() => {
          if (!existsSync(join(clone, "ready"))) return;
          clearInterval(wait);
          kill(wanted);
        }, 10);
      });
      const { code, signal } = await asked;
      expect(existsSync(join(clone, "gone"))).toBe(true);
      expect({ code, signal }).toEqual({ code: null, signal: wanted });
    },
  );

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("passes %s on to the app and ends as it does", async (wanted) => {
    write(
      "examples/harbor/src/main.ts",
      `process.once("${wanted}", () => { console.log("drained"); process.exit(0); }); setInterval(() => {}, 1000); console.log("listening");`,
    );
    const { code, signal, stdout } = await run("start", works(), (text, kill) => {
      if (text.includes("listening")) kill(wanted);
    });
    expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: "listening\ndrained\n" });
  });

  test("an unknown task is refused before anything is installed", async () => {
    const { code, stderr } = await run("dance", works());
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "seaworthy: no such task: dance; there are start, demo, test.\n",
    });
    expect(existsSync(join(clone, "calls"))).toBe(false);
  });
});
