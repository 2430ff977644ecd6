import { defineEvent, defineGauge, type Gauge, type TelemetryEvent } from "@seaworthy/core";

/** Every call of an operation: its own outcome and duration, however many calls a run makes. */
export const attemptEvent: TelemetryEvent<"policy" | "outcome"> = defineEvent("resilience.attempt", {
  help: "One attempt of a guarded call.",
  unit: "seconds",
  labels: ["policy", "outcome"],
  level: ({ outcome }) => (outcome === "failure" || outcome === "timeout" ? "warn" : "trace"),
});

/** A run of a policy, from its beginning to its outcome. Details: attempts, error. */
export const runEvent: TelemetryEvent<"policy" | "outcome"> = defineEvent("resilience.run", {
  help: "One run of a policy, with all its attempts, waits and fallbacks.",
  unit: "seconds",
  labels: ["policy", "outcome"],
  level: ({ outcome }) => (outcome === "ok" || outcome === "cancelled" ? "trace" : "debug"),
});

/** A run that a guard refused without calling. */
export const rejectionEvent: TelemetryEvent<"policy" | "reason"> = defineEvent("resilience.rejection", {
  help: "A call that a guard refused to make.",
  labels: ["policy", "reason"],
  level: "debug",
});

/** A breaker that changed its state. Details, if it opens: calls, and how many of them failed or were slow. */
export const transitionEvent: TelemetryEvent<"breaker" | "from" | "to"> = defineEvent("resilience.transition", {
  help: "A circuit breaker changed its state.",
  labels: ["breaker", "from", "to"],
  level: ({ to }) => (to === "closed" ? "info" : "warn"),
});

/** A request for a repeated call, and what the budget said. */
export const budgetEvent: TelemetryEvent<"policy" | "outcome"> = defineEvent("resilience.budget", {
  help: "A repeated call was asked of a retry budget.",
  labels: ["policy", "outcome"],
  level: ({ outcome }) => (outcome === "refused" ? "warn" : "debug"),
});

/** A retry that was decided, with the wait before it. */
export const retryEvent: TelemetryEvent<"policy"> = defineEvent("resilience.retry", {
  help: "The wait before a retry that was decided.",
  unit: "seconds",
  labels: ["policy"],
  level: "debug",
});

/** A hedge launched, won, or refused by the budget. */
export const hedgeEvent: TelemetryEvent<"policy" | "outcome"> = defineEvent("resilience.hedge", {
  help: "A second call was launched beside a slow one, or answered first, or was refused.",
  labels: ["policy", "outcome"],
  level: "debug",
});

/** A tier that answered or failed, or was skipped because a guard refused its call, such as an open breaker. */
export const tierEvent: TelemetryEvent<"tiers" | "tier" | "outcome"> = defineEvent("resilience.tier", {
  help: "A tier of a fallback chain answered, failed or was skipped.",
  unit: "seconds",
  labels: ["tiers", "tier", "outcome"],
  level: ({ outcome }) => (outcome === "failed" ? "warn" : "debug"),
});

/** The limit of an adaptive bulkhead after it moved. */
export const limitEvent: TelemetryEvent<"bulkhead"> = defineEvent("resilience.limit", {
  help: "The concurrency limit of an adaptive bulkhead after an adjustment.",
  unit: "items",
  labels: ["bulkhead"],
  level: "trace",
});

/** The state that a breaker is in now. Of several breakers with one name, the worst state counts. */
export const stateGauge: Gauge<"breaker"> = defineGauge("resilience.breaker_state", {
  help: "State of a circuit breaker: 0 is closed or disabled, 1 half-open, 2 open or isolated.",
  labels: ["breaker"],
  merge: "max",
});

/** The slots of a bulkhead that are in use now. */
export const inUseGauge: Gauge<"bulkhead"> = defineGauge("resilience.bulkhead_in_use", {
  help: "Slots of a bulkhead that are in use.",
  labels: ["bulkhead"],
});

/** The calls that wait for a slot of a bulkhead now. */
export const waitingGauge: Gauge<"bulkhead"> = defineGauge("resilience.bulkhead_waiting", {
  help: "Calls that wait for a slot of a bulkhead.",
  labels: ["bulkhead"],
});

/** The slots that a bulkhead has now. */
export const slotsGauge: Gauge<"bulkhead"> = defineGauge("resilience.bulkhead_slots", {
  help: "Slots of a bulkhead, in use or free.",
  labels: ["bulkhead"],
});
