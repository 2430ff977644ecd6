import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { main } from "../src/cli/main.ts";
import { audits } from "../src/index.ts";
import { report, result } from "./samples.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "survey-"));
});

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, { out: (text) => out.push(text), err: (text) => err.push(text), colors: false, cwd });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const SERVER = `require("node:http").createServer((q, s) => { s.statusCode = q.url === "/" ? 200 : 404; s.end("hi"); })
  .listen(process.env.PORT);`;

describe("the program", () => {
  test("lists and explains all audits", async () => {
    const { out, code } = await run("list");
    expect(code).toBe(0);
    for (const { id } of audits) expect(out).toContain(id);
    const explained = await run("explain", "shutdown/in-flight");
    expect(explained.out).toMatch(/Why: .+\nWhat it does: .+\nWhat passes: .+\nWith Seaworthy: .+\nWithout: .+/);
    expect(await run("explain", "shutdown/nothing")).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is no audit"),
    });
  });

  test("shows its usage for --help, and with an error for a wrong call", async () => {
    expect(await run("--help")).toMatchObject({ code: 0, out: expect.stringContaining("Usage:") });
    expect(await run("--nonsense")).toMatchObject({ code: 2, err: expect.stringContaining("nonsense") });
    expect(await run("node", "server.js")).toMatchObject({ code: 2, err: expect.stringContaining("behind --") });
    expect(await run()).toMatchObject({ code: 2, err: expect.stringContaining("give a command") });
    expect(await run("attach")).toMatchObject({ code: 2, err: expect.stringContaining("give a URL") });
  });

  test("surveys a command, writes every format, and exits by the score", async () => {
    writeFileSync(join(cwd, "server.cjs"), SERVER);
    const files = ["json", "html", "markdown", "junit", "sarif"].flatMap((name) => [`--${name}`, `r.${name}`]);
    const only = ["--only", "errors/no-banner,errors/methods,start/ready-in-time"];
    const low = await run(...only, "--score", "10", ...files, "--", process.execPath, "server.cjs");
    expect(low.err).toBe("");
    expect(low.code).toBe(0);
    expect(low.out).toContain("✗ Wrong methods");
    const saved = JSON.parse(readFileSync(join(cwd, "r.json"), "utf8"));
    expect(saved.audits).toHaveLength(3);
    expect(readFileSync(join(cwd, "r.html"), "utf8")).toContain("<!doctype html>");
    expect(readFileSync(join(cwd, "r.junit"), "utf8")).toContain("<testsuites");
    const high = await run(...only, "--quiet", "--score", "100", "--", process.execPath, "server.cjs");
    expect(high).toMatchObject({ code: 1, out: String(saved.score) });
  });

  test("reads survey.config.json and survey.config.mjs, and says what is wrong with them", async () => {
    writeFileSync(join(cwd, "server.cjs"), SERVER);
    writeFileSync(
      join(cwd, "survey.config.json"),
      JSON.stringify({ command: [process.execPath, "server.cjs"], only: ["errors/no-banner"] }),
    );
    expect(await run("--quiet")).toMatchObject({ code: 0, out: "100" });
    writeFileSync(join(cwd, "own.mjs"), "export const options = {};");
    expect(await run("--config", "own.mjs")).toMatchObject({ code: 2, err: expect.stringContaining("default export") });
    writeFileSync(join(cwd, "own.json"), "{");
    expect(await run("--config", "own.json")).toMatchObject({ code: 2, err: expect.stringContaining("own.json") });
  });

  test("writes the last lines of a service that does not start", async () => {
    const { code, err } = await run(
      "--",
      process.execPath,
      "-e",
      "console.error('cannot find my config'); process.exit(7)",
    );
    expect(code).toBe(2);
    expect(err).toContain("code 7");
    expect(err).toContain("cannot find my config");
    expect(await run("--", "/no/such/program")).toMatchObject({ code: 2, err: expect.stringContaining("ENOENT") });
  });

  test("does not attach to another machine", async () => {
    expect(await run("attach", "http://192.0.2.1")).toMatchObject({
      code: 2,
      err: expect.stringContaining("192.0.2.1"),
    });
  });

  test("writes a configuration from the start script and the example of the environment", async () => {
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ scripts: { start: "node dist/main.js --fast" } }));
    writeFileSync(
      join(cwd, ".env.example"),
      "API_KEY=example\nexport DATABASE_URL='postgres://localhost/app'\n# comment\nLEVEL=info\n",
    );
    expect((await run("init")).code).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, "survey.config.json"), "utf8"))).toMatchObject({
      command: ["node", "dist/main.js", "--fast"],
      env: { API_KEY: "example", LEVEL: "info" },
      secrets: ["API_KEY"],
      dependencies: { DATABASE_URL: "postgres://localhost/app" },
    });
    expect(await run("init")).toMatchObject({ code: 2, err: expect.stringContaining("exists already") });
  });

  test("compares two reports, and exits with 1 if an audit got worse", async () => {
    const save = (name: string, outcome: "pass" | "fail"): void =>
      writeFileSync(join(cwd, name), JSON.stringify(report([result("start/a", outcome)])));
    save("good.json", "pass");
    save("bad.json", "fail");
    expect(await run("compare", "good.json", "bad.json")).toMatchObject({
      code: 1,
      out: expect.stringContaining("start/a: pass → fail"),
    });
    expect(await run("compare", "bad.json", "good.json")).toMatchObject({
      code: 0,
      out: expect.stringContaining("+100"),
    });
    writeFileSync(join(cwd, "other.json"), "{}");
    expect(await run("compare", "good.json", "other.json")).toMatchObject({
      code: 2,
      err: expect.stringContaining("not a report"),
    });
  });
});
