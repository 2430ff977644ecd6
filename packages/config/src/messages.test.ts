import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { duration, flag, formatIssue, loadConfig, mongoUrl, mysqlUrl, port, postgresUrl, secretText } from "./index.ts";

const nowhere = { directory: false as const, env: {} };

describe("a refusal", () => {
  it("says of every field type that there is white space around the value", async () => {
    const schema = z.object({ port: port(), wait: duration(), on: flag(), number: z.number() });
    const env = { PORT: "80 ", WAIT: " 5s", ON: "true ", NUMBER: "1 " };
    const issues = await issuesOf(loadConfig(schema, { ...nowhere, env }));
    expect(issues.map(({ hint }) => hint)).toEqual(Array(4).fill("there is white space around the value"));
  });

  it("names a variable once if it is called like its path, and alone if there is no path", () => {
    const issue = { problem: "missing", expected: "a string" } as const;
    expect(formatIssue({ ...issue, path: "DATABASE_URL", env: "DATABASE_URL" })).toMatch(/^DATABASE_URL is missing/);
    expect(formatIssue({ ...issue, path: "", env: "NODE_ENV" })).toMatch(/^NODE_ENV is missing/);
    expect(formatIssue({ ...issue, path: "a.b", env: "A__B" })).toMatch(/^A__B \(a\.b\) is missing/);
  });

  it("is printed with each problem once", async () => {
    const error = await loadConfig(z.object({ port: port() }), nowhere).catch((caught: unknown) => caught);
    expect(inspect(error).split("PORT").length).toBe(inspect((error as Error).stack).split("PORT").length);
    expect((error as { issues: unknown[] }).issues).toHaveLength(1);
  });

  it("suggests the choice that is near to a mistyped one", async () => {
    const schema = z.object({ level: z.enum(["debug", "info", "warn"]), token: z.enum(["one-token", "two-token"]) });
    const issues = await issuesOf(loadConfig(schema, { ...nowhere, env: { LEVEL: "wran", TOKEN: "one-tokem" } }));
    expect(issues.map(({ didYouMean }) => didYouMean)).toEqual(["warn", undefined]);
  });

  it("does not repeat what its author made of a secret", async () => {
    const derived: ((text: string) => string)[] = [
      (text) => text.slice(0, 5),
      (text) => text.toUpperCase(),
      (text) => Buffer.from(text).toString("base64"),
      (text) => Buffer.from(text).toString("hex"),
      (text) => [...text].reverse().join(""),
    ];
    for (const derive of derived) {
      const key = z
        .string()
        .meta({ secret: true })
        .refine(() => false, { error: ({ input }) => `bad ${derive(String(input))}` });
      const [issue] = await issuesOf(loadConfig(z.object({ key }), { ...nowhere, env: { KEY: "zk3v9Qw1LmX8" } }));
      expect(issue?.expected).toBe("a string");
    }
    const key = secretText().refine(() => false, "a key that begins with sk_");
    const [issue] = await issuesOf(loadConfig(z.object({ key }), { ...nowhere, env: { KEY: "zk3v9Qw1LmX8" } }));
    expect(issue?.expected).toBe("a key that begins with sk_");
  });

  it("comes quickly although thousands of variables that nothing reads are set", async () => {
    const schema = z.object(Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`value${at}`, z.string()])));
    const env = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, at) => [`SERVICE_${at}_PORT_8080_TCP_ADDR`, "x"]),
    );
    const issues = await issuesOf(loadConfig(schema, { ...nowhere, env }));
    expect(issues).toHaveLength(300);
  });
});

describe("a connection URL", () => {
  it("may have the hosts of a replica set, and no host but a socket for PostgreSQL", () => {
    const good: [ReturnType<typeof mongoUrl>, string[]][] = [
      [mongoUrl(), ["mongodb://a", "mongodb://u:p%40@a:27017,b:27018,[::1]:27019/db?replicaSet=rs0", "mongodb+srv://u:p@cluster.example/db"]],
      [mysqlUrl(), ["mysql://u:p@a:3306/db", "mariadb://a/db"]],
      [postgresUrl(), ["postgres://u:p@a:5432,b:5433/db?target_session_attrs=any", "postgres://u:p@/db?host=/cloudsql/x"]],
    ]; // biome-ignore format: one line for each type
    for (const [schema, texts] of good) for (const text of texts) expect(schema.parse(text)).toBe(text);
    const bad: [ReturnType<typeof mongoUrl>, string[]][] = [
      [mongoUrl(), ["mongodb://", "mongodb://a,", "mongodb://a:0,b", "mongodb://a,b c", "mongodb+srv://a,b/db", "mongodb+srv://a.example:27017/db", "http://a", "mongodb://u:p/w@a/db"]],
      [mysqlUrl(), ["postgres://a", "mysql://u:p@/db"]],
      [postgresUrl(), ["postgres://u:p@a:99999,b/db"]],
    ]; // biome-ignore format: one line for each type
    for (const [schema, texts] of bad)
      for (const text of texts) expect(schema.safeParse(text).success, text).toBe(false);
  });

  it("tells what `mongodb+srv` takes, if that is what is wrong", async () => {
    const env = { URL: "mongodb+srv://cluster.example:27017/db" };
    const [issue] = await issuesOf(loadConfig(z.object({ url: mongoUrl() }), { ...nowhere, env }));
    expect(issue?.hint).toContain("mongodb+srv takes one host without a port");
  });

  it("with several hosts shows no password", async () => {
    const env = { URL: "mongodb://app:Zk3v9Qw1@a:27017,b:27017/db" };
    const config = await loadConfig(z.object({ url: mongoUrl() }), { ...nowhere, env });
    expect(inspect(config)).not.toContain("Zk3v9Qw1");
    expect(inspect(config)).toContain("@a:27017,b:27017/db");
    expect(config.url).toBe(env.URL);
  });
});

describe("a weak secret", () => {
  it.each([
    "[redacted]",
    "thisisasamplesecret",
    "CAFEBABE",
    "mysupersecretkey",
    "P@ssw0rd",
    "ab".repeat(16),
    "01".repeat(16),
    "abcdefghijklmnopqrstuvwxyz123456",
  ])("is %s", async (text) => {
    const issues = await issuesOf(loadConfig(z.object({ key: secretText() }), { ...nowhere, env: { KEY: text } }));
    expect(issues).toMatchObject([{ problem: "weak" }]);
  });
});
