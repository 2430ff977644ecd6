import {
  defineEvent,
  defineGauge,
  type Gauge,
  type LabelValue,
  type TelemetryEvent,
  type TelemetryLevel,
} from "@seaworthy/core";

/** Paths of probes and scrapes. Each edge adds its own: the level of an event is a function of its labels alone. */
export const quietRoutes: Set<LabelValue> = new Set(["/livez", "/readyz", "/startupz", "/healthz", "/metrics"]);

/** Exactly one per request, aborted ones included: access log and RED metrics are both made of it. */
export const requestEvent: TelemetryEvent<"method" | "route" | "status", "seconds"> = defineEvent("http.request", {
  help: "An HTTP request was answered, or abandoned by its client (status 499).",
  unit: "seconds",
  labels: ["method", "route", "status"],
  level: ({ route, status }): TelemetryLevel => {
    // Probes come every few seconds, and refusing requests under load must not make load of its own.
    if (Number(status) < 500) return quietRoutes.has(route) ? "debug" : "info";
    return Number(status) === 503 ? "warn" : "error";
  },
});

/** A request that was refused before any handler saw it. */
export const rejectedEvent: TelemetryEvent<"reason"> = defineEvent("http.rejected", {
  help: "A request was refused at the edge: over a limit, from an origin that may not call, from another site, or under overload.",
  labels: ["reason"],
  level: "debug",
});

/** A request came with an `Idempotency-Key`. */
export const idempotencyEvent: TelemetryEvent<"outcome"> = defineEvent("http.idempotency", {
  help: "A request with an Idempotency-Key was run, replayed or refused, or its lock or answer could not be kept.",
  labels: ["outcome"],
  level: ({ outcome }): TelemetryLevel => (outcome === "store_failed" || outcome === "lost" ? "error" : "debug"),
});

/** A request was refused because its caller lacks the permission of the route. */
export const deniedEvent: TelemetryEvent<"permission" | "reason"> = defineEvent("http.denied", {
  help: "A request was refused because its principal does not have the permission of the route, or because there is none.",
  labels: ["permission", "reason"],
  level: "info",
});

/** The audit trail did not keep an entry of the edge. */
export const auditEvent: TelemetryEvent<"outcome"> = defineEvent("http.audit", {
  help: "The audit trail did not keep an entry about a refused request.",
  labels: ["outcome"],
  level: "error",
});

/** How loaded the service is; see `shed`. */
export const loadGauge: Gauge<"signal"> = defineGauge("http.load", {
  help: "How loaded the service is by each signal that decides whether requests are refused, from 0 to 1.",
  unit: "ratio",
  labels: ["signal"],
  merge: "max",
});
