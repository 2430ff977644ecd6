import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "../src/cli/main.ts";
import { connectPostgres, sql } from "../src/index.ts";
import { expectPlan, testDatabase, unindexedForeignKeys } from "../src/testing.ts";
import { ENGINES, SERVER } from "./engines.ts";

async function run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, { env, out: (line) => void out.push(line), err: (line) => void err.push(line) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("seaworthy-postgres", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "seaworthy-cli-"));
    await writeFile(join(folder, "001_users.sql"), "create table users (id int)");
    await writeFile(join(folder, "002_more.sql"), "create table more (id int)");
    await writeFile(join(folder, "002_more.down.sql"), "drop table more");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("migrates, shows the state and reverts", async () => {
    const url = `pglite://${join(folder, "data")}`;
    expect(await run(["status", folder, "--url", url])).toMatchObject({
      code: 1,
      out: "pending    001_users\npending    002_more",
    });
    expect(await run(["migrate", folder, "--dry-run"], { DATABASE_URL: url })).toMatchObject({
      code: 0,
      out: "would apply 001_users\nwould apply 002_more",
    });
    expect(await run(["migrate", folder, "--url", url])).toMatchObject({
      code: 0,
      out: "applied 001_users\napplied 002_more",
    });
    expect(await run(["migrate", folder, "--url", url])).toMatchObject({
      code: 0,
      out: "nothing to apply; 2 are applied",
    });
    expect((await run(["status", folder, "--url", url])).out).toMatch(/^applied +001_users {2}\d{4}-.*Z\napplied/);
    expect(await run(["revert", folder, "--url", url])).toMatchObject({ code: 0, out: "reverted 002_more" });
    expect(await run(["revert", folder, "--url", url])).toMatchObject({
      code: 1,
      err: expect.stringContaining("POSTGRES_MIGRATION_FAILED"),
    });
    const db = await connectPostgres({ url });
    await symlink(join(folder, "data"), join(folder, "other-name"));
    for (const name of ["data", "other-name"])
      await expect(connectPostgres({ url: `pglite://${join(folder, name)}` }), name).rejects.toMatchObject({
        code: "POSTGRES_BUSY",
        context: { process: process.pid },
      });
    expect(await run(["status", folder, "--url", url])).toMatchObject({
      code: 1,
      err: expect.stringContaining("POSTGRES_BUSY"),
    });
    await db.close();
    expect(await readdir(folder)).not.toContain("data.lock");
  });

  test.each([
    [[], "give a command"],
    [["fly"], "there is no command fly"],
    [["constructor"], "there is no command constructor"],
    [["migrate"], "migrate has other arguments"],
    [["migrate", "a", "b"], "migrate has other arguments"],
    [["migrate", "x"], "give --url"],
    [["migrate", "x", "--speed"], "Unknown option"],
  ])("%j exits with 2 and the usage", async (args, message) => {
    expect(await run(args)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(message) });
    expect((await run(args)).err).toContain("Usage: seaworthy-postgres");
  });

  test("--help shows the usage and exits with 0", async () => {
    expect(await run(["--help"])).toMatchObject({ code: 0, out: expect.stringContaining("Commands:"), err: "" });
  });

  test("a server that is not there exits with 1 and the code", async () => {
    const answer = await run(["migrate", folder, "--url", "postgres://u:swordfish-2@127.0.0.1:1/x"]);
    expect(answer).toMatchObject({ code: 1, err: expect.stringContaining("(POSTGRES_UNREACHABLE)") });
    expect(answer.err).not.toContain("swordfish-2");
  });
});

describe.each(ENGINES)("tools for tests on %s", (engine) => {
  test("a test database is empty, answers, and is gone afterwards", async () => {
    const own = await testDatabase(engine === "pg" ? { server: SERVER } : {});
    await own.db.query(`create table authors (id int primary key, name text);
      create table books (id int primary key, author int references authors, editor int references authors);
      create index books_author on books (author, id)`);
    await expectPlan(own.db, sql`select * from books where author = ${5} order by id`, { uses: "books_author" });
    await expect(
      expectPlan(own.db, sql`select * from authors where name = ${"x"}`, { uses: "authors_name" }),
    ).rejects.toThrow("does not use the index authors_name");
    expect(await unindexedForeignKeys(own.db)).toEqual([
      { table: "books", constraint: "books_editor_fkey", columns: ["editor"] },
    ]);
    await own.close();
    await expect(own.db.query("select 1")).rejects.toMatchObject({ code: "POSTGRES_CLOSED" });
  });
});
