// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are written in the language that is tested
import { isSeaworthyError, toProblem } from "@seaworthy/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { workspace } from "../test/workspace.ts";
import { ConfigError, duration, isConfigError, list, loadConfig, port, postgresUrl, secretText } from "./index.ts";

const nowhere = { directory: false as const, env: {} };
const schema = z.object({
  http: z.object({ port: port(), timeout: duration().default(5000) }),
  database: z.object({ url: postgresUrl(), poolSize: z.number().min(1).max(50).default(5) }),
  jwt: z.object({ secret: secretText({ minBytes: 32 }) }),
  hosts: list(port()).optional(),
});

describe("all problems", () => {
  it("come in one error, in the order of the schema, each with its variable and what was expected", async () => {
    const env = {
      HTTP__PORT: "0x10",
      HTTP__TIMEOUT: "5000",
      DATABASE__POOL_SIZE: "51",
      JWT__SECRET: "short",
      HOSTS: "80,x",
    };
    const error = await loadConfig(schema, { ...nowhere, env }).catch((caught: unknown) => caught);
    expect(isConfigError(error)).toBe(true);
    expect(error).toBeInstanceOf(ConfigError);
    expect(isSeaworthyError(error, "CONFIG_INVALID")).toBe(true);
    const { issues, message } = error as ConfigError;
    expect(issues.map(({ path, env: name, problem }) => [path, name, problem])).toEqual([
      ["http.port", "HTTP__PORT", "invalid"],
      ["http.timeout", "HTTP__TIMEOUT", "invalid"],
      ["database.url", "DATABASE__URL", "missing"],
      ["database.poolSize", "DATABASE__POOL_SIZE", "invalid"],
      ["jwt.secret", "JWT__SECRET", "weak"],
      ["hosts.1", "HOSTS", "invalid"],
    ]);
    for (const issue of issues) {
      expect(issue.expected).not.toBe("");
      expect(message).toContain(issue.env);
      expect(message).toContain(issue.expected);
      if (issue.hint !== undefined) expect(message).toContain(issue.hint);
    }
    expect(issues[1]?.hint).toBe("write a unit after the number");
    expect(issues[3]?.expected).toBe("a number of at most 50");
    expect(Object.isFrozen(issues) && issues.every(Object.isFrozen)).toBe(true);
    expect(toProblem(error)).toMatchObject({ status: 500 });
    expect(JSON.stringify(toProblem(error))).not.toContain("HTTP__PORT");
  });

  it("come together from files, .env, the environment and the schema", async () => {
    await using at = await workspace();
    await at.write("config/default.json", '{ "http": { "port": 1, } }');
    await at.write("config/development.json", "[]");
    await at.write(".env", "not a line\nA='open\n");
    const issues = await issuesOf(loadConfig(schema, { directory: at.directory, env: { HTTP__TIMEOUT: "x" } }));
    expect(issues.map(({ path, problem, source }) => [path || source?.replace(at.root, ""), problem])).toEqual(
      [
        ["file:/config/default.json:1:24", "malformed"],
        ["file:/config/development.json:1:1", "malformed"],
        ["file:/.env:1:1", "malformed"],
        ["file:/.env:2:1", "malformed"],
        ["http.port", "missing"],
        ["http.timeout", "invalid"],
        ["database.url", "missing"],
        ["jwt.secret", "missing"],
      ].map(([a, b]) => [a, b]),
    );
  });

  it("of the whole configuration are reported without a variable, and a check that throws by the name of its error", async () => {
    const whole = z.object({ a: z.string().default("x"), b: z.object({ c: z.number().default(1) }) });
    const refined = whole.refine(() => false, { error: "a and b must fit" });
    expect(await issuesOf(loadConfig(refined, nowhere))).toEqual([
      { path: "", problem: "invalid", expected: "a and b must fit" },
    ]);
    const throwing = whole.refine(() => {
      throw new RangeError("boo");
    });
    const [issue] = await issuesOf(loadConfig(throwing, nowhere));
    expect(issue).toMatchObject({ path: "", expected: "checks that do not throw; one threw RangeError" });
  });

  it("wait for asynchronous checks", async () => {
    const slow = z.object({ a: z.string().refine(() => Promise.resolve(false), { error: "it to be there" }) });
    expect(await issuesOf(loadConfig(slow, { ...nowhere, env: { A: "a" } }))).toMatchObject([
      { env: "A", expected: "it to be there" },
    ]);
  });

  it("say what zod's own types take", async () => {
    const plain = z.object({
      a: z.number(),
      b: z.boolean(),
      c: z.enum(["x", "y"]),
      d: z.email(),
      e: z.union([z.literal(1), z.boolean()]),
      f: z.string().min(3),
      g: z.object({ h: z.date() }),
    });
    const env = { A: "x", B: "maybe", C: "z", D: "nobody", E: "q", F: "ab", G__H: "yesterday" };
    const issues = await issuesOf(loadConfig(plain, { ...nowhere, env }));
    expect(issues.map(({ env: name, expected }) => `${name}: ${expected}`)).toEqual([
      "A: a number",
      "B: a boolean",
      'C: one of "x", "y"',
      "D: a valid email address",
      "E: 1 or a boolean",
      "F: a string of at least 3 characters",
      "G__H: an ISO 8601 date",
    ]);
  });
});

describe("did you mean", () => {
  const suggestion = async (env: Record<string, string>, options: object = {}): Promise<string | undefined> => {
    const issues = await issuesOf(loadConfig(schema, { ...nowhere, ...options, env }));
    return issues.find((issue) => issue.path === "database.url")?.didYouMean;
  };

  it("names an unused variable that is near, in any case and with any underscores", async () => {
    for (const name of ["DATABASE_URL", "DATBASE__URL", "database__url", "DATABASE__ULR", "DATABASEURL"])
      expect(await suggestion({ [name]: "x" }), name).toBe(name);
  });

  it("names an unused variable that shares the prefix", async () => {
    expect(await suggestion({ APP_DATABASE_CONNECTION_URL: "x" }, { prefix: "APP" })).toBe(
      "APP_DATABASE_CONNECTION_URL",
    );
    expect(await suggestion({ DATABASE__CONNECTION: "x" })).toBe("DATABASE__CONNECTION");
  });

  it("names a variable that points at a file, and is mistyped", async () => {
    expect(await suggestion({ DATABSE__URL_FILE: "/x" })).toBe("DATABSE__URL_FILE");
    const issues = await issuesOf(loadConfig(z.object({ key: z.string() }), { ...nowhere, env: { KYE_FILE: "/x" } }));
    expect(issues[0]?.didYouMean).toBe("KYE_FILE");
  });

  it("warns of a variable of a section that nothing reads, where the value it was meant for has a default", async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: { message: string }): void => void warnings.push(message);
    const relaxed = z.object({ http: z.object({ port: port().default(1) }), name: z.string().optional() });
    const env = { HTTP__PROT: "§value", HTTP_PORT: "1", HTTP__SOMETHING: "1", NAMES: "x" };
    await loadConfig(relaxed, { ...nowhere, env, onWarning });
    expect(warnings).toEqual(["HTTP__PROT is set, but it is not read; did you mean HTTP__PORT?"]);
  });

  it("names nothing that is used, far, empty, or not a name", async () => {
    for (const name of [
      "HTTP__PORT",
      "DATABASE__POOL_SIZE",
      "PATH",
      "HOME",
      "X".repeat(500),
      "DATABASE URL;\u001b[31m",
    ])
      expect(await suggestion({ [name]: "1" }), name).toBeUndefined();
    expect(await suggestion({ DATABASE_URL: "" })).toBeUndefined();
  });

  it("never prints another variable's value, whatever variables there are", async () => {
    const names = fc.constantFrom(
      "DATABASE_URL",
      "DATABSE__URL",
      "DATABASE__URI",
      "JWT_SECRET",
      "HTTP_PORT",
      "AWS_SECRET_ACCESS_KEY",
    );
    const values = fc.stringMatching(/^[a-z0-9]{12,24}$/).map((text) => `§${text}`);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, values, { minKeys: 1 }), async (env) => {
        const error = (await loadConfig(schema, { ...nowhere, env }).catch((caught: unknown) => caught)) as ConfigError;
        for (const value of Object.values(env))
          expect(`${error.stack}${JSON.stringify(error.issues)}`).not.toContain(value);
      }),
      { numRuns: 50 },
    );
  });

  it("is answered quickly among very many and very long variables", async () => {
    const env = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`VARIABLE_${index}_${"X".repeat(index % 200)}`, "x"]),
    );
    expect(await suggestion({ ...env, DATABASE_URL: "x" })).toBe("DATABASE_URL");
  });
});

describe("files", () => {
  const open = z.object({ a: z.object({ count: z.number().default(1) }), any: z.unknown().optional() });

  it("with a key that the schema does not know are refused at its place, with what was meant", async () => {
    await using at = await workspace();
    const file = await at.write(
      "config/default.json",
      '{\n  "$schema": "./schema.json",\n  "a": { "cuont": 2 },\n  "b": { "c": 1 }\n}',
    );
    const options = { directory: at.directory, env: {} };
    expect(await issuesOf(loadConfig(open, options))).toEqual([
      {
        path: "a.cuont",
        problem: "unknown",
        expected: "only keys of the schema in a",
        didYouMean: "a.count",
        source: `file:${file}:3:10`,
      },
      { path: "b", problem: "unknown", expected: "only keys of the schema", source: `file:${file}:4:3` },
    ]);
    expect(await loadConfig(open, { ...options, unknownKeys: "ignore" })).toEqual({ a: { count: 1 } });
  });

  it("that are hostile are refused with their place: deep, doubled, poisonous, too large, not JSON, not UTF-8", async () => {
    await using at = await workspace();
    const hostile: [string | Uint8Array, string][] = [
      [`{"any":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "deeper than 64 levels"],
      [`${'{"any":'.repeat(5000)}1${"}".repeat(5000)}`, "deeper than 64 levels"],
      ['{"a":{"count":1,"count":2}}', "a duplicate key"],
      ['{"__proto__":{"polluted":true}}', "__proto__"],
      ['{"any":{"__proto__":{"polluted":true}}}', "__proto__"],
      ['{"any":[{"__proto__":1}]}', "__proto__"],
      [`{"any":"${"x".repeat(1_100_000)}"}`, "larger than 1048576 bytes"],
      ['{"a":{"count":1e999}}', "too large"],
      ['{"a":{"count":9007199254740993}}', "too large"],
      ['{"any":"\u0000"}', "control character"],
      ["{'any':1}", "double quotes"],
      ['{"any":01}', "after a member"],
      ['// comment\n{"any":1}', "a comment, which JSON does not allow"],
      ["", "no value, because the text ends there"],
      ['{"any":1,}', "a comma after the last member"],
      ['{"any":[1,]}', "a comma after the last item"],
      ['{"any":1, /* comment */ "other":2}', "a comment, which JSON does not allow"],
      ['{"any":1}{', "after the end"],
      [new Uint8Array([0x7b, 0xff, 0x7d]), "not UTF-8"],
    ];
    for (const [content, words] of hostile) {
      await at.write("config/default.json", content);
      const issues = await issuesOf(loadConfig(open, { directory: at.directory, env: {} }));
      expect(issues[0]?.expected, words).toContain(words);
      expect(issues[0]?.source).toContain("default.json");
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("never have their text quoted", async () => {
    await using at = await workspace();
    for (const content of ['{"a": hunter2secret }', '{"hunter2secret', '{"a":"hunter2secret"x}', "hunter2secret"]) {
      await at.write("config/default.json", content);
      await at.write(".env", "hunter2secret\n");
      const error = (await loadConfig(open, { directory: at.directory, env: {} }).catch(
        (caught: unknown) => caught,
      )) as Error;
      expect(error.stack).not.toContain("hunter2");
    }
  });

  it("that cannot be read are refused, not taken for absent", async () => {
    await using at = await workspace();
    await at.write("config/default.json/x", "");
    const [issue] = await issuesOf(loadConfig(open, { directory: at.directory, env: {} }));
    expect(issue).toMatchObject({ problem: "unreadable", expected: expect.stringContaining("not a regular file") });
  });
});

describe("variables in text", () => {
  const text = z.object({ a: z.string(), list: z.array(z.string()).optional(), port: port().optional() });
  const load = (env: Record<string, string>, overrides: object = {}): Promise<z.infer<typeof text>> =>
    loadConfig(text, { ...nowhere, env, overrides }) as Promise<z.infer<typeof text>>;

  it("are put in, in the environment and in files, at any depth, and then read as the type of the field", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { a: "${ONE}-${TWO}", list: ["${TWO}", "x"], port: "${PORT_NUMBER}" });
    const env = { ONE: "1", TWO: "two=${ONE}", PORT_NUMBER: "8080" };
    expect(await loadConfig(text, { directory: at.directory, env })).toEqual({
      a: "1-two=1",
      list: ["two=1", "x"],
      port: 8080,
    });
  });

  it("that are unresolved, empty or malformed are refused by name", async () => {
    for (const [value, words] of [
      ["${NOPE}", "NOPE"],
      ["${EMPTY}", "EMPTY"],
      ["${}", "variable between"],
      ["${A?B}", "variable between"],
      ["${OPEN", "variable between"],
      ["x${A B}", "variable between"],
    ] as const) {
      const [issue] = await issuesOf(load({ A: value, EMPTY: "" }));
      expect(issue, value).toMatchObject({ path: "a", env: "A", problem: "unresolved", source: "env:A" });
      expect(issue?.expected).toContain(words);
    }
    expect((await issuesOf(load({ A: "${NOPE}" })))[0]?.hint).toBe("set NOPE, or write $${ for a literal ${");
  });

  it("that refer to themselves are refused with the way round", async () => {
    expect((await issuesOf(load({ A: "${A}" })))[0]?.expected).toContain("A → A");
    expect((await issuesOf(load({ A: "${B}", B: "${C}", C: "${B}" })))[0]?.expected).toContain("B → C → B");
  });

  it("that grow without bound are refused", async () => {
    const env: Record<string, string> = { A: "${V0}", V40: "xxxxxxxxxxxxxxxx" };
    for (let index = 0; index < 40; index++) env[`V${index}`] = `\${V${index + 1}}\${V${index + 1}}`;
    expect((await issuesOf(load(env)))[0]?.expected).toContain("64 KiB");
  });

  it("are not looked for where the text is literal, escaped, overridden, or weaker than what wins", async () => {
    await using at = await workspace();
    expect((await load({ A: "$${NOPE} $NOPE $$ }{" })).a).toBe("${NOPE} $NOPE $$ }{");
    expect((await load({ A: "x" }, { a: "${NOPE}" })).a).toBe("${NOPE}");
    await at.write("config/default.json", { a: "${NOPE}" });
    expect((await loadConfig(text, { directory: at.directory, env: { A: "fine" } })).a).toBe("fine");
    await at.write(".env", "A='${NOPE}'\n");
    expect((await loadConfig(text, { directory: at.directory, env: {} })).a).toBe("${NOPE}");
    await at.write(".env", 'A="\\${NOPE} \\$1"\n');
    expect((await loadConfig(text, { directory: at.directory, env: {} })).a).toBe("${NOPE} \\$1");
  });

  it("find secret files too, and hide what they bring in", async () => {
    await using at = await workspace();
    const file = await at.write("password", "from-a-file\n");
    await at.write("secrets/OTHER", "from-a-directory");
    await at.write("config/default.json", { a: "${PASS}+${OTHER}" });
    const options = { directory: at.directory, env: { PASS_FILE: file }, secretsDirectory: `${at.root}/secrets` };
    const config = await loadConfig(text, options);
    expect(config.a).toBe("from-a-file+from-a-directory");
    expect(JSON.stringify(config)).toBe('{"a":"[redacted]"}');
  });
});

describe("a discriminator", () => {
  const storage = z.object({
    storage: z.discriminatedUnion("driver", [
      z.object({ driver: z.literal("fs"), path: z.string() }),
      z.object({ driver: z.literal("s3"), bucket: z.string() }),
    ]),
  });

  it.each([
    ["invalid", { STORAGE__DRIVER: "gcs", STORAGE__PATH: "/x" }],
    ["missing", { STORAGE__PATH: "/x" }],
  ])("that is %s is reported with its own variable, with every choice", async (problem, env) => {
    const issues = await issuesOf(loadConfig(storage, { ...nowhere, env }));
    const expected = '"fs" or "s3"';
    expect(issues).toMatchObject([{ path: "storage.driver", env: "STORAGE__DRIVER", problem, expected }]);
  });
});

it.each([
  ["a valid URL", z.url()],
  ["a valid UUID", z.uuid()],
  ["a valid ISO datetime", z.iso.datetime()],
  ["a string of at least 50 characters", z.string().min(50)],
  ["a string of at most 1 character", z.string().max(1)],
  ["an array of at least 6 items", z.preprocess(() => [1], z.array(z.number()).min(6))],
  ["a number of more than 5", z.preprocess(() => 1, z.number().gt(5))],
  ['one of "on", "off"', z.stringbool({ truthy: ["on"], falsy: ["off"] })],
])("what the schema library expects is reported as %s", async (expected, value) => {
  const [issue] = await issuesOf(loadConfig(z.object({ value }), { ...nowhere, env: { VALUE: "nothing of it" } }));
  expect(issue).toMatchObject({ problem: "invalid", expected });
});
