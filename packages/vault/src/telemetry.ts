import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

type Outcome = "outcome";

/** Every use of an entry. The entry's name is in the details, a value is nowhere. */
export const accessEvent: TelemetryEvent<"action" | Outcome> = defineEvent("vault.access", {
  help: "A credential was read or changed.",
  labels: ["action", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "debug" : "warn"),
});

/** Every attempt to unlock, with the time it took. */
export const unlockEvent: TelemetryEvent<"method" | Outcome> = defineEvent("vault.unlock", {
  help: "An attempt to unlock a vault.",
  unit: "seconds",
  labels: ["method", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "info" : "warn"),
});

/** Every write that was tried; outcome `conflict` means that another writer was first and the write is tried again. */
export const commitEvent: TelemetryEvent<Outcome> = defineEvent("vault.commit", {
  help: "A write of the vault to its store.",
  unit: "seconds",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "error" ? "warn" : "debug"),
});

/** The vault zeroed its keys. */
export const lockEvent: TelemetryEvent<"reason"> = defineEvent("vault.lock", {
  help: "A vault zeroed its keys.",
  labels: ["reason"],
  level: "info",
});

/** A watch could not read the store, or its listener threw. */
export const watchEvent: TelemetryEvent<"reason"> = defineEvent("vault.watch", {
  help: "A watch of an entry that failed.",
  labels: ["reason"],
  level: "warn",
});

/** The audit sink refused an entry. */
export const unrecordedEvent: TelemetryEvent<"action"> = defineEvent("vault.unrecorded", {
  help: "An access that the audit sink did not accept.",
  labels: ["action"],
  level: "error",
});
