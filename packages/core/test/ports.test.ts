import { PGlite } from "@electric-sql/pglite";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { type RedisClient, redisCommand, type SqlClient } from "../src/index.ts";
import { reachable } from "./reachable.ts";

const redisUrl = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const databaseUrl = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
const redisRuns = await reachable(redisUrl);
const postgresRuns = await reachable(databaseUrl);

describe.skipIf(!redisRuns)("redisCommand", () => {
  const key = `seaworthy-core-${process.pid}`;

  async function roundTrip(client: RedisClient): Promise<void> {
    expect(await redisCommand(client, "SET", key, 'a "b"\r\n☃', "PX", 5000)).toBe("OK");
    expect(await redisCommand(client, "GET", key)).toBe('a "b"\r\n☃');
    await expect(redisCommand(client, "LPUSH", key, "x")).rejects.toThrow(/WRONGTYPE/);
    expect(await redisCommand(client, "DEL", key)).toBe(1);
  }

  test("speaks through ioredis", async () => {
    const client = new Redis(redisUrl);
    await roundTrip(client).finally(() => client.disconnect());
  });

  test("speaks through node-redis", async () => {
    const client = createClient({ url: redisUrl });
    await client.connect();
    await roundTrip(client as unknown as RedisClient).finally(() => client.destroy());
  });
});

test("redisCommand names the key of a command to a cluster of node-redis", async () => {
  const sent: unknown[][] = [];
  const cluster = { nodeClient: () => undefined, sendCommand: async (...args: unknown[]) => sent.push(args) };
  await redisCommand(cluster, "GET", "a");
  await redisCommand(cluster, "evalsha", "sha", 2, "b", "c", "argument");
  await redisCommand(cluster, "EVAL", "return 1", 0, "argument");
  await redisCommand(cluster, "PUBLISH", "channel", "message");
  expect(sent).toEqual([
    ["a", false, ["GET", "a"]],
    ["b", false, ["evalsha", "sha", "2", "b", "c", "argument"]],
    [undefined, false, ["EVAL", "return 1", "0", "argument"]],
    [undefined, false, ["PUBLISH", "channel", "message"]],
  ]);
});

test.each([null, {}, { call: 1 }, "redis://"])(
  "redisCommand refuses a client of no known shape: %j",
  async (client) => {
    await expect(redisCommand(client as never, "PING")).rejects.toThrow(
      /^client must be an ioredis or node-redis client/,
    );
  },
);

async function answersOne(sql: SqlClient): Promise<void> {
  const { rows } = await sql.query("select $1::int + 1 as two", [1]);
  expect(rows).toEqual([{ two: 2 }]);
}

describe("SqlClient", () => {
  test("PGlite fits as it is", async () => {
    const database = new PGlite();
    await answersOne(database).finally(() => database.close());
  });

  test.skipIf(!postgresRuns)("pg's pool and client fit as they are", async () => {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    try {
      await answersOne(pool);
      const client = await pool.connect();
      await answersOne(client).finally(() => client.release());
    } finally {
      await pool.end();
    }
  });
});
