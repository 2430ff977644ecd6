// Needs a PostgreSQL server: DATABASE_URL, or the one of this machine.
import { connectPostgres, sql } from "@seaworthy/postgres";
import pg from "pg";
import { compare } from "./harness.ts";

const url = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
await using db = await connectPostgres({ url, base: 10, overflow: 0 });
const pool = new pg.Pool({ connectionString: url, max: 10 });
pool.on("error", () => undefined);
await pool.query("select 1");

const options = { asynchronous: true, rounds: 25 };
await compare(
  "One statement",
  {
    "pg's pool": () => pool.query("select $1::int as n", [7]),
    "db.query": () => db.query("select $1::int as n", [7]),
    "db.query with sql": () => db.query(sql`select ${7}::int as n`),
  },
  options,
);

await compare(
  "A connection without a statement: acquire and release",
  {
    "pg's pool": async () => (await pool.connect()).release(),
    "db, with an empty statement": () => db.query(""),
    "pg's pool, with an empty statement": () => pool.query(""),
  },
  options,
);

await compare(
  "A transaction of one statement",
  {
    "pg by hand": async () => {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        await client.query("select 1");
        await client.query("COMMIT");
      } finally {
        client.release();
      }
    },
    "db.transaction": () => db.transaction((tx) => tx.query("select 1")),
  },
  options,
);

await compare(
  "40 statements at once on 10 connections",
  {
    "pg's pool": () => Promise.all(Array.from({ length: 40 }, () => pool.query("select 1"))),
    "db.query": () => Promise.all(Array.from({ length: 40 }, () => db.query("select 1"))),
  },
  options,
);
await pool.end();
