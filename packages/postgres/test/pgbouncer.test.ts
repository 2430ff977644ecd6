import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { runWithContext } from "@seaworthy/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPostgres, migrate, type Postgres, sql, withLease } from "../src/index.ts";
import { type TestDatabase, testDatabase } from "../src/testing.ts";
import { ENGINES, SERVER } from "./engines.ts";

const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
const program = folders.map((folder) => join(folder, "pgbouncer")).find((path) => existsSync(path));
if (program === undefined) {
  if (process.env.CI === "true") throw new Error("pgbouncer is missing, which CI needs");
  console.warn("skipped: pgbouncer is not installed");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

describe.skipIf(program === undefined || !ENGINES.includes("pg"))("behind PgBouncer in transaction mode", () => {
  let own: TestDatabase;
  let folder: string | undefined;
  let bouncer: ChildProcess;
  let url: string;
  let db: Postgres;
  beforeAll(async () => {
    own = await testDatabase({ server: SERVER });
    const place = new URL(own.url);
    const port = await freePort();
    folder = await mkdtemp(join(tmpdir(), "seaworthy-pgbouncer-"));
    await chmod(folder, 0o755);
    const user = decodeURIComponent(place.username) || "postgres";
    await writeFile(
      join(folder, "pgbouncer.ini"),
      `[databases]
* = host=${place.hostname} port=${place.port || 5432} user=${user} ${place.password === "" ? "" : `password=${place.password}`}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`,
    );
    // It refuses to run as root.
    const asUser = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
    bouncer = spawn(program as string, [...asUser, join(folder, "pgbouncer.ini")], { stdio: "ignore" });
    while (!(await accepts(port))) {
      if (bouncer.exitCode !== null) throw new Error(`pgbouncer ended with ${bouncer.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    place.port = String(port);
    url = place.href;
    db = await connectPostgres({ url, pooler: "transaction", base: 2, overflow: 18, statementTimeout: "20s" });
  });
  afterAll(async () => {
    await db?.close();
    bouncer?.kill();
    await own?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test("without pooler, the refusal says what to set", async () => {
    await expect(connectPostgres({ url })).rejects.toThrow('set pooler: "transaction"');
  });

  test("more transactions than the server has connections for all succeed", async () => {
    await db.query("create table counts (n int); insert into counts values (0)");
    const add = () =>
      db.transaction(async (tx) => {
        await tx.query("update counts set n = n + 1");
        await db.transaction((inner) => inner.query("update counts set n = n + 1"));
      });
    await Promise.all(Array.from({ length: 40 }, add));
    expect((await db.query("select n from counts")).rows[0]?.n).toBe(80);
  });

  test("the limits of a transaction do not stay on the server's connection", async () => {
    await db.transaction(
      async (tx) => {
        expect((await tx.query("show statement_timeout")).rows[0]).toEqual({ statement_timeout: "1234ms" });
      },
      { statementTimeout: "1234ms" },
    );
    const shown = await Promise.all(Array.from({ length: 10 }, () => db.query("show statement_timeout")));
    expect(shown.map(({ rows }) => rows[0]?.statement_timeout)).toEqual(Array.from({ length: 10 }, () => "0"));
  });

  test("an aborted caller's statement is cancelled on the server", async () => {
    const leaving = new AbortController();
    const run = runWithContext({ signal: leaving.signal }, () => db.query("select pg_sleep(600)"));
    const failed = run.catch((error: unknown) => error);
    const sleeping = async (): Promise<unknown> =>
      (
        await own.db.query(
          "select count(*)::int as n from pg_stat_activity where state = 'active' and query = 'select pg_sleep(600)'",
        )
      ).rows[0]?.n;
    while ((await sleeping()) !== 1) await new Promise((resolve) => setTimeout(resolve, 20));
    leaving.abort();
    expect(await failed).toMatchObject({ code: "POSTGRES_CANCELLED" });
    while ((await sleeping()) !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test("migrations and leases work, which take no locks of a session", async () => {
    const steps = [{ id: "001", statements: ["create table made (id int)"] }];
    const results = await Promise.all([migrate(db, steps), migrate(db, steps)]);
    expect(results.flatMap(({ applied }) => applied)).toEqual(["001"]);
    expect(await withLease(db, "job", { ttl: "30s" }, async ({ fence }) => fence)).toBe(1n);
    expect((await db.query(sql`select ${"bound"}::text as value`)).rows).toEqual([{ value: "bound" }]);
  });
});
