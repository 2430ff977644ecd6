import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../src/cli/run.ts";
import { type Workspace, workspace } from "./workspace.ts";

const index = join(import.meta.dirname, "../src/index.ts");
const zod = import.meta.resolve("zod");
const SCHEMA = `
import { z } from ${JSON.stringify(zod)};
import { port, postgresUrl, secretText } from ${JSON.stringify(index)};
export const schema = z.object({
  http: z.object({ port: port().default(3000) }),
  database: z.object({ url: postgresUrl() }),
  jwt: z.object({ secret: secretText({ minBytes: 16 }) }),
});
export const other = 5;
`;
const SECRET = "Zk3v9Qw1LmX8c0Tr";
const good = { JWT__SECRET: SECRET, DATABASE__URL: "postgres://app:pw-of-the-url@db/x" };

let at: Workspace;
beforeAll(async () => {
  at = await workspace();
  await at.write("schema.ts", SCHEMA);
  await at.write("throws.ts", `const key = "${SECRET}"; throw new Error("no");`);
  await at.write("config/default.json", { http: { port: 8080 } });
  await at.write("config/staging.json", { http: { port: 80 } });
  await at.write("config/local.json", {});
  await at.write("staging.env", `JWT__SECRET=${SECRET}\nDATABASE__URL=postgres://a:pw-of-staging@db-1/x\n`);
  await at.write("production.env", `JWT__SECRET=${SECRET}\nDATABASE__URL=postgres://a:pw-of-production@db-2/x\n`);
  await at.write("distinct.env", "JWT__SECRET=another-one-of-16-bytes\n");
  await at.write("broken.env", "no line\n");
});
afterAll(() => at[Symbol.asyncDispose]());

interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs the program inside this process, in the workspace. */
async function run(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const outcome: Outcome = { code: -1, out: "", err: "" };
  const here = ["--schema", "schema.ts", "--directory", at.directory];
  outcome.code = await runCli([...args, ...(args.includes("--schema") ? here.slice(2) : here)], {
    out: (text) => {
      outcome.out += text;
    },
    err: (text) => {
      outcome.err += text;
    },
    env,
    directory: at.root,
  });
  expect(outcome.out + outcome.err).not.toMatch(new RegExp(`${SECRET}|pw-of|another-one`));
  return outcome;
}

describe("seaworthy-config check", () => {
  it("exits 0 when the configuration is valid", async () => {
    const { code, out } = await run(["check"], good);
    expect(out).toBe('The configuration for profile "development" is valid: 3 values.\n');
    expect(code).toBe(0);
  });

  it("exits 1 with every problem on standard error, and as JSON when asked", async () => {
    const { code, out, err } = await run(["check"], { HTTP__PORT: "x", JWT_SECRET: SECRET });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain('profile "development" has 3 problems');
    expect(err).toContain("HTTP__PORT (http.port) is invalid");
    expect(err).toContain("did you mean JWT_SECRET?");
    const json = JSON.parse((await run(["check", "--json"], { HTTP__PORT: "x" })).out) as {
      valid: boolean;
      issues: unknown[];
    };
    expect(json).toMatchObject({
      valid: false,
      issues: [{ env: "HTTP__PORT" }, { env: "DATABASE__URL" }, { env: "JWT__SECRET" }],
    });
  });

  it("says that the local file is ignored in production", async () => {
    const { code, err } = await run(["check", "--profile", "production"], good);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining("local.json exists, but it is ignored in the profile production"),
    ]);
  });
});

describe("seaworthy-config explain", () => {
  it("prints the layers in their order, and where each value comes from", async () => {
    const { code, out } = await run(["explain"], { ...good, HTTP__PORT: "9" });
    expect(code).toBe(0);
    const names = ["schema ", "default ", "profile ", "local ", "secrets ", "dotenv ", "environment ", "overrides "];
    const places = names.map((name) => out.indexOf(`\n  ${name}`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(out).toContain("http.port = 9\n  from env:HTTP__PORT (environment)\n  over 8080 from file:");
    expect(out).toContain("default.json:3:5 (default)\n  over 3000 from schema (schema)\n");
    expect(out).toContain('jwt.secret = "[redacted]"');
    expect(out).toContain('database.url = "postgres://app:[redacted]@db/x"');
  });

  it("explains one value by path or by variable, also of an invalid configuration", async () => {
    for (const name of ["http.port", "HTTP__PORT"]) {
      const { code, out, err } = await run(["explain", name], { HTTP__PORT: "x\u001b[31m" });
      expect(code).toBe(1);
      expect(out).toContain('http.port = "x\\u001b[31m"');
      expect(out).not.toContain("jwt");
      expect(err).toContain("JWT__SECRET (jwt.secret) is missing");
    }
    const json = JSON.parse((await run(["explain", "http.port", "--json"], good)).out) as {
      values: { source: string }[];
    };
    expect(json.values[0]?.source).toMatch(/^file:.*default\.json:3:5$/);
  });

  it("exits 2 for a path that there is not", async () => {
    const { code, err } = await run(["explain", "http.prot"], good);
    expect([code, err]).toEqual([2, expect.stringContaining("did you mean http.port?")]);
  });
});

describe("seaworthy-config template", () => {
  it("writes each format, without any secret", async () => {
    expect((await run(["template"])).out).toContain("\nJWT__SECRET=\n");
    expect((await run(["template", "--prefix", "APP"])).out).toContain("\nAPP_JWT__SECRET=\n");
    const schema = JSON.parse((await run(["template", "--format", "json-schema"])).out) as object;
    expect(schema).toMatchObject({ properties: { http: {} } });
    expect(schema).not.toHaveProperty("required");
    expect((await run(["template", "--format", "secret", "--name", "orders"])).out).toContain('name: "orders"');
    expect((await run(["template", "--format", "config-map"], good)).out).toContain('HTTP__PORT: "8080"');
  });

  it("exits 1 when it needs a configuration and that is invalid, 2 for an unknown format", async () => {
    expect((await run(["template", "--format", "config-map"])).code).toBe(1);
    expect((await run(["template", "--format", "toml"])).code).toBe(2);
  });
});

describe("seaworthy-config diff", () => {
  it("tells the differences of two profiles, and warns about a secret that they share", async () => {
    const sides = [
      "--env",
      `staging=${join(at.root, "staging.env")}`,
      "--env",
      `production=${join(at.root, "production.env")}`,
    ];
    const { code, out, err } = await run(["diff", "staging", "production", ...sides], { HTTP__PORT: "not looked at" });
    expect(out).toBe(
      '~ database.url = "postgres://a:[redacted]@db-1/x" → "postgres://a:[redacted]@db-2/x"\n~ http.port = "80" → "8080"\n',
    );
    expect(err).toContain("warning: staging and production share a secret: jwt.secret\n");
    expect(code).toBe(1);
    const json = JSON.parse((await run(["diff", "staging", "production", "--json", ...sides])).out) as object;
    expect(json).toMatchObject({ shared: [{ path: "jwt.secret", otherPath: "jwt.secret" }] });
  });

  it("shows no secret of one field in the value of another, nor does explain", async () => {
    await at.write("banner/schema.ts", SCHEMA.replace("jwt:", "banner: z.string().optional(), jwt:"));
    await at.write("banner/banner.env", `BANNER=${SECRET} and pw-of-the-url\n`);
    await at.write(
      "banner/full.env",
      `JWT__SECRET=${SECRET}\nDATABASE__URL=${good.DATABASE__URL}\nBANNER=${SECRET}!\n`,
    );
    const args = ["--schema", "banner/schema.ts", "--env", "a=banner/banner.env", "--env", "b=banner/full.env"];
    const outputs = [
      await run(["diff", "a", "b", ...args]),
      await run(["diff", "a", "b", "--json", ...args]),
      await run(["explain", "banner", "--schema", "banner/schema.ts"], { ...good, BANNER: `${SECRET} pw-of-the-url` }),
    ];
    for (const { out, err } of outputs) {
      expect(out).toContain("banner");
      expect(out + err).not.toMatch(/Zk3v9|pw-of-the-url/);
    }
  });

  it("exits 0 when no secret is shared, and 1 for any difference when asked", async () => {
    const sides = [
      "--env",
      `staging=${join(at.root, "staging.env")}`,
      "--env",
      `production=${join(at.root, "distinct.env")}`,
    ];
    expect((await run(["diff", "staging", "production", ...sides])).code).toBe(0);
    expect((await run(["diff", "staging", "production", "--exit-code", ...sides])).code).toBe(1);
    expect((await run(["diff", "staging", "staging", "--exit-code"])).out).toBe(
      "staging and staging have the same values.\n",
    );
  });

  it("exits 2 when a side cannot be read", async () => {
    expect((await run(["diff", "staging"])).code).toBe(2);
    expect((await run(["diff", "a", "b", "--env", "a"])).code).toBe(2);
    expect((await run(["diff", "a", "b", "--env", "a=absent.env"])).err).toContain("absent.env cannot be read: ENOENT");
    expect((await run(["diff", "a", "b", "--env", "a=broken.env"])).err).toContain("broken.env:1 is malformed");
    expect((await run(["diff", "../a", "b"])).code).toBe(2);
  });
});

describe("the command line", () => {
  it("exits 2 with a reason when it is wrong, or the schema cannot be loaded", async () => {
    const wrong: [string[], string][] = [
      [[], "a command is required"],
      [["chekc"], 'there is no command "chekc"'],
      [["toString"], 'there is no command "toString"'],
      [["check", "--colour"], "--colour"],
      [["check", "extra"], "check takes no argument"],
      [["check", "--schema", "absent.ts"], "absent.ts cannot be loaded: ERR_MODULE_NOT_FOUND"],
      [["check", "--schema", "throws.ts"], "throws.ts cannot be loaded: Error no"],
      [["check", "--schema", "schema.ts#other"], "has no schema of zod 4 named other; it exports schema"],
      [["check", "--profile", "a/b"], "profile must be"],
    ];
    for (const [args, words] of wrong) {
      const { code, out, err } = await run(args, good);
      expect([code, out], args.join(" ")).toEqual([2, ""]);
      expect(err).toContain(words);
    }
    expect((await run(["--help"])).out).toContain("Exit codes");
  });

  it("works as a program of its own", async () => {
    const started = (args: string[], env: Record<string, string>): Promise<Outcome> =>
      new Promise((resolve, reject) => {
        const cli = join(import.meta.dirname, "../src/cli.ts");
        const flags = ["--conditions=@seaworthy/source", "--no-warnings", cli, ...args];
        const child = spawn(process.execPath, flags, { cwd: at.root, env: { PATH: process.env.PATH ?? "", ...env } });
        const [out, err]: [Buffer[], Buffer[]] = [[], []];
        child.stdout.on("data", (data: Buffer) => void out.push(data));
        child.stderr.on("data", (data: Buffer) => void err.push(data));
        const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
        child.on("error", reject);
        child.on("close", (code) => resolve({ code: code ?? -1, out: text(out), err: text(err) }));
      });
    const valid = await started(["check", "--schema", "schema.ts#schema"], good);
    expect(valid).toEqual({
      code: 0,
      out: 'The configuration for profile "development" is valid: 3 values.\n',
      err: "",
    });
    const invalid = await started(["check", "--schema", "schema.ts"], {});
    expect([invalid.code, invalid.out]).toEqual([1, ""]);
    expect(invalid.err).toContain("2 problems");
    expect((await started(["nonsense"], {})).code).toBe(2);
  });
});
