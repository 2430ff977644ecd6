import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { runInTransaction, type SqlClient } from "@seaworthy/core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConformancePlace, vaultStoreConformance } from "../src/conformance.ts";
import { fileStore, memoryStore, openVault, postgresStore, vaultMigrations, vaultMigrationsFor } from "../src/index.ts";

function suite(name: string, createPlace: () => Promise<ConformancePlace>): void {
  describe(name, () => {
    for (const { title, run } of vaultStoreConformance(createPlace)) it(title, run);
  });
}

suite("the memory store", async () => {
  const store = memoryStore();
  return { open: () => store };
});

suite("the file store", async () => {
  const directory = await mkdtemp(join(tmpdir(), "vault-conformance-"));
  return {
    open: () => fileStore(join(directory, "credentials.vault")),
    close: () => rm(directory, { recursive: true }),
  };
});

describe("the PostgreSQL store on PGlite", () => {
  let db: PGlite;
  beforeAll(async () => {
    db = await PGlite.create();
  }, 60_000);
  afterAll(() => db.close());
  postgresSuite(() => db);
});

const url = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
const reachable = await serverAnswers();
if (!reachable && process.env.CI === undefined)
  console.log(`No PostgreSQL at ${new URL(url).host}: its vault tests are skipped.`);

describe.skipIf(!reachable && process.env.CI === undefined)("the PostgreSQL store on a server, over a pool", () => {
  const schema = `vault_test_${randomBytes(4).toString("hex")}`;
  let pool: pg.Pool;
  beforeAll(() => {
    pool = new pg.Pool({ connectionString: url, max: 6 });
  });
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await pool.end();
  });
  postgresSuite(() => pool, schema);

  it.each(["read committed", "serializable"])(
    "creates its tables once when 50 clients of a fresh schema come first at the same moment, under %s",
    async (isolation) => {
      const options = `-c default_transaction_isolation=${isolation.replace(" ", "\\ ")}`;
      const clients = Array.from({ length: 50 }, () => new pg.Client({ connectionString: url, options }));
      await Promise.all(clients.map((client) => client.connect()));
      try {
        for (let round = 0; round < 20; round++) {
          const fresh = `${schema}_race_${round}`;
          const epochs = clients.map((client) => postgresStore(client, { schema: fresh }).epoch());
          const failed = (await Promise.allSettled(epochs)).filter(({ status }) => status === "rejected");
          await clients[0]?.query(`DROP SCHEMA IF EXISTS ${fresh} CASCADE`);
          expect(failed).toEqual([]);
        }
      } finally {
        await Promise.all(clients.map((client) => client.end()));
      }
    },
    60_000,
  );

  it("works for a role that may read and write the tables and may not create any", async () => {
    const own = `${schema}_role`;
    const role = `${schema}_writer`;
    for (const statement of vaultMigrationsFor(own).flatMap(({ statements }) => statements))
      await pool.query(statement);
    await pool.query(`CREATE ROLE ${role}`);
    await pool.query(`GRANT USAGE ON SCHEMA ${own} TO ${role}`);
    await pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${own} TO ${role}`);
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.query(`SET ROLE ${role}`);
      await expect(client.query(`CREATE TABLE ${own}.other ()`)).rejects.toMatchObject({ code: "42501" });
      const store = postgresStore(client, { schema: own });
      await using vault = await openVault({ store, key: new Uint8Array(32), create: true });
      expect(await vault.set("a", "one")).toMatchObject({ version: 1 });
    } finally {
      await client.end();
      await pool.query(`DROP SCHEMA ${own} CASCADE`);
      await pool.query(`DROP ROLE ${role}`);
    }
  });

  it("keeps a write that is made while its caller has a transaction open, also if that one is rolled back", async () => {
    const store = postgresStore(pool, { schema, name: randomBytes(4).toString("hex") });
    await using vault = await openVault({ store, key: new Uint8Array(32), create: true });
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await runInTransaction(pool, client, () => vault.set("a", "one"));
      await client.query("ROLLBACK");
    } finally {
      client.release();
    }
    expect((await vault.get("a")).reveal()).toBe("one");
    expect(await vault.verify()).toMatchObject({ epoch: 2, entries: 1 });
  });

  it("lets two processes' worth of pools write 60 entries each and keeps all 120", async () => {
    const pools = [pool, new pg.Pool({ connectionString: url, max: 3 })];
    const name = randomBytes(4).toString("hex");
    try {
      const write = async (client: pg.Pool, writer: number): Promise<void> => {
        const store = postgresStore(client, { schema, name });
        await using vault = await openVault({ store, key: new Uint8Array(32), create: true });
        for (let i = 0; i < 60; i++) await vault.set(`${writer}/${i}`, "value");
      };
      await Promise.all(pools.map(write));
      await using vault = await openVault({ store: postgresStore(pool, { schema, name }), key: new Uint8Array(32) });
      expect(await vault.verify()).toMatchObject({ entries: 120, epoch: 121 });
    } finally {
      await pools[1]?.end();
    }
  });
});

describe.skipIf(!reachable && process.env.CI === undefined)("the PostgreSQL store with strict transactions", () => {
  it.each(["repeatable read", "serializable"])("loses no write and fails none under %s", async (isolation) => {
    const schema = `vault_strict_${randomBytes(4).toString("hex")}`;
    const options = `-c default_transaction_isolation=${isolation.replace(" ", "\\ ")}`;
    const pool = new pg.Pool({ connectionString: url, max: 4, options });
    try {
      const write = async (writer: number): Promise<void> => {
        const store = postgresStore(pool, { schema });
        await using vault = await openVault({ store, key: new Uint8Array(32), create: true });
        for (let i = 0; i < 25; i++) await vault.set(`${writer}/${i}`, "value");
      };
      await Promise.all([0, 1, 2].map(write));
      await using vault = await openVault({ store: postgresStore(pool, { schema }), key: new Uint8Array(32) });
      expect(await vault.verify()).toMatchObject({ entries: 75, epoch: 76 });
    } finally {
      await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await pool.end();
    }
  });
});

function postgresSuite(client: () => SqlClient, schema?: string): void {
  for (const { title, run } of vaultStoreConformance(async () => {
    const name = randomBytes(4).toString("hex");
    return { open: () => postgresStore(client(), { name, ...(schema !== undefined && { schema }) }) };
  }))
    it(title, run);

  it("drops the segments that no head needs any more, in the same statement as the write", async () => {
    const name = randomBytes(4).toString("hex");
    const store = postgresStore(client(), { name, ...(schema !== undefined && { schema }) });
    await using vault = await openVault({ store, key: new Uint8Array(32), create: true });
    for (let i = 0; i < 8; i++) await vault.set(`big/${i}`, "x".repeat(40_000));
    for (let i = 0; i < 3; i++) await vault.rotateKeys();
    const table = `${schema ?? "seaworthy_vault"}.segments`;
    const { rows } = await client().query(`SELECT count(*)::int AS count FROM ${table} WHERE vault = $1`, [name]);
    expect(rows[0]?.count).toBeLessThanOrEqual(2);
    expect(await vault.verify()).toMatchObject({ entries: 8 });
  });

  it("creates its tables once when many stores of a fresh schema come first at the same moment", async () => {
    const fresh = `vault_first_${randomBytes(4).toString("hex")}`;
    try {
      const stores = Array.from({ length: 6 }, () => postgresStore(client(), { schema: fresh }));
      expect(await Promise.all(stores.map((store) => store.epoch()))).toEqual(Array(6).fill(undefined));
    } finally {
      await client().query(`DROP SCHEMA IF EXISTS ${fresh} CASCADE`);
    }
  });

  it("sends no statement that creates anything where the tables exist", async () => {
    const sent: string[] = [];
    const spying: SqlClient = {
      query: (text, params) => {
        sent.push(text);
        return client().query(text, params as never) as never;
      },
    };
    const own = `vault_seen_${randomBytes(4).toString("hex")}`;
    try {
      await postgresStore(spying, { schema: own }).epoch();
      expect(sent.some((text) => text.includes("CREATE"))).toBe(true);
      sent.length = 0;
      await postgresStore(spying, { schema: own }).epoch();
      expect(sent.filter((text) => text.includes("CREATE"))).toEqual([]);
    } finally {
      await client().query(`DROP SCHEMA IF EXISTS ${own} CASCADE`);
    }
  });

  it("creates its tables with exactly the statements of the migrations", async () => {
    const sent: string[] = [];
    const own = `vault_steps_${randomBytes(4).toString("hex")}`;
    const spying: SqlClient = {
      query: (text, params) => {
        sent.push(text);
        return client().query(text, params as never) as never;
      },
    };
    try {
      await postgresStore(spying, { schema: own }).epoch();
      const [step] = vaultMigrationsFor(own);
      expect(sent.join()).toContain(step?.statements.join(";\n"));
      expect(sent.join("").match(/CREATE/g)).toHaveLength(step?.statements.length ?? 0);
      expect(vaultMigrations).toEqual(vaultMigrationsFor("seaworthy_vault"));
    } finally {
      await client().query(`DROP SCHEMA IF EXISTS ${own} CASCADE`);
    }
  });

  it("works on tables that the host has migrated itself", async () => {
    const own = `vault_own_${randomBytes(4).toString("hex")}`;
    for (const statement of vaultMigrationsFor(own).flatMap(({ statements }) => statements))
      await client().query(statement);
    try {
      const store = postgresStore(client(), { schema: own, migrate: false });
      await using vault = await openVault({ store, key: new Uint8Array(32), create: true });
      expect(vault.epoch).toBe(1);
    } finally {
      await client().query(`DROP SCHEMA ${own} CASCADE`);
    }
  });
}

describe.skipIf(!reachable && process.env.CI === undefined)("a PostgreSQL store whose connection fails", () => {
  const schema = `vault_lost_${randomBytes(4).toString("hex")}`;
  let pool: pg.Pool;
  beforeAll(() => {
    pool = new pg.Pool({ connectionString: url, max: 2 });
  });
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await pool.end();
  });

  /** A vault over a client of which statements that write fail, before they are sent or after their effect. */
  async function vaultFailing(code: string | undefined, isSent: boolean) {
    const state = { isDown: false };
    const client: SqlClient = {
      async query(text, params) {
        const isWrite = text.startsWith("WITH swapped");
        const fails = state.isDown && isWrite;
        const failure = Object.assign(new Error("connection lost"), { ...(code !== undefined && { code }) });
        if (fails && !isSent) throw failure;
        const result = await pool.query(text, params as unknown[]);
        if (fails) throw failure;
        return result;
      },
    };
    const store = postgresStore(client, { schema, name: randomBytes(4).toString("hex") });
    const vault = await openVault({ store, key: new Uint8Array(32), create: true, autoLock: false });
    await vault.set("a", "one");
    return { vault, state };
  }

  it("counts a write as done if its answer was lost and the head is there", async () => {
    const { vault, state } = await vaultFailing("ECONNRESET", true);
    state.isDown = true;
    expect(await vault.set("a", "two")).toMatchObject({ version: 2 });
    expect((await vault.get("a")).reveal()).toBe("two");
    await vault.close();
  });

  it.each([
    ["ECONNRESET", "VAULT_OUTCOME_UNKNOWN"],
    [undefined, "VAULT_OUTCOME_UNKNOWN"],
    ["57P01", "VAULT_OUTCOME_UNKNOWN"],
    ["ECONNREFUSED", "VAULT_STORE_FAILED"],
    ["53100", "VAULT_STORE_FAILED"],
  ])("tells by the code %s that the outcome is %s", async (code, expected) => {
    const { vault, state } = await vaultFailing(code, false);
    state.isDown = true;
    await expect(vault.set("a", "two")).rejects.toMatchObject({ code: expected });
    state.isDown = false;
    expect((await vault.get("a")).reveal()).toBe("one");
    await vault.close();
  });
});

async function serverAnswers(): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
