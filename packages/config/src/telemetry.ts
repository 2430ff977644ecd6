import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** A configuration was loaded or refused. The value is the duration of the load. */
export const loadEvent: TelemetryEvent<"profile" | "outcome"> = defineEvent("config.load", {
  help: "One load of the configuration.",
  unit: "seconds",
  labels: ["profile", "outcome"],
  level: (labels) => (labels.outcome === "ok" ? "debug" : "error"),
});

/** A watched configuration was read again: `changed`, `unchanged`, or `refused` because it was invalid. */
export const reloadEvent: TelemetryEvent<"outcome"> = defineEvent("config.reload", {
  help: "A watched configuration was read again.",
  labels: ["outcome"],
  level: (labels) => (labels.outcome === "refused" ? "error" : labels.outcome === "changed" ? "info" : "debug"),
});

/** A valid configuration has something in it that is probably a mistake. The label is the code of the warning. */
export const warningEvent: TelemetryEvent<"code"> = defineEvent("config.warning", {
  help: "A valid configuration has something in it that is probably a mistake.",
  labels: ["code"],
  level: "warn",
});
