// Needs a PostgreSQL server: DATABASE_URL, or the one of this machine.
import { mkdtempSync, rmSync } from "node:fs";
import { appendFile, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAudit, fileAuditStore, memoryAuditStore } from "@seaworthy/audit";
import { auditMigrations, postgresAuditStore } from "@seaworthy/audit/postgres";
import { migrate } from "@seaworthy/postgres";
import { testDatabase } from "@seaworthy/postgres/testing";
import { compare } from "./harness.ts";

const server = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
const folder = mkdtempSync(join(tmpdir(), "seaworthy-bench-"));
await using own = await testDatabase({ server });
await migrate(own.db, auditMigrations, { set: "audit" });
await own.db.query("create table bare (n bigserial primary key, entry text)");

const entry = {
  type: "order.refund",
  outcome: "success",
  actor: "u-7",
  subject: "o-1",
  data: { amount: 250 },
} as const;
const line = JSON.stringify({ ...entry, at: new Date().toISOString() });
const memory = createAudit({ store: memoryAuditStore() });
const file = createAudit({ store: fileAuditStore(join(folder, "audit.log")) });
const table = createAudit({ store: postgresAuditStore(own.db) });
const bare = await open(join(folder, "bare.log"), "a");
const options = { asynchronous: true, rounds: 15 };

await compare(
  "One entry in memory",
  { "JSON.stringify": () => JSON.stringify(entry), audit: () => memory.record(entry) },
  options,
);
await compare(
  "One entry in a file",
  {
    "append and fdatasync": async () => {
      await bare.appendFile(`${line}\n`);
      await bare.datasync();
    },
    "append alone, unsafe": () => appendFile(join(folder, "unsafe.log"), `${line}\n`),
    audit: () => file.record(entry),
  },
  options,
);
await compare(
  "64 entries at once in a file",
  {
    "64 times append, one fdatasync": async () => {
      for (let n = 0; n < 64; n++) await bare.appendFile(`${line}\n`);
      await bare.datasync();
    },
    audit: () => Promise.all(Array.from({ length: 64 }, () => file.record(entry))),
  },
  options,
);
await compare(
  "One entry in PostgreSQL",
  {
    "a bare insert": () => own.db.query("insert into bare (entry) values ($1)", [line]),
    "a bare insert in a transaction": () =>
      own.db.transaction((tx) => tx.query("insert into bare (entry) values ($1)", [line])),
    audit: () => table.record(entry),
  },
  options,
);
await bare.close();
await file.close();
rmSync(folder, { recursive: true });
