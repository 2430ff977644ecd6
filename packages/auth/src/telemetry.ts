import { defineEvent, defineGauge, type Gauge, type TelemetryEvent } from "@seaworthy/core";

/** A password was hashed or compared, with the time that it took, waiting included. Details: fault. */
export const hashEvent: TelemetryEvent<"action" | "outcome"> = defineEvent("auth.hash", {
  help: "A password was hashed or compared.",
  unit: "seconds",
  labels: ["action", "outcome"],
  level: ({ outcome }) => (outcome === "ok" || outcome === "mismatch" ? "trace" : "warn"),
});

/** A password was looked up among those of known breaches. Details: error. */
export const breachEvent: TelemetryEvent<"outcome"> = defineEvent("auth.breach_check", {
  help: "A password was looked up among the passwords of known breaches.",
  unit: "seconds",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "failed" ? "warn" : "debug"),
});

/** A token was refused. */
export const tokenEvent: TelemetryEvent<"reason"> = defineEvent("auth.token_refused", {
  help: "A token was refused.",
  labels: ["reason"],
  level: ({ reason }) => (reason === "expired" ? "debug" : "warn"),
});

/** The keys of the tokens were rotated, or their store failed. Details: error. */
export const keysEvent: TelemetryEvent<"outcome"> = defineEvent("auth.keys", {
  help: "The keys that sign tokens were rotated, or their store failed.",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "failed" ? "error" : "info"),
});

/** A key of a machine was refused, or its use could not be noted. Details: id, error. */
export const apiKeyEvent: TelemetryEvent<"outcome"> = defineEvent("auth.api_key", {
  help: "An API key was refused, or its use could not be noted.",
  labels: ["outcome"],
  level: "warn",
});

/** Hashes that wait for their turn now. */
export const waitingGauge: Gauge<never> = defineGauge("auth.hashes_waiting", {
  help: "Password hashes that wait for their turn.",
  unit: "items",
});
