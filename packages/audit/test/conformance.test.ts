import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditStoreConformance } from "../src/conformance.ts";
import { createAudit, ed25519Signer, fileAuditStore, generateSignerKey, memoryAuditStore } from "../src/index.ts";
import { auditMigrations, postgresAuditKeys, postgresAuditStore } from "../src/postgres.ts";
import { embedded, onServer, SERVER_IS_THERE, type TestServer } from "./databases.ts";

describe("the memory store", () => {
  for (const { title, run } of auditStoreConformance(() => ({ open: memoryAuditStore }))) test(title, run);
});

describe("the file store", () => {
  const suite = auditStoreConformance(async () => {
    const folder = await mkdtemp(join(tmpdir(), "seaworthy-audit-"));
    return {
      open: () => fileAuditStore(join(folder, "deep", "audit.log")),
      close: () => rm(folder, { recursive: true, force: true }),
    };
  });
  for (const { title, run } of suite) test(title, run);
});

const databases: [string, () => Promise<TestServer>][] = [
  ["PGlite", embedded],
  ...(SERVER_IS_THERE ? [["PostgreSQL", onServer] as [string, () => Promise<TestServer>]] : []),
];

describe.each(databases)("the store in %s", (_, open) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await open();
  });
  afterAll(() => server.close());
  let trail = 0;
  const suite = auditStoreConformance(() => {
    trail++;
    return { open: () => postgresAuditStore(server.db, { name: `trail-${trail}` }) };
  });
  for (const { title, run } of suite) test(title, run);

  test("an entry is part of the transaction in which it is recorded", async () => {
    const audit = createAudit({ store: postgresAuditStore(server.db, { name: "joined" }) });
    await server.db.query("create table if not exists orders (id int)");
    const doomed = server.db.transaction(async (sql) => {
      await sql.query("insert into orders values (1)");
      await audit.record({ type: "order.create", outcome: "success" });
      throw new Error("undo");
    });
    await expect(doomed).rejects.toThrow("undo");
    await server.db.transaction(async (sql) => {
      await sql.query("insert into orders values (2)");
      await audit.record({ type: "order.create", outcome: "success", data: { id: 2 } });
    });
    expect((await audit.query()).entries).toMatchObject([{ sequence: 1, data: { id: 2 } }]);
    expect(await audit.verify()).toEqual({ ok: true, entries: 1, anchored: false });
  });

  test("nothing is kept, signed or forgotten for a transaction that is rolled back", async () => {
    const store = postgresAuditStore(server.db, { name: "rolled-back" });
    const bufferPath = join(await mkdtemp(join(tmpdir(), "seaworthy-audit-")), "buffer");
    const notes: string[] = [];
    const audit = createAudit({
      store,
      signer: ed25519Signer({ name: "x", key: generateSignerKey() }),
      sink: async (note) => void notes.push(note),
      checkpointEvery: { entries: 1 },
      onFailure: "buffer",
      bufferPath,
    });
    const away = { ...store, append: () => Promise.reject(new Error("away")) };
    await createAudit({ store: away, onFailure: "buffer", bufferPath }).record({
      type: "buffered",
      outcome: "success",
    });
    const doomed = server.db.transaction(async () => {
      await audit.record({ type: "order.create", outcome: "success" });
      await expect(audit.checkpoint()).rejects.toThrow("outside of a transaction");
      throw new Error("undo");
    });
    await expect(doomed).rejects.toThrow("undo");
    const failed = server.db.transaction(async (sql) => {
      await sql.query("select 1 / 0").catch(() => undefined);
      await audit.record({ type: "order.create", outcome: "success" });
    });
    await expect(failed).rejects.toMatchObject({ code: "AUDIT_WRITE_FAILED" });
    expect(notes).toEqual([]);
    await audit.record({ type: "last", outcome: "success" });
    expect((await audit.query()).entries.map(({ type }) => type)).toEqual(["buffered", "last"]);
    await audit.close();
    for (const checkpoint of notes) expect(await audit.verify({ checkpoint })).toMatchObject({ ok: true });
    await rm(join(bufferPath, ".."), { recursive: true });
  });

  test("an append in a savepoint is undone with it, and the chain has no gap", async () => {
    const audit = createAudit({ store: postgresAuditStore(server.db, { name: "savepoint" }) });
    await server.db.transaction(async (sql) => {
      await audit.record({ type: "one", outcome: "success" });
      await sql.query("savepoint s");
      await audit.record({ type: "undone", outcome: "success" });
      await sql.query("rollback to savepoint s");
      await audit.record({ type: "two", outcome: "success" });
    });
    expect((await audit.query()).entries.map(({ type, sequence }) => [type, sequence])).toEqual([
      ["one", 1],
      ["two", 2],
    ]);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 });
  });

  test("a row that somebody else inserted behind the head is found, and a seal opens only its own trail", async () => {
    const [mine, other] = ["inserted", "other"].map((name) =>
      createAudit({ store: postgresAuditStore(server.db, { name }) }),
    );
    for (const audit of [mine, other]) await audit?.record({ type: "a", outcome: "success", at: 1 });
    await other?.seal(2);
    await expect(
      server.db.query("delete from seaworthy_audit_entries where trail = 'inserted' and sequence = 1"),
    ).rejects.toMatchObject({ code: "23001" });
    const { hash } = await postgresAuditStore(server.db, { name: "inserted" }).head();
    const forged = { v: 1, seq: 2, prev: hash, at: "2026-01-01T00:00:00.000Z", type: "forged", outcome: "success" };
    await server.db.query(
      "insert into seaworthy_audit_entries (trail, sequence, bytes) values ('inserted', 2, decode($1, 'base64'))",
      [Buffer.from(JSON.stringify(forged)).toString("base64")],
    );
    expect(await mine?.verify()).toMatchObject({ ok: false, fault: { sequence: 2, kind: "forked" } });
  });

  test("the database refuses to change, remove or empty entries", async () => {
    const audit = createAudit({ store: postgresAuditStore(server.db, { name: "guarded" }) });
    await audit.record({ type: "a", outcome: "success" });
    for (const statement of [
      "update seaworthy_audit_entries set bytes = 'x' where trail = 'guarded'",
      "delete from seaworthy_audit_entries where trail = 'guarded'",
      "truncate seaworthy_audit_entries",
      "truncate seaworthy_audit_heads",
      "delete from seaworthy_audit_seals",
    ])
      await expect(server.db.query(statement), statement).rejects.toMatchObject({ code: "23001" });
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 1 });
  });

  test("what an owner of the tables did with the guard lifted is found out", async () => {
    const audit = createAudit({ store: postgresAuditStore(server.db, { name: "forged" }) });
    for (const type of ["a", "b", "c"]) await audit.record({ type, outcome: "success" });
    const lifted = async (statement: string): Promise<void> => {
      await server.db.query("alter table seaworthy_audit_entries disable trigger seaworthy_audit_rows");
      await server.db.query(statement);
      await server.db.query("alter table seaworthy_audit_entries enable trigger seaworthy_audit_rows");
    };
    await lifted("delete from seaworthy_audit_entries where trail = 'forged' and sequence = 3");
    expect(await audit.verify()).toMatchObject({ ok: false, fault: { sequence: 3, kind: "truncated" } });
    await lifted("delete from seaworthy_audit_entries where trail = 'forged' and sequence = 1");
    expect(await audit.verify()).toMatchObject({ ok: false, fault: { sequence: 1, kind: "missing" } });
  });

  test("keys are one per person, also for calls at the same time, and can be destroyed", async () => {
    const keys = postgresAuditKeys(server.db);
    const made = await Promise.all(Array.from({ length: 10 }, () => keys.getOrCreate("u-1")));
    expect(new Set(made.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
    expect(made[0]).toHaveLength(32);
    await keys.destroy("u-1");
    await keys.destroy("u-1");
    expect(await keys.get("u-1")).toBeUndefined();
  });

  test("malformed arguments are refused", () => {
    expect(() => postgresAuditStore({} as never)).toThrow("db.query must be a function");
    expect(() => postgresAuditStore({ query: server.db.query } as never)).toThrow("db.transaction must be a function");
    expect(() => postgresAuditStore(server.db, { name: "" })).toThrow("name must be");
    expect(() => postgresAuditStore(server.db, { schema: "x" } as never)).toThrow('no option "schema"');
    expect(() => postgresAuditKeys(undefined as never)).toThrow("db.query must be a function");
    expect(auditMigrations.map(({ id }) => id)).toEqual(["001_audit"]);
  });
});
