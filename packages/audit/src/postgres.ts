export { postgresAuditKeys } from "./keys/postgres-keys.ts";
export type { PostgresAuditStoreOptions } from "./stores/postgres-store.ts";
export { auditMigrations, postgresAuditStore } from "./stores/postgres-store.ts";
