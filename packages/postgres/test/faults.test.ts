import { connect, createServer, type Socket } from "node:net";
import { runWithContext, sleep } from "@seaworthy/core";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectPostgres, type Postgres, postgresLease } from "../src/index.ts";
import { ENGINES, Place, SERVER } from "./engines.ts";

const never = (): Promise<never> => new Promise(() => undefined);

describe.each(ENGINES)("transactions that fail on %s", (engine) => {
  const place = new Place(engine);
  let db: Postgres;
  beforeEach(async () => {
    db = await place.open();
    await db.query("create table notes (id int)");
  });
  afterEach(() => place.clean());
  afterAll(() => place.close());

  test("a savepoint whose callback hangs does not keep the connection when the transaction fails", async () => {
    const run = db.transaction(async () => {
      const inner = db.transaction(async (tx) => {
        await tx.query("insert into notes values (1)");
        await never();
      });
      await Promise.all([inner, sleep(20).then(() => Promise.reject(new Error("outer")))]);
    });
    await expect(run).rejects.toThrow("outer");
    expect(db.stats().inUse).toBe(0);
    expect((await db.query("select * from notes")).rows).toEqual([]);
  });

  test("statements of a savepoint whose transaction has failed are refused", async () => {
    let late: Promise<unknown> = Promise.resolve();
    const run = db.transaction(async () => {
      const inner = db.transaction((tx) => {
        late = sleep(200).then(() => tx.query("insert into notes values (1)"));
        late.catch(() => undefined);
        return late;
      });
      await Promise.all([inner, sleep(20).then(() => Promise.reject(new Error("outer")))]);
    });
    await expect(run).rejects.toThrow("outer");
    await expect(late).rejects.toMatchObject({ code: "POSTGRES_TRANSACTION_ENDED" });
    expect((await db.query("select * from notes")).rows).toEqual([]);
  });

  test("a caller who leaves in the pause before a repetition gets the code of a cancellation", async () => {
    const leaving = new AbortController();
    let attempts = 0;
    const run = runWithContext({ signal: leaving.signal }, () =>
      db.transaction(
        async () => {
          attempts++;
          setImmediate(() => leaving.abort(new Error("left")));
          throw Object.assign(new Error("collided"), { code: "40001" });
        },
        { retry: 10 },
      ),
    );
    await expect(run).rejects.toMatchObject({ code: "POSTGRES_CANCELLED", cause: { message: "left" } });
    expect(attempts).toBeLessThan(11);
    expect(db.stats().inUse).toBe(0);
  });

  test("a lease that was released while it was renewed is not lost afterwards", async () => {
    const lease = postgresLease(db);
    for (let n = 0; n < 20; n++) {
      const held = await lease.acquire(`job ${n}`, { ttl: 40 });
      await sleep(10); // when the first renewal is due
      if (held?.signal.aborted === true) continue; // a machine that is too slow for the time to live
      await held?.release();
      await sleep(60);
      expect(held?.signal.aborted).toBe(false);
    }
  });
});

describe.skipIf(!ENGINES.includes("pg"))("connections that fail", () => {
  const opened: Postgres[] = [];
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close({ timeout: 100 });
  });
  const open = async (options: object = {}): Promise<Postgres> => {
    const db = await connectPostgres({ url: SERVER, base: 1, overflow: 0, ...options });
    opened.push(db);
    return db;
  };

  test("a connection that the server ends under its statement is not handed to the next caller", async () => {
    const db = await open();
    for (let n = 0; n < 5; n++) {
      const ended = db.query("select pg_terminate_backend(pg_backend_pid())");
      await expect(ended).rejects.toMatchObject({ code: "POSTGRES_CONNECTION_LOST" });
      expect((await db.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    }
  });

  test("close refuses calls that wait at once", async () => {
    const db = await open({ connectTimeout: "1h" });
    const hung = db.transaction(never);
    hung.catch(() => undefined);
    const waiting = db.query("select 1");
    waiting.catch(() => undefined);
    await sleep(0);
    await db.close({ timeout: 0 });
    await expect(waiting).rejects.toMatchObject({ code: "POSTGRES_CLOSED" });
    expect(db.stats()).toMatchObject({ total: 0, inUse: 0 });
  });

  test("a commit whose answer is lost is said to be unknown, and its connection leaves the pool", async () => {
    const { url, close } = await proxyThatCutsAfter("COMMIT");
    const db = await open({ url });
    const run = db.transaction((tx) => tx.query("select 1"));
    await expect(run).rejects.toMatchObject({ code: "POSTGRES_CONNECTION_LOST", context: { committed: "unknown" } });
    expect((await db.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(db.stats().inUse).toBe(0);
    await db.close({ timeout: 0 });
    close();
  });

  test("the first use of a lease may be inside a transaction", async () => {
    const place = new Place("pg");
    const db = await place.open();
    const held = await db.transaction(() => postgresLease(db).acquire("job", { ttl: "30s" }));
    expect(held?.fence).toBe(1n);
    await held?.release();
    await place.close();
  });
});

describe("the place of a server", () => {
  test.each(["sslmode=disable", "ssl=0"])("tls together with %s in the URL is refused", async (parameter) => {
    const refused = connectPostgres({ url: `${SERVER}?${parameter}`, tls: true });
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow("tls must be left out if the url has ssl");
  });

  test.each(["postgres://user@/shop?host=/var/run/not-here", "postgres:///shop?user=u&host=/var/run/not-here"])(
    "a socket's folder may stand in the parameter host: %s",
    async (url) => {
      await expect(connectPostgres({ url })).rejects.toMatchObject({
        code: "POSTGRES_UNREACHABLE",
        context: { host: "/var/run/not-here", database: "shop", reason: "ENOENT" },
      });
    },
  );
});

/** Passes bytes on to the server of the tests, and cuts the first connection whose client sends `word`. */
async function proxyThatCutsAfter(word: string): Promise<{ url: string; close(): void }> {
  const target = new URL(SERVER);
  const sockets = new Set<Socket>();
  let hasCut = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    upstream.pipe(client);
    client.on("data", (bytes: Buffer) => {
      upstream.write(bytes);
      if (hasCut || !bytes.includes(word)) return;
      hasCut = true;
      client.destroy();
    });
    client.on("close", () => upstream.end());
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const url = new URL(SERVER);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return {
    url: url.href,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
