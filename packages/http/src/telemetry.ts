import { defineEvent, type LabelValue, type TelemetryEvent, type TelemetryLevel } from "@seaworthy/core";

const OPERATIONS = new Set<LabelValue>(["/livez", "/readyz", "/startupz", "/healthz", "/metrics"]);

/** Exactly one per request, aborted ones included: access log and RED metrics are both made of it. */
export const requestEvent: TelemetryEvent<"method" | "route" | "status", "seconds"> = defineEvent("http.request", {
  help: "An HTTP request was answered, or abandoned by its client (status 499).",
  unit: "seconds",
  labels: ["method", "route", "status"],
  level: ({ route, status }): TelemetryLevel => {
    // Probes come every few seconds; and turning requests away under load must not make load of its own.
    if (Number(status) < 500) return OPERATIONS.has(route) ? "debug" : "info";
    return Number(status) === 503 ? "warn" : "error";
  },
});

/** A request that was turned away before any handler saw it. */
export const rejectedEvent: TelemetryEvent<"reason"> = defineEvent("http.rejected", {
  help: "A request was turned away at the edge: over a limit, from an origin that may not call, or under overload.",
  labels: ["reason"],
  level: "debug",
});

/** A request came with an `Idempotency-Key`. */
export const idempotencyEvent: TelemetryEvent<"outcome"> = defineEvent("http.idempotency", {
  help: "A request with an Idempotency-Key was run, replayed or refused, or its lock or answer could not be kept.",
  labels: ["outcome"],
  level: ({ outcome }): TelemetryLevel => (outcome === "store_failed" || outcome === "lost" ? "error" : "debug"),
});
