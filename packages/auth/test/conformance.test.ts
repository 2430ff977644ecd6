import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authStoreConformance } from "../src/conformance.ts";
import { authMigrations, postgresAuthStore } from "../src/postgres.ts";
import { memoryAuthStore } from "../src/stores/memory-store.ts";
import { embedded, onServer, SERVER_IS_THERE, type TestServer } from "./databases.ts";
import { serviceTests } from "./service-tests.ts";

describe("the memory store", () => {
  for (const { title, run } of authStoreConformance(() => ({ store: memoryAuthStore() }))) test(title, run);
});

const databases: [string, () => Promise<TestServer>][] = [
  ["PGlite", embedded],
  ...(SERVER_IS_THERE ? [["PostgreSQL", onServer] as [string, () => Promise<TestServer>]] : []),
];
/** Removes all accounts and what is kept without one; truncate would take longer for tables this small. */
async function empty({ db }: TestServer): Promise<void> {
  for (const table of ["users", "once", "revoked", "api_keys"]) await db.query(`delete from seaworthy_auth_${table}`);
}

describe.each(databases)("the store in %s", (_, open) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await open();
  });
  afterAll(() => server.close());
  const suite = authStoreConformance(async () => {
    await empty(server);
    return { store: postgresAuthStore(server.db) };
  });
  for (const { title, run } of suite) test(title, run);

  test("a change is part of the transaction in which it is made", async () => {
    await empty(server);
    const store = postgresAuthStore(server.db);
    const user = { id: "u-1", email: "a@example.com", status: "active" as const, roles: [], createdAt: 1, failures: 0 };
    const doomed = server.db.transaction(async () => {
      expect(await store.createUser(user)).toBe(true);
      expect(await store.findUser("u-1")).toEqual(user);
      throw new Error("undo");
    });
    await expect(doomed).rejects.toThrow("undo");
    expect(await store.findUser("u-1")).toBeUndefined();
  });

  describe("and the service", () => serviceTests(() => server));

  test("times with a fraction, which some clocks have, are kept as whole milliseconds", async () => {
    await empty(server);
    const store = postgresAuthStore(server.db);
    await store.putOnce({ hash: "h-1", purpose: "reset", expiresAt: 1000.4 });
    expect(await store.findOnce("h-1", "reset", 999.5)).toBeUndefined();
    expect(await store.takeOnce("h-1", "reset", 998.2)).toEqual({ hash: "h-1", purpose: "reset", expiresAt: 1000 });
  });

  test("every foreign key has an index", async () => {
    const { rows } = await server.db.query(
      `select c.conrelid::regclass::text as "table", a.attname as "column" from pg_constraint c
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
       where c.contype = 'f' and c.conrelid::regclass::text like '%seaworthy_auth%' and not exists (
         select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])`,
    );
    expect(rows).toEqual([]);
  });

  test("a store in a database removes more than one batch of expired records", async () => {
    await empty(server);
    await server.db.query(
      `insert into seaworthy_auth_revoked (jti, expires_at) select 'j-' || n, 10 from generate_series(1, 5001) as n`,
    );
    expect(await postgresAuthStore(server.db).removeExpired(10)).toBe(5001);
  });
});

test("a database without its methods is refused", () => {
  expect(() => postgresAuthStore({} as never)).toThrow("db.query must be a function");
  expect(() => postgresAuthStore({ query: async () => ({ rows: [] }) } as never)).toThrow("db.transaction must be");
  expect(authMigrations.map(({ id }) => id)).toEqual(["001_auth"]);
});
