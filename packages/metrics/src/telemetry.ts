import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** A metric reached its series limit. Once a metric. */
export const overflowed: TelemetryEvent<"metric"> = defineEvent("metrics.overflow", {
  help: "A metric reached its series limit; further label sets share one series.",
  labels: ["metric"],
  level: "warn",
});
