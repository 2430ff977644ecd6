import { defineEvent, defineGauge, type Gauge, type TelemetryEvent } from "@seaworthy/core";

/** A statement has ended. Details: error. */
export const queryEvent: TelemetryEvent<"database" | "outcome"> = defineEvent("postgres.query", {
  help: "One SQL statement, without the wait for a connection.",
  unit: "seconds",
  labels: ["database", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "trace" : "debug"),
});

/** A call got a connection, or gave up waiting for one. Details: error. */
export const acquireEvent: TelemetryEvent<"database" | "outcome"> = defineEvent("postgres.acquire", {
  help: "Wait of one call for a connection of the pool.",
  unit: "seconds",
  labels: ["database", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "trace" : "warn"),
});

/** A transaction has ended; outcome is commit, rollback or lost. Details: attempt, error. */
export const transactionEvent: TelemetryEvent<"database" | "outcome"> = defineEvent("postgres.transaction", {
  help: "One attempt of a transaction.",
  unit: "seconds",
  labels: ["database", "outcome"],
  level: ({ outcome }) => (outcome === "commit" ? "trace" : outcome === "lost" ? "warn" : "debug"),
});

/** A connection was opened, closed, or lost while it was idle. Details: error. */
export const connectionEvent: TelemetryEvent<"database" | "change"> = defineEvent("postgres.connection", {
  help: "A connection of the pool was opened or closed.",
  labels: ["database", "change"],
  level: ({ change }) => (change === "lost" ? "warn" : "trace"),
});

/** The pools of all instances may need more connections than the server allows. Details: needed, available. */
export const capacityEvent: TelemetryEvent<"database"> = defineEvent("postgres.capacity", {
  help: "The pools of all instances may need more connections than the server allows.",
  labels: ["database"],
  level: "warn",
});

/** A migration was applied or reverted, or failed. Details: id, set, error. */
export const migrationEvent: TelemetryEvent<"database" | "outcome"> = defineEvent("postgres.migration", {
  help: "One migration.",
  unit: "seconds",
  labels: ["database", "outcome"],
  level: ({ outcome }) => (outcome === "failed" ? "error" : "info"),
});

/** A backup was made, verified, restored or removed, or one of these failed. Details: id, bytes, error. */
export const backupEvent: TelemetryEvent<"action" | "outcome"> = defineEvent("postgres.backup", {
  help: "One action on a backup.",
  unit: "seconds",
  labels: ["action", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "info" : "error"),
});

/** Connections of the pool by state: in_use, idle or waiting (calls without a connection). */
export const connectionsGauge: Gauge<"database" | "state"> = defineGauge("postgres.connections", {
  help: "Connections in use, idle connections, and calls that wait for one.",
  labels: ["database", "state"],
});

/** Seconds since the last backup that is complete, and since the last one that was verified. */
export const backupAgeGauge: Gauge<"state"> = defineGauge("postgres.backup_age", {
  help: "Age of the last complete backup and of the last verified backup.",
  unit: "seconds",
  labels: ["state"],
  merge: "max",
});
