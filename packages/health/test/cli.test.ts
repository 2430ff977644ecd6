import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "./reachable.ts";

const program = join(import.meta.dirname, "../src/cli.ts");
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ["--conditions=@seaworthy/source", program, ...args], {
    env: { ...process.env, ...env },
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

const answering =
  (status: number, body = "", headers = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

describe("seaworthy-health", () => {
  test.each([
    [200, '{"status":"healthy"}', 0, /^healthy \(200\) in \d+ ms\n$/],
    [200, '{"status":"degraded"}', 0, /^degraded \(200\)/],
    [200, '{"status":"warn"}', 0, /^degraded \(200\)/],
    [200, '{"status":"fail"}', 1, /^unhealthy \(200\)/],
    [204, "", 0, /^healthy \(204\)/],
    [503, '{"status":"unhealthy","secret":"x"}', 1, /^unhealthy \(503\) in \d+ ms\n$/],
    [404, "not here", 1, /^unhealthy \(404\)/],
    [302, "", 1, /^unhealthy \(302\)/],
  ])("an answer of %i with %j exits %i", async (status, body, code, line) => {
    const url = await serve(answering(status, body, { location: "/elsewhere" }));
    const result = await run([`${url}/readyz`]);
    expect(result.code).toBe(code);
    expect(code === 0 ? result.out : result.err).toMatch(line);
    expect(code === 0 ? result.err : result.out).toBe("");
  });

  test("--strict counts degraded as failed, and --quiet prints nothing", async () => {
    const url = await serve(answering(200, '{"status":"degraded"}'));
    expect(await run([url, "--strict", "--quiet"])).toEqual({ code: 1, out: "", err: "" });
    expect(await run([url, "--quiet"])).toEqual({ code: 0, out: "", err: "" });
  });

  test("a refused connection exits 1 with the reason, and without the URL and its password", async () => {
    const result = await run([`http://admin:s3cr3tpw@127.0.0.1:${await freePort()}/`]);
    expect(result).toEqual({ code: 1, out: "", err: "no answer: ECONNREFUSED\n" });
  });

  test("an answer that never comes, or never ends, exits 1 when the time is over", async () => {
    const mute = await serve(() => undefined);
    expect(await run([mute, "--timeout", "300ms"])).toEqual({ code: 1, out: "", err: "no answer within 300 ms\n" });
    const endless = await serve((_, response) => void response.writeHead(200).write("and so on"));
    expect(await run([endless, "--timeout=300"])).toMatchObject({ code: 1, err: "no answer within 300 ms\n" });
  });

  test("a huge answer is not swallowed whole", async () => {
    const url = await serve((_, response) => {
      const part = Buffer.alloc(65_536, "x");
      const pour = (): void => {
        while (!response.destroyed && response.write(part));
      };
      response.on("drain", pour);
      pour();
    });
    expect(await run([url])).toMatchObject({ code: 0, out: expect.stringMatching(/^healthy \(200\)/) });
  });

  test("speaks TLS, and does not trust an unknown authority", async () => {
    const read = (name: string): Buffer => readFileSync(join(import.meta.dirname, "fixtures", name));
    const server = createSecureServer({ cert: read("good.pem"), key: read("good.key") }, answering(200));
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `https://127.0.0.1:${(server.address() as { port: number }).port}/`;
    expect((await run([url])).err).toMatch(/^no answer: (UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)\w+\n$/);
    const trusting = { NODE_EXTRA_CA_CERTS: join(import.meta.dirname, "fixtures", "authority.pem") };
    expect((await run([url], trusting)).code).toBe(0);
  });

  test.each([
    [[]],
    [["readyz"]],
    [["file:///etc/passwd"]],
    [["http://localhost/", "http://localhost/"]],
    [["http://localhost/", "--timeout", "soon"]],
    [["http://localhost/", "--timeout", "0"]],
    [["http://localhost/", "--tiemout", "1s"]],
    [["http://localhost/", "--group", "ready"]],
    [["http://localhost/", "--checks", "./checks.ts"]],
  ])("arguments that cannot be understood exit 1 with the usage: %j", async (args) => {
    const result = await run(args);
    expect(result.code).toBe(1);
    expect(result.err).toContain("Usage: seaworthy-health URL");
  });

  test("--help prints the usage and exits 0", async () => {
    const result = await run(["--help"]);
    expect(result.code).toBe(0);
    expect(result.out).toMatch(/Usage: seaworthy-health URL[\s\S]*--timeout/);
  });
});

describe("seaworthy-health --checks", () => {
  const checks = join(import.meta.dirname, "fixtures/checks.ts");

  test.each([
    [["--group", "ready"], 0, /^healthy\n {2}database: healthy \(\d+ ms\)\n$/],
    [["--group", "background"], 0, /^degraded\n {2}mail: unhealthy HEALTH_CHECK_FAILED \(\d+ ms\)\n$/],
    [["--group", "background", "--strict"], 1, /^degraded\n {2}mail/],
    [["--group", "ready", "--quiet"], 0, /^$/],
    [[], 1, /^unhealthy\n {2}database: healthy .*\n {2}mail: unhealthy .*\n {2}search: unhealthy INDEX_LOST/],
  ])("with %j exits with %i, although the module keeps the process alive", async (options, code, printed) => {
    const result = await run(["--checks", checks, "--timeout", "50s", ...options]);
    expect(result.code).toBe(code);
    expect(result.out + result.err).toMatch(printed);
  });

  test.each([
    ["a group that no check has joined", [checks, "--group", "raedy"], /failed: TypeError: group must be live/],
    ["a module that does not exist", ["./nowhere.ts"], /nowhere.ts failed: Error: Cannot find module/],
    ["a module that exports something else", [join(import.meta.dirname, "reachable.ts")], /must export health/],
  ])("%s exits with 1", async (_, args, printed) => {
    const result = await run(["--checks", ...args]);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(printed);
  });
});

describe("a process", () => {
  test("is held open by no check, not even by a hung one, and a report in progress is answered all the same", async () => {
    const source = `
      import { createHealth, eventLoopCheck, memoryCheck, diskCheck } from "@seaworthy/health";
      const health = createHealth({ timeout: "200ms" });
      health.add("loop", eventLoopCheck(), { cacheFor: "1h" });
      health.add("memory", memoryCheck());
      health.add("disk", diskCheck("/"));
      health.add("hung", () => new Promise(() => undefined), { timeout: "1h" });
      console.log((await health.report()).status);`;
    const args = ["--conditions=@seaworthy/source", "--input-type=module", "--eval", source];
    const child = spawn(process.execPath, args, { cwd: join(import.meta.dirname, "..") });
    let out = "";
    child.stdout.on("data", (text) => {
      out += text;
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(out).toBe("unhealthy\n");
  });
});
