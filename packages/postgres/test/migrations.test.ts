import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureTelemetry } from "@seaworthy/core/testing";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectPostgres, migrate, migrationStatus, type Postgres, revert } from "../src/index.ts";
import { testDatabase } from "../src/testing.ts";
import { ENGINES, Place, SERVER } from "./engines.ts";

const folders: string[] = [];
async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-migrations-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
const USERS = "create table users (id int primary key);\ninsert into users values (1);";

describe.each(ENGINES)("migrations on %s", (engine) => {
  const place = new Place(engine);
  let db: Postgres;
  beforeEach(async () => {
    db = await place.open();
  });
  afterEach(() => place.clean());
  afterAll(() => place.close());
  const count = async (table: string): Promise<unknown> =>
    (await db.query(`select count(*)::int as n from ${table}`)).rows[0]?.n;

  test("a byte order mark, an empty file and a file of comments are taken", async () => {
    const folder = await folderOf({
      "001_users.sql": `\uFEFF${USERS}`,
      "002_nothing.sql": "",
      "003_comment.sql": "-- nothing",
      "004_index.sql": "\uFEFF-- seaworthy: no transaction\ncreate index concurrently users_id on users (id)",
    });
    expect((await migrate(db, folder)).applied).toHaveLength(4);
    expect(await count("users")).toBe(1);
  });

  test("an unfinished step that got a transaction ends when it is run again", async () => {
    const broken = { id: "001_a", statements: ["select 1/0"], transaction: false };
    await expect(migrate(db, [broken])).rejects.toMatchObject({ code: "POSTGRES_MIGRATION_FAILED" });
    const repaired = [{ id: "001_a", statements: ["create table a (id int)"] }];
    expect((await migrate(db, repaired, { retryUnfinished: true })).applied).toEqual(["001_a"]);
    expect(await migrate(db, repaired)).toEqual({ applied: [], skipped: ["001_a"] });
  });

  test("applies each file once, in order, and says what it did", async () => {
    const folder = await folderOf({
      "002_names.mjs": "export const up = (sql) => sql.query(`alter table users add name text`);",
      "001_users.sql": USERS,
      "README.md": "not a migration",
    });
    expect(await migrate(db, folder)).toEqual({ applied: ["001_users", "002_names"], skipped: [] });
    expect(await migrate(db, folder)).toEqual({ applied: [], skipped: ["001_users", "002_names"] });
    await writeFile(join(folder, "003_more.sql"), "insert into users values (2, 'b')");
    expect((await migrate(db, folder)).applied).toEqual(["003_more"]);
    expect(await count("users")).toBe(2);
  });

  test("steps of several packages do not mix", async () => {
    const steps = (table: string) => [{ id: "001", statements: [`create table ${table} (id int)`] }];
    await migrate(db, steps("one"), { set: "one" });
    await migrate(db, steps("two"), { set: "two" });
    expect((await migrationStatus(db, steps("one"), { set: "one" })).map(({ state }) => state)).toEqual(["applied"]);
  });

  test("a step that fails leaves nothing, and those before it stay", async () => {
    const folder = await folderOf({
      "001_users.sql": USERS,
      "002_bad.sql": "create table half (id int); insert into nothing_here values (1);",
      "003_later.sql": "create table later (id int)",
    });
    using telemetry = captureTelemetry();
    await expect(migrate(db, folder)).rejects.toMatchObject({
      code: "POSTGRES_MIGRATION_FAILED",
      context: { id: "002_bad" },
      cause: { code: "42P01" },
    });
    expect((await db.query("select to_regclass('half') as half, to_regclass('later') as later")).rows[0]).toEqual({
      half: null,
      later: null,
    });
    expect((await migrationStatus(db, folder)).map(({ state }) => state)).toEqual(["applied", "pending", "pending"]);
    expect(telemetry.of("postgres.migration").map(({ labels }) => labels.outcome)).toEqual(["applied", "failed"]);
  });

  test("a COMMIT within a step is found out", async () => {
    const folder = await folderOf({ "001_commits.sql": "create table t (id int); commit; begin;" });
    await expect(migrate(db, folder)).rejects.toThrow("leave out BEGIN, COMMIT and ROLLBACK");
  });

  test.each([
    [
      "edited",
      { "001_a.sql": "create table a (id int, more int)", "003_c.sql": "create table c (id int)" },
      "001_a",
      "was changed after it had been applied",
    ],
    ["missing", { "001_a.sql": "create table a (id int)" }, "003_c", "is not in the source any more"],
    [
      "late",
      {
        "001_a.sql": "create table a (id int)",
        "002_b.sql": "create table b (id int)",
        "003_c.sql": "create table c (id int)",
      },
      "002_b",
      "before a migration that has been applied",
    ],
  ])("a step that is %s is refused and named, and nothing is applied", async (state, files, id, message) => {
    const folder = await folderOf({ "001_a.sql": "create table a (id int)", "003_c.sql": "create table c (id int)" });
    await migrate(db, folder);
    const changed = await folderOf({ ...files, "009_new.sql": "create table fresh (id int)" });
    const refused = migrate(db, changed);
    await expect(refused).rejects.toMatchObject({ code: "POSTGRES_MIGRATION_CHANGED", context: { id, state } });
    await expect(refused).rejects.toThrow(message);
    expect((await db.query("select to_regclass('fresh') as fresh")).rows[0]).toEqual({ fresh: null });
    expect((await migrationStatus(db, changed)).find((one) => one.id === id)?.state).toBe(state);
  });

  test("other line ends are not an edit", async () => {
    await migrate(db, await folderOf({ "001_a.sql": "create table a (\n id int)" }));
    expect(await migrate(db, await folderOf({ "001_a.sql": "create table a (\r\n id int)" }))).toMatchObject({
      applied: [],
    });
  });

  test("a dry run says what would be applied and applies nothing", async () => {
    const folder = await folderOf({ "001_users.sql": USERS });
    expect((await migrate(db, folder, { dryRun: true })).applied).toEqual(["001_users"]);
    expect(
      (await db.query("select to_regclass('users') as users, to_regclass('seaworthy_migrations') as own")).rows[0],
    ).toEqual({ users: null, own: null });
  });

  test("reverts the last step, or all after one, where a down part was written", async () => {
    const folder = await folderOf({
      "001_users.sql": USERS,
      "002_a.sql": "create table a (id int)",
      "002_a.down.sql": "drop table a",
      "003_b.mjs":
        "export const up = (sql) => sql.query('create table b (id int)'); export const down = (sql) => sql.query('drop table b');",
    });
    await migrate(db, folder);
    expect(await revert(db, folder, { dryRun: true })).toEqual(["003_b"]);
    expect(await revert(db, folder, { to: "001_users" })).toEqual(["003_b", "002_a"]);
    await expect(revert(db, folder)).rejects.toMatchObject({
      code: "POSTGRES_MIGRATION_FAILED",
      context: { id: "001_users" },
    });
    expect((await migrate(db, folder)).applied).toEqual(["002_a", "003_b"]);
    await expect(revert(db, folder, { to: "nope" })).rejects.toThrow("to must be the id of an applied migration");
  });

  test.each([
    [{ "users.sql": "select 1" }, "begins with a number"],
    [{ "1_a.sql": "select 1", "10_b.sql": "select 1" }, "same number of digits"],
    [{ "001_a.sql": "select 1", "001_b.sql": "select 1" }, "have the same number"],
    [{ "001_a.sql": "select 1", "001_a.mjs": "export const up = () => {}" }, "one migration twice"],
    [{ "001_a.down.sql": "select 1" }, "no migration that it would revert"],
    [{ "001_a.mjs": "export const op = 1" }, "must export a function up"],
  ])("a folder of %o is refused, because its order or meaning is not clear", async (files, message) => {
    await expect(migrate(db, await folderOf(files))).rejects.toThrow(message);
  });

  test.each([
    [[{ id: "", statements: ["x"] }], {}, "id must be a string"],
    [[{ id: "a", statements: [] }], {}, "statements must be an array of strings"],
    [
      [
        { id: "a", statements: ["x"] },
        { id: "a", statements: ["y"] },
      ],
      {},
      "two migrations have the id",
    ],
    [5, {}, "source must be a folder or an array"],
    [[], { lockTimeout: "soon" }, undefined],
    [[], { set: "" }, "set must be"],
    [[], { dry: true }, 'no option "dry"'],
  ])("source %o with %o is refused", async (source, options, message) => {
    const run = migrate(db, source as never, options as never);
    if (message === undefined)
      expect(await run).toEqual({ applied: [], skipped: [] }); // nothing to do, nothing to lock
    else await expect(run).rejects.toThrow(message);
  });
});

describe.skipIf(!ENGINES.includes("pg"))("migrations of several processes", () => {
  const place = new Place("pg");
  let db: Postgres;
  beforeEach(async () => {
    db = await place.open();
  });
  afterEach(() => place.clean());
  afterAll(() => place.close());

  const start = (folder: string, hold?: string, url = place.url) => {
    const args = ["--conditions=@seaworthy/source", "--no-warnings", join(import.meta.dirname, "fixtures-migrate.ts")];
    const child = spawn(process.execPath, [...args, url, folder, ...(hold === undefined ? [] : [hold])], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
    return {
      child,
      ended,
      said: async (text: string) => {
        while (!output.includes(text)) await once(child.stdout, "data");
      },
    };
  };

  test("ten instances that start together apply each step once, and all start", async () => {
    const folder = await folderOf({
      "001_users.sql": `${USERS} select pg_sleep(0.2);`,
      "002_index.sql": "-- seaworthy: no transaction\ncreate index concurrently users_id on users (id)",
      "003_more.sql": "insert into users values (2)",
    });
    // In a database of its own: the index waits for every older transaction of the database, also those of other tests.
    await using own = await testDatabase({ server: SERVER });
    const instances = Array.from({ length: 10 }, () => start(folder, undefined, own.url));
    const results = await Promise.all(instances.map(({ ended }) => ended));
    expect(results.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 0));
    const applied = results.map(({ output }) => JSON.parse(output) as string[]).filter((ids) => ids.length > 0);
    expect(applied).toEqual([["001_users", "002_index", "003_more"]]);
    expect((await own.db.query("select count(*)::int as n from users")).rows[0]?.n).toBe(2);
  });

  test("a holder that is killed releases the lock, and its step left nothing", async () => {
    const folder = await folderOf({ "001_users.sql": USERS });
    const holder = start(folder, "600");
    await holder.said("holding");
    const holds = async (): Promise<boolean> =>
      (
        await db.query(
          "select 1 from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())",
        )
      ).rows.length > 0;
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(migrate(db, folder, { lockTimeout: "300ms" })).rejects.toMatchObject({
      code: "POSTGRES_MIGRATION_LOCKED",
      status: 503,
    });
    holder.child.kill("SIGKILL");
    await holder.ended;
    await db.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'instance' and query like '%pg_sleep%'",
    );
    expect((await migrate(db, folder)).applied).toEqual(["001_users"]);
    expect((await migrationStatus(db, [])).map(({ id }) => id)).toEqual(["001_users"]);
  });

  test("a step without a transaction that did not end is refused until somebody has looked", async () => {
    await db.query("create table items (id int); insert into items values (1), (1)");
    const folder = await folderOf({
      "001_unique.sql": "-- seaworthy: no transaction\ncreate unique index concurrently items_id on items (id)",
    });
    await expect(migrate(db, folder)).rejects.toMatchObject({
      code: "POSTGRES_MIGRATION_FAILED",
      cause: { code: "23505" },
    });
    await expect(migrate(db, folder)).rejects.toThrow("did not end the last time");
    expect((await migrationStatus(db, folder))[0]?.state).toBe("unfinished");
    await db.query("drop index items_id; delete from items where ctid = (select min(ctid) from items)");
    expect((await migrate(db, folder, { retryUnfinished: true })).applied).toEqual(["001_unique"]);
    expect((await migrationStatus(db, folder))[0]).toMatchObject({ state: "applied", appliedAt: expect.any(Date) });
  });

  test("a table's lock is not waited for longer than tableLockTimeout", async () => {
    await db.query("create table busy (id int)");
    await db.transaction(async (tx) => {
      await tx.query("lock table busy in access share mode");
      const other = await place.open({ name: "other" });
      await expect(
        migrate(other, [{ id: "001", statements: ["alter table busy add name text"] }], { tableLockTimeout: "200ms" }),
      ).rejects.toMatchObject({
        code: "POSTGRES_MIGRATION_FAILED",
        cause: { code: "POSTGRES_TIMEOUT", context: { limit: "lock" } },
      });
    });
  });

  test("a role that may not create tables can start where everything is applied", async () => {
    const folder = await folderOf({ "001_users.sql": USERS });
    await migrate(db, folder);
    const role = `${place.schema}_reader`;
    await db.query(
      `create role ${role} login; grant usage on schema ${place.schema} to ${role}; grant select on all tables in schema ${place.schema} to ${role}`,
    );
    const url = new URL(place.url);
    url.username = role;
    const reader = await connectPostgres({ url: url.href });
    expect(await migrate(reader, folder)).toEqual({ applied: [], skipped: ["001_users"] });
    await reader.close();
    await db.query(`drop owned by ${role}; drop role ${role}`);
  });
});

describe.skipIf(!ENGINES.includes("pg"))("a migration whose lock is lost", () => {
  test("is not applied twice: the second transaction is rolled back", async () => {
    await using place = await testDatabase({ server: SERVER });
    await place.db.query("create table gates (); create table counters (n int); insert into counters values (0)");
    await using other = await connectPostgres({ url: place.url });
    const until = async (text: string): Promise<void> => {
      while ((await other.outside.query(text)).rows.length === 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const waiting = (query: string): string => `select 1 from pg_stat_activity
      where wait_event_type = 'Lock' and query like '${query}%' and datname = current_database()`;
    const killLock = `select pg_terminate_backend(pid, 5000) from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;
    const steps = [{ id: "001_count", statements: ["update counters set n = n + 1", "lock table gates"] }];
    const outcomes = await Promise.allSettled(
      await other.transaction(async (tx) => {
        await tx.query("lock table gates");
        const first = migrate(place.db, steps, { tableLockTimeout: 0 });
        await until(waiting("lock table gates"));
        await other.outside.query(killLock);
        const second = migrate(other, steps, { tableLockTimeout: 0 });
        await until(waiting("update counters"));
        return [first, second];
      }),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(outcomes[1]).toMatchObject({ reason: { code: "POSTGRES_MIGRATION_FAILED" } });
    expect((await other.query("select n from counters")).rows).toEqual([{ n: 1 }]);
  });
});
