export { authMigrations } from "./internal/postgres/migrations.ts";
export { postgresAuthStore } from "./stores/postgres-store.ts";
