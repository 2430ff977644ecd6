import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** A metric reached its series limit. Emitted once per metric. */
export const overflowEvent: TelemetryEvent<"metric"> = defineEvent("metrics.overflow", {
  help: "A metric reached its series limit; further label sets share one series, or are dropped if it is a gauge.",
  labels: ["metric"],
  level: "warn",
});

/** A metric could not be brought up to date for a render. */
export const collectEvent: TelemetryEvent<"metric" | "outcome"> = defineEvent("metrics.collect", {
  help: "A metric could not be brought up to date: its collect function failed, or came later than the limit.",
  labels: ["metric", "outcome"],
  level: "warn",
});
