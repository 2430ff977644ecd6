import { existsSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { type RedisClient, redisCommand } from "@seaworthy/core";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { vectorIndexCheck } from "../src/index.ts";
import { installed, REDIS_SERVER, reachable, startRedis } from "./reachable.ts";
import { runCheck } from "./run-check.ts";
import { pairs, startScriptedRedis } from "./scripted-redis.ts";

const redisUrl = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const databaseUrl = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
const redisRuns = await reachable(redisUrl);
const postgresRuns = await reachable(databaseUrl);
// Debian's redis-redisearch. Where it is not installed, the scripted server below has the replies of it and its successors.
const MODULE = process.env.REDISEARCH_MODULE ?? "/usr/lib/redis/modules/redisearch.so";
if (!existsSync(MODULE)) console.log("Skipped: no RediSearch module; set REDISEARCH_MODULE to its path.");
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const clients: Record<string, (at: string) => Promise<RedisClient>> = {
  ioredis: async (at) => {
    const client = new Redis(at);
    ends.push(() => client.disconnect());
    return client;
  },
  "node-redis": async (at) => {
    const client = createClient({ url: at, RESP: 2 });
    client.on("error", () => undefined);
    await client.connect();
    ends.push(() => client.destroy());
    return client as unknown as RedisClient;
  },
};

describe.each(Object.entries(clients))("vectorIndexCheck on RediSearch through %s", (_, connect) => {
  test.skipIf(!redisRuns)("a plain Redis is clearly said to have no vector search", async () => {
    expect(await runCheck(vectorIndexCheck(await connect(redisUrl), { index: "items" }))).toMatchObject({
      status: "unhealthy",
      error: "HEALTH_INDEX_UNSUPPORTED",
      data: { engine: "redisearch", present: false },
    });
  });

  test.skipIf(!existsSync(MODULE) || !installed(REDIS_SERVER))(
    "an index of the real module is found and counted",
    async () => {
      const server = await startRedis(["--loadmodule", MODULE]);
      ends.push(() => server.kill());
      const client = await connect(server.url);
      const check = vectorIndexCheck(client, { index: "items", documents: { degradedAt: 1 } });
      expect(await runCheck(check)).toMatchObject({
        status: "unhealthy",
        error: "HEALTH_INDEX_MISSING",
        data: { present: false },
      });
      await redisCommand(client, "FT.CREATE", "items", "SCHEMA", "title", "TEXT");
      await redisCommand(client, "FT.ADD", "items", "a", 1, "FIELDS", "title", "anchor");
      expect(await runCheck(check)).toMatchObject({ status: "degraded", error: "HEALTH_INDEX_TOO_SMALL" });
      await redisCommand(client, "FT.ADD", "items", "b", 1, "FIELDS", "title", "buoy");
      expect(await runCheck(check)).toMatchObject({
        status: "healthy",
        data: {
          engine: "redisearch",
          present: true,
          documents: 2,
          indexing: false,
          indexed: 1,
          latency: expect.any(Number),
        },
      });
    },
  );

  test.each<[string, string | Record<string, string | number>, object]>([
    [
      "one that is done",
      { index_name: "items", num_docs: "120", percent_indexed: "1", indexing: "0", hash_indexing_failures: "3" },
      { status: "healthy", data: { documents: 120, indexing: false, indexed: 1, failures: 3 } },
    ],
    [
      "one that is being built",
      { index_name: "items", num_docs: 40, percent_indexed: "0.33", indexing: 1, hash_indexing_failures: 0 },
      { status: "degraded", error: "HEALTH_INDEX_BUILDING", data: { documents: 40, indexing: true, indexed: 0.33 } },
    ],
    ["one that is missing", "-Unknown index name\r\n", { status: "unhealthy", error: "HEALTH_INDEX_MISSING" }],
    [
      "one that is missing, in version 8",
      "-items: no such index\r\n",
      { status: "unhealthy", error: "HEALTH_INDEX_MISSING" },
    ],
    ["a server that is loading", "-LOADING Redis is loading\r\n", { status: "unhealthy", error: "LOADING" }],
  ])("%s, as a scripted server tells it", async (_, reply, expected) => {
    const script = await startScriptedRedis(([name]) =>
      name?.toUpperCase() === "FT.INFO" ? (typeof reply === "string" ? reply : pairs(reply)) : undefined,
    );
    ends.push(() => script[Symbol.asyncDispose]());
    expect(await runCheck(vectorIndexCheck(await connect(script.url), { index: "items" }))).toMatchObject(expected);
    expect(script.heard).toContain("FT.INFO items");
  });
});

describe("vectorIndexCheck on RediSearch", () => {
  test.each([
    [
      "a Map",
      new Map<unknown, unknown>([
        ["num_docs", 7],
        ["indexing", 0],
        ["percent_indexed", 1],
      ]),
    ],
    ["an object", { num_docs: 7, indexing: 0, percent_indexed: "1" }],
    ["bytes", [Buffer.from("num_docs"), Buffer.from("7"), Buffer.from("percent_indexed"), Buffer.from("1")]],
  ])("reads a reply that the client decodes as %s", async (_, reply) => {
    const client = { sendCommand: async () => reply };
    expect(await runCheck(vectorIndexCheck(client, { index: "items" }))).toMatchObject({
      status: "healthy",
      data: { documents: 7, indexing: false },
    });
  });

  test("a client without connection is said at once", async () => {
    const client = { call: async () => "", status: "reconnecting" };
    expect((await runCheck(vectorIndexCheck(client, { index: "items" }))).error).toBe("HEALTH_NOT_CONNECTED");
  });
});

describe("vectorIndexCheck on pgvector", () => {
  let database: PGlite;
  beforeAll(async () => {
    database = await PGlite.create({ extensions: { vector } });
    await database.exec(`create extension vector; create schema "My shop";
      create table "My shop"."Item" (id int, embedding vector(3));
      insert into "My shop"."Item" select n, '[1,2,3]' from generate_series(1, 100) n;
      create table words (id int)`);
  });
  afterAll(() => database.close());
  const table = '"My shop"."Item"';

  test("counts the rows of a table with vectors, whatever its name, with and without an index", async () => {
    const check = vectorIndexCheck(database, { table });
    expect(await runCheck(check)).toMatchObject({
      status: "healthy",
      data: {
        engine: "pgvector",
        present: true,
        documents: 100,
        indexes: 0,
        indexing: false,
        latency: expect.any(Number),
      },
    });
    await database.exec(`create index item_hnsw on ${table} using hnsw (embedding vector_l2_ops)`);
    expect(await runCheck(check)).toMatchObject({ status: "healthy", data: { indexes: 1 } });
  });

  test("is degraded at a number of documents", async () => {
    expect(await runCheck(vectorIndexCheck(database, { table, documents: { degradedAt: 100 } }))).toMatchObject({
      status: "degraded",
      error: "HEALTH_INDEX_TOO_SMALL",
    });
  });

  test.each(["nowhere", "words", "words; drop table words", "'"])(
    "a table %s that holds no vectors is missing",
    async (name) => {
      const report = await runCheck(vectorIndexCheck(database, { table: name }));
      expect(report.status).toBe("unhealthy");
      expect(report.error).toMatch(/^(HEALTH_INDEX_MISSING|42\w{3})$/);
      expect((await database.query("select to_regclass('words') is not null as there")).rows).toEqual([
        { there: true },
      ]);
    },
  );

  test("an index whose build failed is degraded", async () => {
    await database.exec(`create index if not exists item_hnsw on ${table} using hnsw (embedding vector_l2_ops);
      update pg_index set indisvalid = false where indexrelid = '"My shop".item_hnsw'::regclass`);
    const report = await runCheck(vectorIndexCheck(database, { table }));
    await database.exec(`update pg_index set indisvalid = true where indexrelid = '"My shop".item_hnsw'::regclass`);
    expect(report).toMatchObject({ status: "degraded", error: "HEALTH_INDEX_INVALID", data: { indexes: 1 } });
  });

  test("an index that is being built is degraded, and a large table is estimated", async () => {
    const answers = [
      [{ extension: true, name: "items", estimate: 2_000_000, vectors: true, indexes: 1, invalid: 1, indexing: true }],
      [{ n: 10_001 }],
    ];
    const client = { query: async () => ({ rows: answers.shift() ?? [] }) };
    expect(await runCheck(vectorIndexCheck(client, { table: "items" }))).toMatchObject({
      status: "degraded",
      error: "HEALTH_INDEX_BUILDING",
      data: { documents: 2_000_000, estimated: true, indexing: true },
    });
  });

  test("a large table is not scanned: beyond 10 000 rows the planner's estimate is reported", async () => {
    await database.exec(`create table many (embedding vector(1));
      insert into many select '[1]' from generate_series(1, 12000); analyze many`);
    expect((await runCheck(vectorIndexCheck(database, { table: "many" }))).data).toMatchObject({
      documents: 12_000,
      estimated: true,
    });
  });

  test.skipIf(!postgresRuns)("a PostgreSQL without the extension is said to have no vector search", async () => {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    ends.push(() => pool.end());
    const { rows } = await pool.query("select from pg_extension where extname = 'vector'");
    const expected = rows.length === 0 ? "HEALTH_INDEX_UNSUPPORTED" : "HEALTH_INDEX_MISSING";
    const report = await runCheck(vectorIndexCheck(pool, { table: "seaworthy_no_such_table" }));
    expect(report).toMatchObject({ status: "unhealthy", error: expected, data: { present: false } });
  });
});

describe("vectorIndexCheck", () => {
  const redis = { call: async () => "" };
  const sql = { query: async () => ({ rows: [] }) };
  test.each<[string, unknown, unknown]>([
    ["neither index nor table", redis, {}],
    ["both", redis, { index: "a", table: "a" }],
    ["an index on SQL", sql, { index: "a" }],
    ["a table on Redis", redis, { table: "a" }],
    ["an empty name", redis, { index: "" }],
    ["a negative number of documents", redis, { index: "a", documents: { degradedAt: -1 } }],
    ["unhealthy at more documents than degraded", redis, { index: "a", documents: { degradedAt: 1, unhealthyAt: 2 } }],
    ["an unknown option", redis, { index: "a", size: 1 }],
  ])("refuses %s", (_, client, options) => {
    expect(() => vectorIndexCheck(client as never, options as never)).toThrow(TypeError);
  });
});
