import { openTransaction, runWithContext } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Postgres, sql } from "../src/index.ts";
import { ENGINES, Place } from "./engines.ts";

describe.each(ENGINES)("transactions on %s", (engine) => {
  const place = new Place(engine);
  let db: Postgres;
  beforeEach(async () => {
    db = await place.open();
    await db.query("create table notes (id int primary key, text text not null)");
  });
  afterEach(() => place.clean());
  afterAll(() => place.close());
  const ids = async (): Promise<unknown[]> =>
    (await db.query("select id from notes order by id")).rows.map((row) => row.id);
  const insert = (id: number) => sql`insert into notes (id, text) values (${id}, ${"x"})`;

  test("commits what the callback did and returns its value", async () => {
    const value = await db.transaction(async (tx) => {
      await tx.query(insert(1));
      return "done";
    });
    expect([value, await ids()]).toEqual(["done", [1]]);
  });

  test("commits nothing if the callback throws, and rejects with its error", async () => {
    const error = new Error("no");
    const run = db.transaction(async (tx) => {
      await tx.query(insert(1));
      throw error;
    });
    await expect(run).rejects.toBe(error);
    expect(await ids()).toEqual([]);
    expect(db.stats().inUse).toBe(0);
  });

  test("commits nothing if a statement had failed and the callback swallowed its error", async () => {
    const run = db.transaction(async (tx) => {
      await tx.query(insert(1));
      await tx.query(insert(1)).catch(() => undefined);
    });
    await expect(run).rejects.toMatchObject({
      code: "POSTGRES_TRANSACTION_ABORTED",
      cause: { code: "23505" },
    });
    expect(await ids()).toEqual([]);
  });

  test("statements of the database itself join the transaction of their context", async () => {
    const run = db.transaction(async () => {
      await db.query(insert(1));
      expect((await db.query("select count(*)::int as n from notes")).rows[0]?.n).toBe(1);
      throw new Error("undo");
    });
    await expect(run).rejects.toThrow("undo");
    expect(await ids()).toEqual([]);
  });

  test("core's openTransaction finds it while it is open, and no longer", async () => {
    expect(openTransaction(db)).toBeUndefined();
    await db.transaction(async (tx) => expect(openTransaction(db)).toBe(tx));
    expect(openTransaction(db)).toBeUndefined();
  });

  test("a transaction in a transaction is a savepoint: its failure undoes only its own work", async () => {
    await db.transaction(async (tx) => {
      await tx.query(insert(1));
      const inner = db.transaction(async (savepoint) => {
        await savepoint.query(insert(2));
        await savepoint.query(insert(2));
      });
      await expect(inner).rejects.toMatchObject({ code: "23505" });
      await db.transaction((savepoint) => savepoint.query(insert(3)));
      await tx.query(insert(4));
    });
    expect(await ids()).toEqual([1, 3, 4]);
  });

  test("savepoints nest, and swallowed failures within them are refused as well", async () => {
    await db.transaction(async () => {
      await db.query(insert(1));
      await db.transaction(async () => {
        await db.query(insert(2));
        const deepest = db.transaction(async (tx) => {
          await tx.query(insert(2)).catch(() => undefined);
        });
        await expect(deepest).rejects.toMatchObject({ code: "POSTGRES_TRANSACTION_ABORTED" });
        await db.query(insert(3));
      });
    });
    expect(await ids()).toEqual([1, 2, 3]);
  });

  test("savepoints that run at the same time do not mix", async () => {
    await db.transaction(async (tx) => {
      const savepoint = (id: number, fail: boolean) =>
        db.transaction(async (inner) => {
          await inner.query(insert(id));
          await tx.query(insert(id + 100)); // the outer client within a savepoint belongs to the savepoint
          if (fail) throw new Error("undo this one");
        });
      const outcomes = await Promise.allSettled([
        savepoint(1, false),
        savepoint(2, true),
        savepoint(3, false),
        tx.query(insert(9)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    });
    expect(await ids()).toEqual([1, 3, 9, 101, 103]);
  });

  test("a statement after the end is refused and not run on somebody else's connection", async () => {
    let kept: { query(text: string): Promise<unknown> } | undefined;
    await db.transaction(async (tx) => {
      kept = tx;
      await tx.query(insert(1));
    });
    await expect(kept?.query("delete from notes")).rejects.toMatchObject({ code: "POSTGRES_TRANSACTION_ENDED" });
    expect(await ids()).toEqual([1]);
  });

  test("statements that the callback did not wait for are part of the commit, or undone with it", async () => {
    await db.transaction(async (tx) => {
      void tx.query(insert(1));
      void tx.query(insert(2));
    });
    const run = db.transaction(async (tx) => {
      tx.query(insert(3)).catch(() => undefined);
      throw new Error("undo");
    });
    await expect(run).rejects.toThrow("undo");
    expect(await ids()).toEqual([1, 2]);
  });

  test("a refused commit is the server's error, and nothing was committed", async () => {
    await db.query("create table child (note int references notes deferrable initially deferred)");
    const run = db.transaction((tx) => tx.query("insert into child values (7)"));
    await expect(run).rejects.toMatchObject({ code: "23503" });
    expect((await db.query("select * from child")).rows).toEqual([]);
    expect(db.stats().inUse).toBe(0);
  });

  test("is not committed if the caller has left, even if the callback did not notice", async () => {
    const leaving = new AbortController();
    const run = runWithContext({ signal: leaving.signal }, () =>
      db.transaction(async (tx) => {
        await tx.query(insert(1));
        leaving.abort(new Error("left"));
        return "done";
      }),
    );
    await expect(run).rejects.toMatchObject({ code: "POSTGRES_CANCELLED", cause: { message: "left" } });
    expect(await ids()).toEqual([]);
  });

  test("read-only transactions refuse to write", async () => {
    const run = db.transaction((tx) => tx.query(insert(1)), { readOnly: true });
    await expect(run).rejects.toMatchObject({ code: "25006" });
  });

  test("malformed options are refused before a connection is taken", async () => {
    const wrong: [object, string][] = [
      [{ retry: 11 }, "retry must be"],
      [{ retry: 1.5 }, "retry must be"],
      [{ isolation: "chaos" }, "isolation must be one of"],
      [{ readonly: true }, 'no option "readonly"'],
      [{ statementTimeout: -1 }, "statementTimeout must be"],
    ];
    for (const [options, message] of wrong)
      await expect(db.transaction(async () => undefined, options)).rejects.toThrow(message);
    await expect(db.transaction("select 1" as never)).rejects.toThrow("fn must be a function");
    await db.transaction(async () => {
      await expect(db.transaction(async () => undefined, { retry: 2 })).rejects.toThrow("retry has no effect inside");
    });
  });

  test("an event tells how each transaction ended", async () => {
    using telemetry = captureTelemetry();
    await db.transaction(async () => undefined);
    await db.transaction(() => Promise.reject(new Error("no"))).catch(() => undefined);
    expect(telemetry.of("postgres.transaction").map(({ labels }) => labels.outcome)).toEqual(["commit", "rollback"]);
  });
});

describe.skipIf(!ENGINES.includes("pg"))("transactions that collide", () => {
  const place = new Place("pg");
  afterEach(() => place.clean());
  afterAll(() => place.close());

  test("a serializable transaction is repeated as a whole until it succeeds", async () => {
    const db = await place.open();
    await db.query("create table counter (n int)");
    await db.query("insert into counter values (0)");
    const increment = () =>
      db.transaction(
        async (tx) => {
          const { rows } = await tx.query<{ n: number }>("select n from counter");
          await tx.query("update counter set n = $1", [Number(rows[0]?.n) + 1]);
        },
        { isolation: "serializable", retry: 10 },
      );
    await Promise.all(Array.from({ length: 6 }, increment));
    expect((await db.query("select n from counter")).rows[0]?.n).toBe(6);
  });

  test("without retry the serialization failure is the caller's, also behind an error of the application's own", async () => {
    const db = await place.open();
    let calls = 0;
    const fail = (): Promise<never> => {
      calls++;
      const cause = Object.assign(new Error("could not serialize"), { code: "40001" });
      return Promise.reject(new Error("order not saved", { cause }));
    };
    await expect(db.transaction(fail)).rejects.toThrow("order not saved");
    expect(calls).toBe(1);
    await expect(db.transaction(fail, { retry: 2 })).rejects.toThrow("order not saved");
    expect(calls).toBe(4);
  });

  test("two transactions that lock each other both end if they may be repeated", async () => {
    const db = await place.open();
    await db.query("create table accounts (id int primary key, balance int)");
    await db.query("insert into accounts values (1, 10), (2, 10)");
    const move = (from: number, to: number) =>
      db.transaction(
        async (tx) => {
          await tx.query("update accounts set balance = balance - 1 where id = $1", [from]);
          await tx.query("update accounts set balance = balance + 1 where id = $1", [to]);
        },
        { retry: 10 },
      );
    await Promise.all([move(1, 2), move(2, 1), move(1, 2), move(2, 1)]);
    expect((await db.query("select sum(balance)::int as sum from accounts")).rows[0]?.sum).toBe(20);
  });
});

describe.skipIf(!ENGINES.includes("pg"))("a connection that is lost in a transaction", () => {
  const place = new Place("pg");
  afterEach(() => place.clean());
  afterAll(() => place.close());
  const backend = async (sqlClient: {
    query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
  }): Promise<number> => Number((await sqlClient.query("select pg_backend_pid() as pid")).rows[0]?.pid);

  test("is said with one code, and nothing was committed", async () => {
    const db = await place.open();
    await db.query("create table notes (id int)");
    const run = db.transaction(async (tx) => {
      await tx.query("insert into notes values (1)");
      await db.outside.query("select pg_terminate_backend($1, 5000)", [await backend(tx)]);
      await tx.query("insert into notes values (2)");
    });
    await expect(run).rejects.toMatchObject({ code: "POSTGRES_CONNECTION_LOST", context: { committed: "no" } });
    expect((await db.query("select * from notes")).rows).toEqual([]);
    expect(db.stats().inUse).toBe(0);
  });

  test("is said with the same code if the callback swallows the errors of its statements", async () => {
    const db = await place.open();
    const run = db.transaction(async (tx) => {
      await db.outside.query("select pg_terminate_backend($1, 5000)", [await backend(tx)]);
      await tx.query("select 1").catch(() => undefined);
      return "fine";
    });
    await expect(run).rejects.toMatchObject({ code: "POSTGRES_CONNECTION_LOST" });
  });

  test("outside() keeps what it wrote although the transaction is rolled back", async () => {
    const db = await place.open();
    await db.query("create table trail (id int)");
    const run = db.transaction(async () => {
      await db.outside.query("insert into trail values (1)");
      throw new Error("undo");
    });
    await expect(run).rejects.toThrow("undo");
    expect((await db.query("select * from trail")).rows).toEqual([{ id: 1 }]);
  });
});

test("the embedded engine refuses a second connection inside a transaction at once", async () => {
  const place = new Place("pglite");
  const db = await place.open();
  const run = db.transaction(() => db.outside.query("select 1"));
  await expect(run).rejects.toMatchObject({ code: "POSTGRES_POOL_EXHAUSTED" });
  expect((await db.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await place.close();
});
