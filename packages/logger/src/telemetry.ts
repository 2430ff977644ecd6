import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** Every line that was made and could not be written; the event stands for several that are given up together. */
export const lineLost: TelemetryEvent<"destination" | "reason", undefined> = defineEvent("logger.line_lost", {
  help: "A log line could not be written.",
  labels: ["destination", "reason"],
  level: "error",
});

/** The first write that fails after writes that did not; the lines wait, and may still be written. */
export const writeFailed: TelemetryEvent<"destination" | "reason", undefined> = defineEvent("logger.write_failed", {
  help: "A log destination stopped taking lines.",
  labels: ["destination", "reason"],
  level: "error",
});

/** Every rotation of a file. */
export const rotated: TelemetryEvent<"outcome", undefined> = defineEvent("logger.rotated", {
  help: "A log file was rotated.",
  labels: ["outcome"],
  level: (labels) => (labels.outcome === "ok" ? "debug" : "warn"),
});

/** Every measured operation. It makes no line of its own: the operation has written one. */
export const operated: TelemetryEvent<"operation" | "outcome", "seconds"> = defineEvent("logger.operation", {
  help: "One operation measured by a logger.",
  unit: "seconds",
  labels: ["operation", "outcome"],
  level: "silent",
});
