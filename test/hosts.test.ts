import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { BOOTSTRAP, FUNCTION, get, LambdaEnvironment } from "./hosts/lambda.ts";
import { catalogs, doors, execute, installHost, manifestOf, packages, pinnedPeers } from "./hosts/tarballs.ts";

const { "node-oldest": oldest, ...tools } = catalogs.hosts;
const platformNode = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const count = doors.length;
const quoted = doors.map((door) => JSON.stringify(door));
let host: string;

const write = (name: string, text: string): void => writeFileSync(join(host, name), text);
const inModules = (path: string): string => join(host, "node_modules", path);

/** Runs a program in the host; what it prints on both streams, also when it fails. */
async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const options = { cwd: host, env: { ...process.env, NO_COLOR: "1", ...env }, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout, stderr } = await execute(program, [...args], options);
    return stdout + stderr;
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as { stdout?: string; stderr?: string; message: string };
    return `${message}\n${stdout}${stderr}`;
  }
}

/** The native program that a package of npm installs for this machine, or the one that its script has put in place. */
const programOf = (name: string, candidates: readonly string[]): string =>
  [...candidates, join(".bin", name)].map(inModules).find((path) => existsSync(path)) as string;

// One install serves all hosts. Each host loads every door and counts those that export something.
beforeAll(async () => {
  host = mkdtempSync(join(tmpdir(), "seaworthy-hosts-"));
  await installHost(host, inject("tarballs"), { ...pinnedPeers(), ...tools, [platformNode]: oldest as string });
  const check = `
    const empty = names.filter((_, i) => Object.keys(all[i]).length === 0);
    if (empty.length > 0) throw new Error("these export nothing: " + empty);
    console.log(all.length + " doors");`;
  write(
    "imports.mjs",
    `const names = [${quoted}]; const all = []; for (const name of names) all.push(await import(name));${check}`,
  );
  write("requires.cjs", `const names = [${quoted}]; const all = names.map((name) => require(name));${check}`);
  write(
    "bundled.mjs",
    `${doors.map((door, i) => `import * as door${i} from "${door}";`).join("\n")}
     const names = [${quoted}]; const all = [${doors.map((_, i) => `door${i}`)}];${check}`,
  );
  // A bundle and a transformed module have no address of their own; what needs one fails when it is used, not only loaded.
  write(
    "config.cjs",
    `const { loadConfig, port } = require("@seaworthy/config");
     const { z } = require("zod");
     loadConfig(z.object({ port: port() }), { profile: "test", env: { PORT: "8080" } })
       .then((config) => console.log("port " + config.port));`,
  );
}, 600_000);
afterAll(() => rmSync(host, { recursive: true, force: true }), 600_000);

describe("Node", () => {
  test.each(["imports.mjs", "requires.cjs"])("the one that runs this loads every door with %s", async (script) => {
    expect(await run(process.execPath, [script])).toBe(`${count} doors\n`);
  });

  test.each(["imports.mjs", "requires.cjs"])(
    "the oldest that the manifests allow loads every door with %s",
    async (script) => {
      const node = inModules(`${platformNode}/bin/node`);
      expect(await run(node, ["--version"])).toBe(`v${oldest}\n`);
      for (const name of packages) expect(`${manifestOf(name).engines.node}.0`).toBe(`>=${oldest}`);
      const printed = await run(node, [script]);
      expect(printed.replace(/^\(.*ExperimentalWarning.*\n\(Use .*\n/gm, "")).toBe(`${count} doors\n`);
    },
  );
});

describe("Alpine Linux", () => {
  // musl cannot be run here. The job alpine runs the same check in Alpine, with the argument musl.
  test("the check of the job passes, and tells the C libraries apart", async () => {
    copyFileSync(join(import.meta.dirname, "hosts/check.mjs"), join(host, "check.mjs"));
    expect(await run(process.execPath, ["check.mjs", "glibc"])).toBe(`${count} doors, glibc\n`);
    expect(await run(process.execPath, ["check.mjs", "musl"])).toContain("this Node uses glibc");
  });

  test.each(["linux-x64/argon2.musl.node", "linux-arm64/argon2.armv8.musl.node"])(
    "the tarball of argon2 has %s, an addon that is linked against musl",
    (addon) => {
      const bytes = readFileSync(inModules(`argon2/prebuilds/${addon}`));
      expect(bytes.subarray(1, 4).toString()).toBe("ELF");
      expect(bytes.includes("libc.musl-")).toBe(true);
      expect(bytes.includes("libc.so.6")).toBe(false);
    },
  );
});

describe("Jest", () => {
  const jest = async (config: object, env?: NodeJS.ProcessEnv): Promise<string> => {
    write("jest.config.json", JSON.stringify({ testEnvironment: "node", ...config }));
    return await run(process.execPath, [inModules("jest/bin/jest.js"), "--config", "jest.config.json", "--ci"], env);
  };

  test("imports every door as an ES module with --experimental-vm-modules", async () => {
    write(
      "esm.test.mjs",
      `test.each([${quoted}])("%s", async (name) => { expect(Object.keys(await import(name))).not.toEqual([]); });`,
    );
    const config = { testMatch: ["**/esm.test.mjs"], moduleFileExtensions: ["mjs", "js", "json"], transform: {} };
    expect(await jest(config, { NODE_OPTIONS: "--experimental-vm-modules" })).toMatch(
      new RegExp(`Tests: +${count} passed, ${count} total`),
    );
  });

  test("requires every door that babel has turned into CommonJS", async () => {
    write(
      "cjs.test.cjs",
      `test.each([${quoted}])("%s", (name) => { expect(Object.keys(require(name))).not.toEqual([]); });
       test("config", async () => {
         const { loadConfig, port } = require("@seaworthy/config");
         const { z } = require("zod");
         const options = { profile: "test", env: { PORT: "8080" } };
         expect(await loadConfig(z.object({ port: port() }), options)).toEqual({ port: 8080 });
       });`,
    );
    const babel = ["babel-jest", { presets: [["@babel/preset-env", { targets: { node: "current" } }]] }];
    const config = {
      testMatch: ["**/cjs.test.cjs"],
      moduleFileExtensions: ["cjs", "js", "json", "node"],
      transform: { "\\.js$": babel },
      // What Jest's own pages advise for packages that are ES modules only.
      transformIgnorePatterns: ["/node_modules/(?!(@seaworthy|jose|p-retry|is-network-error)/)"],
    };
    expect(await jest(config)).toMatch(new RegExp(`Tests: +${count + 1} passed, ${count + 1} total`));
  });
});

describe("esbuild", () => {
  // The addon of argon2 is a file beside its module, so hosts leave that package out of their bundle.
  const bundle = async (entry: string, more: readonly string[]): Promise<string> => {
    const args = [
      entry,
      "--bundle",
      "--platform=node",
      "--log-level=error",
      "--external:argon2",
      "--external:@nestjs/*",
      ...more,
    ];
    return await run(inModules(".bin/esbuild"), args);
  };

  test("bundles every door into one CommonJS file", async () => {
    expect(await bundle("bundled.mjs", ["--format=cjs", "--outfile=bundle.cjs"])).toBe("");
    expect(await run(process.execPath, ["bundle.cjs"])).toBe(`${count} doors\n`);
    expect(await bundle("config.cjs", ["--format=cjs", "--outfile=config-bundle.cjs"])).toBe("");
    expect(await run(process.execPath, ["config-bundle.cjs"])).toBe("port 8080\n");
  });

  test("bundles every door into one ES module", async () => {
    const require = `--banner:js=import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
    expect(await bundle("bundled.mjs", ["--format=esm", "--outfile=bundle.mjs", require])).toBe("");
    expect(await run(process.execPath, ["bundle.mjs"])).toBe(`${count} doors\n`);
  });
});

describe("other runtimes", () => {
  test("Bun loads every door", async () => {
    const bun = programOf("bun", [`@oven/bun-${process.platform}-${process.arch}/bin/bun`]);
    expect(await run(bun, ["run", "imports.mjs"])).toBe(`${count} doors\n`);
    expect(await run(bun, ["run", "requires.cjs"])).toBe(`${count} doors\n`);
  });

  test("Deno loads every door", async () => {
    const deno = programOf("deno", [`@deno/${process.platform}-${process.arch}-glibc/deno`]);
    const printed = await run(deno, ["run", "--allow-all", "--node-modules-dir=manual", "imports.mjs"]);
    expect(printed).toBe(`${count} doors\n`);
  });
});

describe("AWS Lambda", () => {
  // Lambda's is 500 ms. A test machine can be busy; the deadline of the lifecycle is tested with a clock of its own.
  const LIMIT = 20_000;

  test.each([
    ["ES modules beside node_modules", "lambda.rates"],
    ["one file of CommonJS, bundled by esbuild", "lambda-bundle.rates"],
  ])("runs a function of %s, frozen between its invocations, until SIGTERM", async (_layout, name) => {
    write("lambda.mjs", FUNCTION);
    write("bootstrap.mjs", BOOTSTRAP);
    const bundle = ["lambda.mjs", "--bundle", "--platform=node", "--format=cjs", "--outfile=lambda-bundle.cjs"];
    expect(await run(inModules(".bin/esbuild"), [...bundle, "--log-level=error"])).toBe("");
    await using lambda = await LambdaEnvironment.start([process.execPath, join(host, "bootstrap.mjs")], host, name);
    expect(await lambda.invoke(get("/rates/NOK"))).toMatchObject({
      outcome: "response",
      body: { statusCode: 200, body: '{"rate":11.5}', headers: { "x-request-id": expect.any(String) } },
    });
    // Longer than the delay of the event loop at which every request is refused.
    await pause(1500);
    expect((await lambda.invoke(get("/rates/NOK"))).body).toMatchObject({ statusCode: 200 });
    expect((await lambda.invoke(get("/rates/XXX"))).body).toMatchObject({ statusCode: 404 });
    expect((await lambda.invoke(get("/metrics"))).body.body).toContain("resilience_");
    expect(lambda.output).not.toContain("database closed");
    expect(await lambda.shutdown(LIMIT), lambda.output).toEqual({ code: 0, signal: null });
    const lines = lambda.output
      .split("\n")
      .filter((line) => line.startsWith("{")) // the notice about the connection to the Runtime API is plain text
      .map((line) => JSON.parse(line));
    // A scrape is a line of the level trace.
    expect(lines.filter(({ event }) => event === "http.request").map(({ status }) => status)).toEqual([200, 200, 404]);
    expect(lines.map(({ msg }) => msg)).toContain("database closed");
  });
});

describe("PM2", () => {
  const node = dirname(process.execPath);
  const env = {
    PM2_HOME: "",
    PM2_DISABLE_VERSION_CHECK: "true",
    PATH: `${node}${delimiter}${process.env.PATH ?? ""}`,
  };
  const pm2 = (...args: string[]): Promise<string> =>
    run(process.execPath, [inModules("pm2/bin/pm2"), ...args], { ...env, PM2_HOME: join(host, "pm2") });
  /** Status and exit code of each process, as PM2 sees them. */
  const processes = async (): Promise<unknown[]> => {
    const printed = await pm2("jlist");
    const list: { pm2_env: { status: string; exit_code?: number } }[] = JSON.parse(
      printed.slice(printed.indexOf("[{")),
    );
    return list.map(({ pm2_env: { status, exit_code } }) => [status, exit_code]);
  };
  afterAll(() => pm2("kill"));

  /** Requests on kept connections, one after the other per client, until they are stopped. */
  function load(port: number, clients: number) {
    const lost: unknown[] = [];
    const by = new Set<string>();
    let stopped = false;
    let answered = 0;
    const client = async (): Promise<void> => {
      while (!stopped) {
        try {
          by.add(await (await fetch(`http://127.0.0.1:${port}/`)).text());
          answered += 1;
        } catch (error) {
          lost.push(error);
        }
      }
    };
    const all = Promise.all(Array.from({ length: clients }, client));
    const stop = (): Promise<unknown> => {
      stopped = true;
      return all;
    };
    return { lost, by, answered: () => answered, stop };
  }

  test("starts, reloads without a lost request, and stops a service with code 0", async () => {
    write(
      "shop.mjs",
      `import { writeFileSync } from "node:fs";
       import { createServer } from "node:http";
       import { createLifecycle } from "@seaworthy/lifecycle";
       const life = createLifecycle({ drainDelay: 0 });
       life.onChange(({ state }) => state === "ready" && process.send("ready"));
       const server = createServer((_, response) => setTimeout(() => response.end(String(process.pid)), 5));
       life.resource("database", { stop: () => console.log("database closed") });
       life.serve(server, { host: "127.0.0.1", port: 0 });
       await life.start();
       writeFileSync("port.txt", String(server.address().port));`,
    );
    const app = { name: "shop", script: "shop.mjs", exec_mode: "cluster", instances: 2 };
    const apps = [{ ...app, wait_ready: true, listen_timeout: 60_000, kill_timeout: 30_000 }];
    write("shop.config.cjs", `module.exports = ${JSON.stringify({ apps })};`);
    expect(await pm2("start", "shop.config.cjs")).toContain("App [shop] launched (2 instances)");
    expect(await processes()).toEqual([
      ["online", undefined],
      ["online", undefined],
    ]);

    const clients = load(Number(readFileSync(join(host, "port.txt"), "utf8")), 4);
    while (clients.answered() < 50) await pause(20);
    expect(await pm2("reload", "shop")).toContain("[shop](1) ✓");
    const before = clients.answered();
    while (clients.answered() < before + 50) await pause(20);
    await clients.stop();
    expect(clients.lost).toEqual([]);
    expect(clients.by.size).toBeGreaterThan(2); // at most two of them are old processes

    await pm2("stop", "shop");
    expect(await processes()).toEqual([
      ["stopped", 0],
      ["stopped", 0],
    ]);
    const logs = readdirSync(join(host, "pm2/logs")).map((name) => readFileSync(join(host, "pm2/logs", name), "utf8"));
    expect(logs.join("").match(/database closed/g)).toHaveLength(4);
  });
});
