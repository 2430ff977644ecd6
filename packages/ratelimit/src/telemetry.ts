import { defineEvent, defineGauge, type Gauge, type TelemetryEvent } from "@seaworthy/core";

/** A limiter decided about a call. */
export const decisionEvent: TelemetryEvent<"limiter" | "outcome" | "source", undefined> = defineEvent(
  "ratelimit.decision",
  {
    help: "A rate limiter decided about a call.",
    labels: ["limiter", "outcome", "source"],
    level: ({ outcome }) => (outcome === "refused" ? "debug" : "trace"),
  },
);

/** One call to a store that is not in this process. Details: error. */
export const storeEvent: TelemetryEvent<"limiter" | "outcome", "seconds"> = defineEvent("ratelimit.store", {
  help: "One call of a rate limiter to its shared store.",
  unit: "seconds",
  labels: ["limiter", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "trace" : "debug"),
});

/** A limiter lost its shared store, or has it back. Details: error. */
export const degradationEvent: TelemetryEvent<"limiter" | "state", undefined> = defineEvent("ratelimit.degradation", {
  help: "A rate limiter lost its shared store, or has it back.",
  labels: ["limiter", "state"],
  level: ({ state }) => (state === "recovered" ? "info" : "warn"),
});

/** A call waited for its turn. */
export const waitEvent: TelemetryEvent<"limiter" | "outcome", "seconds"> = defineEvent("ratelimit.wait", {
  help: "One call that waited for its turn at a rate limiter.",
  unit: "seconds",
  labels: ["limiter", "outcome"],
  level: ({ outcome }) => (outcome === "ok" || outcome === "cancelled" ? "trace" : "warn"),
});

/** A count was dropped because the memory store is full. */
export const evictionEvent: TelemetryEvent<"store", undefined> = defineEvent("ratelimit.eviction", {
  help: "A rate limiter forgot a key that was still counted, because its memory was full.",
  labels: ["store"],
  level: "warn",
});

/** A concurrency limiter granted or refused a lease, or lost one. */
export const leaseEvent: TelemetryEvent<"limiter" | "outcome", undefined> = defineEvent("ratelimit.lease", {
  help: "A concurrency limiter granted or refused a lease, or lost one.",
  labels: ["limiter", "outcome"],
  level: ({ outcome }) => (outcome === "lost" ? "warn" : "trace"),
});

/** A tripwire tripped. */
export const tripEvent: TelemetryEvent<"tripwire" | "rule", undefined> = defineEvent("ratelimit.trip", {
  help: "A key broke a rule of a tripwire.",
  labels: ["tripwire", "rule"],
  level: "warn",
});

/** Whether a limiter decides without its shared store now. */
export const degradedGauge: Gauge<"limiter"> = defineGauge("ratelimit.degraded", {
  help: "Whether a rate limiter decides without its shared store: 0 or 1.",
  labels: ["limiter"],
  merge: "max",
});

/** The calls that wait for their turn now. */
export const waitingGauge: Gauge<"limiter"> = defineGauge("ratelimit.waiting", {
  help: "Calls that wait for their turn at a rate limiter.",
  labels: ["limiter"],
});

/** The leases that this process holds now. */
export const inUseGauge: Gauge<"limiter"> = defineGauge("ratelimit.in_use", {
  help: "Leases of a concurrency limiter that this process holds.",
  labels: ["limiter"],
});
