import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** Every line that was made and could not be written. */
export const lineLost: TelemetryEvent<"destination" | "reason"> = defineEvent("logger.line_lost", {
  help: "A log line could not be written.",
  labels: ["destination", "reason"],
  level: "error",
});

/** Every rotation of a file. */
export const rotated: TelemetryEvent<"outcome"> = defineEvent("logger.rotated", {
  help: "A log file was rotated.",
  labels: ["outcome"],
  level: (labels) => (labels.outcome === "ok" ? "debug" : "warn"),
});

/** Every measured operation. It makes no line of its own: the operation has written one. */
export const operated: TelemetryEvent<"operation" | "outcome"> = defineEvent("logger.operation", {
  help: "One operation measured by a logger.",
  unit: "seconds",
  labels: ["operation", "outcome"],
  level: "silent",
});
