import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** A line that could not be written. Lines that are given up together are one event, which counts them. */
export const lineLostEvent: TelemetryEvent<"destination" | "reason", undefined> = defineEvent("logger.line_lost", {
  help: "A log line could not be written.",
  labels: ["destination", "reason"],
  level: "error",
});

/** The first write that fails after others that worked. Its line waits, and may still be written. */
export const writeFailedEvent: TelemetryEvent<"destination" | "reason", undefined> = defineEvent(
  "logger.write_failed",
  {
    help: "A log destination cannot be written to.",
    labels: ["destination", "reason"],
    level: "error",
  },
);

/** A rotation of a file. */
export const rotatedEvent: TelemetryEvent<"outcome", undefined> = defineEvent("logger.rotated", {
  help: "A log file was rotated.",
  labels: ["outcome"],
  level: (labels) => (labels.outcome === "ok" ? "debug" : "warn"),
});

/** A measured operation. It is not written as a line, because the operation writes lines itself. */
export const operationEvent: TelemetryEvent<"operation" | "outcome", "seconds"> = defineEvent("logger.operation", {
  help: "One operation measured by a logger.",
  unit: "seconds",
  labels: ["operation", "outcome"],
  level: "silent",
});
