import { createServer, type Socket } from "node:net";
import { readGauges, runWithContext } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { connectPostgres, type Postgres } from "../src/index.ts";
import { ENGINES, Place, SERVER, uniqueName } from "./engines.ts";

const until = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe("the options", () => {
  test.each([
    [{}, "url must be a string that begins with"],
    [{ url: "mysql://x" }, "url must be a string that begins with"],
    [{ url: "postgres://" + "u:secret-word@[x" }, "url must be an absolute URL"],
    [{ url: SERVER, base: -1 }, "base must be"],
    [{ url: SERVER, overflow: 1.5 }, "overflow must be"],
    [{ url: SERVER, base: 0, overflow: 0 }, "must not both be 0"],
    [{ url: SERVER, connectTimeout: 0 }, "connectTimeout must be more than 0"],
    [{ url: SERVER, statementTimeout: "60d" }, "statementTimeout must be at most"],
    [{ url: SERVER, pooler: "session" }, "pooler must be one of"],
    [{ url: SERVER, name: "" }, "name must be"],
    [{ url: SERVER, name: null }, "name must be"],
    [{ url: SERVER, pool: 5 }, 'no option "pool"'],
    [{ url: SERVER, instances: 0 }, "instances must be"],
    [{ url: SERVER, tls: { rejectUnauthorized: false } }, 'no option "rejectUnauthorized"'],
  ])("%o is refused", async (options, message) => {
    const refused = connectPostgres(options as never);
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow("secret-word");
  });

  test("a server that is not there is said with its address and without its password", async () => {
    const refused = connectPostgres({ url: "postgres://user:swordfish-1@127.0.0.1:1/shop" });
    await expect(refused).rejects.toMatchObject({
      code: "POSTGRES_UNREACHABLE",
      context: { host: "127.0.0.1:1", database: "shop", reason: "ECONNREFUSED" },
    });
    await expect(refused).rejects.not.toThrow("swordfish-1");
  });

  test("a server that accepts and never answers is given up after connectTimeout", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const refused = connectPostgres({ url: `postgres://u@127.0.0.1:${port}/x`, connectTimeout: "200ms" });
    await expect(refused).rejects.toMatchObject({ code: "POSTGRES_UNREACHABLE" });
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});

describe.skipIf(!ENGINES.includes("pg"))("the pool", () => {
  const place = new Place("pg");
  const opened: Postgres[] = [];
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close({ timeout: 100 });
  });
  afterAll(() => place.close());
  const open = async (options: object = {}): Promise<Postgres> => {
    const db = await connectPostgres({ url: SERVER, name: uniqueName("pool"), ...options });
    opened.push(db);
    return db;
  };
  /** Transactions that hold a connection each until they are released. */
  const hold = async (db: Postgres, count: number): Promise<() => Promise<void>> => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held = Array.from({ length: count }, () =>
      db.transaction(async (tx) => {
        await tx.query("select 1");
        await released;
      }),
    );
    await until(() => db.stats().inUse === count && db.stats().total === count);
    return async () => {
      release();
      await Promise.all(held);
    };
  };

  test("the call after base and overflow waits, and fails on time with the figures of the pool", async () => {
    const db = await open({ base: 2, overflow: 3, connectTimeout: "2s" });
    const release = await hold(db, 5);
    const late = db.query("select 1");
    await until(() => db.stats().waiting === 1);
    expect(db.stats()).toEqual({ total: 5, idle: 0, inUse: 5, waiting: 1, base: 2, max: 5 });
    await expect(late).rejects.toMatchObject({
      code: "POSTGRES_POOL_EXHAUSTED",
      status: 503,
      retryable: true,
      context: { total: 5, idle: 0, max: 5, waited: 2000 },
    });
    await release();
    expect((await db.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("a call that waits is served as soon as a connection is free", async () => {
    const db = await open({ base: 1, overflow: 0 });
    const release = await hold(db, 1);
    const waiting = db.query("select 42 as answer");
    await until(() => db.stats().waiting === 1);
    await release();
    expect((await waiting).rows).toEqual([{ answer: 42 }]);
  });

  test("idle connections beyond base are closed", async () => {
    const db = await open({ base: 2, overflow: 4, idleTimeout: "100ms" });
    const release = await hold(db, 6);
    await release();
    await until(() => db.stats().total === 2);
    expect(db.stats()).toMatchObject({ total: 2, idle: 2 });
  });

  test("connections are closed after maxLifetime, although they are used", async () => {
    const db = await open({ base: 1, overflow: 0, maxLifetime: "100ms" });
    const pid = async (): Promise<unknown> => (await db.query("select pg_backend_pid() as pid")).rows[0]?.pid;
    const first = await pid();
    await until(async () => (await pid()) !== first);
    expect(db.stats().total).toBe(1);
  });

  test("an idle connection that breaks leaves the pool, and the next call does not notice", async () => {
    using telemetry = captureTelemetry();
    const db = await open({ base: 1, overflow: 0 });
    const { rows } = await db.query("select pg_backend_pid() as pid");
    const other = await open();
    await other.query("select pg_terminate_backend($1, 5000)", [rows[0]?.pid]);
    await until(() => telemetry.of("postgres.connection").some(({ labels }) => labels.change === "lost"));
    expect((await db.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("gauges show the connections while the database is open", async () => {
    const db = await open({ base: 3, overflow: 0 });
    const release = await hold(db, 2);
    const read = (): Record<string, number> =>
      Object.fromEntries(
        readGauges()
          .filter(({ labels }) => labels.database === db.name)
          .map(({ labels, value }) => [String(labels.state), value]),
      );
    expect(read()).toEqual({ in_use: 2, idle: 0, waiting: 0 });
    await release();
    await db.close();
    expect(read()).toEqual({});
  });

  test("warns if all instances together may need more connections than the server allows", async () => {
    using telemetry = captureTelemetry();
    await open({ base: 20, overflow: 40, instances: 1000 });
    expect(telemetry.of("postgres.capacity")[0]?.details).toMatchObject({ needed: 60_000, instances: 1000 });
    telemetry.clear();
    await open({ base: 1, overflow: 1 });
    expect(telemetry.of("postgres.capacity")).toEqual([]);
  });

  test("after close, calls are refused, and no connection is left", async () => {
    const db = await open();
    await Promise.all([db.query("select 1"), db.query("select 1")]);
    await Promise.all([db.close(), db.close()]);
    expect(db.stats().total).toBe(0);
    await expect(db.query("select 1")).rejects.toMatchObject({ code: "POSTGRES_CLOSED" });
    await expect(db.transaction(async () => 1)).rejects.toMatchObject({ code: "POSTGRES_CLOSED" });
  });

  test("close lets statements end, and cuts those that take longer than its timeout", async () => {
    const db = await open();
    // Two connections are there, so that neither statement waits for one.
    await Promise.all([db.query("select pg_sleep(0.05)"), db.query("select pg_sleep(0.05)")]);
    const quick = db.query("select pg_sleep(0.05), 1 as one");
    const slow = db.query("select pg_sleep(600)");
    const failed = slow.catch((error: unknown) => error);
    await until(() => db.stats().inUse === 2);
    await db.close({ timeout: "2s" });
    expect((await quick).rows[0]).toMatchObject({ one: 1 });
    expect(await failed).toMatchObject({ code: "POSTGRES_CONNECTION_LOST" });
  });
});

describe.skipIf(!ENGINES.includes("pg"))("statements", () => {
  const opened: Postgres[] = [];
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close({ timeout: 100 });
  });
  const open = async (options: object = {}): Promise<Postgres> => {
    const db = await connectPostgres({ url: SERVER, name: uniqueName("statements"), base: 2, overflow: 0, ...options });
    opened.push(db);
    return db;
  };
  const running = async (db: Postgres, name: string): Promise<number> => {
    const text =
      "select count(*)::int as n from pg_stat_activity where application_name = $1 and query like '%pg_sleep%' and state = 'active'";
    return Number((await db.query(text, [name])).rows[0]?.n);
  };

  test.each(["none", "transaction"] as const)(
    "an aborted caller's statement is cancelled on the server, pooler %s",
    async (pooler) => {
      const db = await open({ pooler });
      const watcher = await open();
      const leaving = new AbortController();
      const run = runWithContext({ signal: leaving.signal }, () => db.query("select pg_sleep(600)"));
      await until(async () => (await running(watcher, db.name)) === 1);
      leaving.abort(new Error("left"));
      await expect(run).rejects.toMatchObject({ code: "POSTGRES_CANCELLED", cause: { message: "left" } });
      await until(async () => (await running(watcher, db.name)) === 0);
      expect((await db.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    },
  );

  test("the context's deadline ends a statement, in a transaction too", async () => {
    const db = await open();
    const withinMoment = <T>(fn: () => Promise<T>): Promise<T> => runWithContext({ deadline: Date.now() + 300 }, fn);
    await expect(withinMoment(() => db.query("select pg_sleep(600)"))).rejects.toMatchObject({
      code: "POSTGRES_TIMEOUT",
      context: { limit: "deadline" },
    });
    const run = withinMoment(() => db.transaction((tx) => tx.query("select pg_sleep(600)")));
    await expect(run).rejects.toMatchObject({ code: "POSTGRES_TIMEOUT", context: { limit: "deadline" } });
    const watcher = await open();
    await until(async () => (await running(watcher, db.name)) === 0);
  });

  test("nothing is sent for a caller who has already left or whose time is over", async () => {
    const db = await open();
    const aborted = runWithContext({ signal: AbortSignal.abort(new Error("left")) }, () => db.query("select 1"));
    await expect(aborted).rejects.toMatchObject({ code: "POSTGRES_CANCELLED" });
    const late = runWithContext({ deadline: Date.now() - 1 }, () => db.query("select 1"));
    await expect(late).rejects.toMatchObject({ code: "POSTGRES_TIMEOUT" });
  });

  test("a caller who leaves while it waits for a connection takes none", async () => {
    const db = await open({ base: 1 });
    let release: () => void = () => undefined;
    const held = db.transaction(() => new Promise<void>((resolve) => (release = resolve)));
    const leaving = new AbortController();
    const waiting = runWithContext({ signal: leaving.signal }, () => db.query("select 1"));
    await until(() => db.stats().waiting === 1);
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: "POSTGRES_CANCELLED" });
    release();
    await held;
    await until(() => db.stats().inUse === 0);
    expect((await db.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test.each(["none", "transaction"] as const)("statementTimeout ends a statement, pooler %s", async (pooler) => {
    const db = await open({ pooler, statementTimeout: "300ms" });
    await expect(db.query("select pg_sleep(600)")).rejects.toMatchObject({
      code: "POSTGRES_TIMEOUT",
      context: { limit: "statement" },
    });
    const run = db.transaction((tx) => tx.query("select pg_sleep(600)"));
    await expect(run).rejects.toMatchObject({ code: "POSTGRES_TIMEOUT", context: { limit: "statement" } });
  });

  test("lockTimeout ends the wait for a lock, and NOWAIT keeps its SQLSTATE", async () => {
    const db = await open({ lockTimeout: "200ms", base: 3 });
    const table = uniqueName("locked");
    await db.query(`create table ${table} (id int)`);
    await db.transaction(async (tx) => {
      await tx.query(`lock table ${table}`);
      await expect(db.outside.query(`select * from ${table}`)).rejects.toMatchObject({
        code: "POSTGRES_TIMEOUT",
        context: { limit: "lock" },
      });
      const nowait = db.outside.transaction((other) => other.query(`lock table ${table} nowait`));
      await expect(nowait).rejects.toMatchObject({ code: "55P03" });
    });
    await db.query(`drop table ${table}`);
  });

  test("a transaction that is idle for too long is ended by the server", async () => {
    const db = await open({ idleInTransactionTimeout: "100ms" });
    const run = db.transaction(async (tx) => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await tx.query("select 1");
    });
    await expect(run).rejects.toMatchObject({ code: "POSTGRES_CONNECTION_LOST", context: { committed: "no" } });
  });

  test("the server's own errors keep their SQLSTATE", async () => {
    const db = await open();
    await expect(db.query("select * from nothing_here")).rejects.toMatchObject({ code: "42P01" });
    await expect(db.query("select 1/0")).rejects.toMatchObject({ code: "22012" });
  });

  test("a statement that the server's administrator cancels is a cancelled one", async () => {
    const db = await open();
    const run = db.query("select pg_sleep(600)");
    const failed = run.catch((error: unknown) => error);
    const watcher = await open();
    await until(async () => (await running(watcher, db.name)) === 1);
    await watcher.query("select pg_cancel_backend(pid) from pg_stat_activity where application_name = $1", [db.name]);
    expect(await failed).toMatchObject({ code: "POSTGRES_CANCELLED" });
  });

  test("an event tells how long each statement took and how it ended", async () => {
    const db = await open();
    using telemetry = captureTelemetry();
    await db.query("select 1");
    await db.query("select 1/0").catch(() => undefined);
    const seen = telemetry.of("postgres.query").filter(({ labels }) => labels.database === db.name);
    expect(seen.map(({ labels }) => labels.outcome)).toEqual(["ok", "error"]);
    expect(seen[0]?.value).toBeGreaterThan(0);
  });
});

describe.each(ENGINES)("values on %s", (engine) => {
  const place = new Place(engine);
  afterAll(() => place.close());

  test("have the same form on both engines", async () => {
    const db = await place.open();
    const { rows } = await db.query(`select 9007199254740993::int8 as big, 1.50::numeric as exact, true as yes,
      '2026-01-02'::date as day, '2026-01-02 03:04:05.123+00'::timestamptz as moment, '\\x0102'::bytea as bytes,
      '{"a":[1]}'::jsonb as doc, array[1::int8, null] as bigs, array['2026-01-02'::date] as days,
      array['a,b', null] as texts, '1 day 02:03:04'::interval as span, null as nothing, 1.5::float8 as number`);
    expect(rows[0]).toEqual({
      big: "9007199254740993",
      exact: "1.50",
      yes: true,
      day: "2026-01-02",
      moment: new Date("2026-01-02T03:04:05.123Z"),
      bytes: Buffer.from([1, 2]),
      doc: { a: [1] },
      bigs: ["1", null],
      days: ["2026-01-02"],
      texts: ["a,b", null],
      span: "1 day 02:03:04",
      nothing: null,
      number: 1.5,
    });
  });

  test("rowCount counts rows that were returned or changed", async () => {
    const db = await place.open();
    expect((await db.query("select 1 union select 2")).rowCount).toBe(2);
    await db.query("create table t (a int)");
    expect((await db.query("insert into t select generate_series(1, 3)")).rowCount).toBe(3);
  });
});
