import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** A configuration was loaded or refused; the value is how long that took. */
export const load: TelemetryEvent<"profile" | "outcome"> = defineEvent("config.load", {
  help: "One load of the configuration.",
  unit: "seconds",
  labels: ["profile", "outcome"],
  level: (labels) => (labels.outcome === "ok" ? "debug" : "error"),
});

/** A watched configuration was read again: `changed`, `unchanged`, or `refused` because it was invalid. */
export const reload: TelemetryEvent<"outcome"> = defineEvent("config.reload", {
  help: "A watched configuration was read again.",
  labels: ["outcome"],
  level: (labels) => (labels.outcome === "refused" ? "error" : labels.outcome === "changed" ? "info" : "debug"),
});

/** Something about the configuration deserves a look, though it is valid; the label is the warning's code. */
export const warning: TelemetryEvent<"code"> = defineEvent("config.warning", {
  help: "A valid configuration had something odd about it.",
  labels: ["code"],
  level: "warn",
});
