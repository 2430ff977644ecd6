import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** An entry was kept, buffered or lost, or it was refused. Details: type, error. */
export const recordEvent: TelemetryEvent<"outcome"> = defineEvent("audit.record", {
  help: "One entry for the audit trail.",
  unit: "seconds",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "kept" ? "trace" : outcome === "buffered" ? "warn" : "error"),
});

/** A checkpoint was made, or could not be handed to its sink. Details: sequence, error. */
export const checkpointEvent: TelemetryEvent<"outcome"> = defineEvent("audit.checkpoint", {
  help: "One signed checkpoint of the audit trail.",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "debug" : "error"),
});

/** A trail was verified. Details: entries, fault. */
export const verifyEvent: TelemetryEvent<"outcome"> = defineEvent("audit.verify", {
  help: "One verification of the audit trail.",
  unit: "seconds",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "sound" ? "info" : "fatal"),
});

/** A trail was opened whose last line was torn by the end of a process. Details: bytes. */
export const recoverEvent: TelemetryEvent<never> = defineEvent("audit.recover", {
  help: "The torn last line of a file was removed and recorded.",
  labels: [],
  level: "warn",
});
