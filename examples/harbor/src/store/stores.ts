import { type Audit, createAudit } from "@seaworthy/audit";
import { postgresAuditStore } from "@seaworthy/audit/postgres";
import type { Postgres } from "@seaworthy/postgres";
import { createEmbeddings, type Embeddings } from "./embeddings.ts";
import { createTasks, type Tasks } from "./tasks.ts";

/** What the service keeps in its database. */
export interface Stores {
  db: Postgres;
  tasks: Tasks;
  embeddings: Embeddings;
  /** Who removed what. Its entries are written in the transaction of the change that they record. */
  audit: Audit;
  close(): Promise<void>;
}

/** Keeps everything in one database, which {@link Stores.close} closes. */
export function openStores(db: Postgres): Stores {
  const audit = createAudit({ store: postgresAuditStore(db) });
  return {
    db,
    audit,
    tasks: createTasks(db, audit),
    embeddings: createEmbeddings(db),
    async close() {
      await audit.close();
      await db.close();
    },
  };
}
