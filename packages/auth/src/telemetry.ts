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

/** An attempt to log in. Details: user, session, address. */
export const loginEvent: TelemetryEvent<"outcome"> = defineEvent("auth.login", {
  help: "One attempt to log in.",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "info" : "warn"),
});

/** An exchange of a refresh token. Details: user, session, address. */
export const refreshEvent: TelemetryEvent<"outcome"> = defineEvent("auth.refresh", {
  help: "One exchange of a refresh token.",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "rotated" || outcome === "grace" ? "debug" : "warn"),
});

/** A request whose token or cookie was refused. */
export const refusedEvent: TelemetryEvent<"carrier" | "reason"> = defineEvent("auth.refused", {
  help: "One request whose token or cookie was refused.",
  labels: ["carrier", "reason"],
  level: "info",
});

/** An operation on an account or a session. Details: reason, actor, subject, address. */
export const accountEvent: TelemetryEvent<"operation" | "outcome"> = defineEvent("auth.account", {
  help: "One operation on an account or a session.",
  labels: ["operation", "outcome"],
  level: ({ outcome }) => (outcome === "success" ? "info" : "warn"),
});

/** Sessions were ended before they expired. */
export const endEvent: TelemetryEvent<"by"> = defineEvent("auth.session_end", {
  help: "Sessions that were ended before they expired.",
  labels: ["by"],
  level: "debug",
});

/** Something unusual about a login or a refresh token. Details: user, address, userAgent, error. */
export const anomalyEvent: TelemetryEvent<"kind"> = defineEvent("auth.anomaly", {
  help: "Something unusual about a login or a refresh token.",
  labels: ["kind"],
  level: "warn",
});

/** A mail was handed to the mailer, or could not be. Details: error. */
export const deliveryEvent: TelemetryEvent<"purpose" | "outcome"> = defineEvent("auth.delivery", {
  help: "One mail that the service handed to its mailer.",
  labels: ["purpose", "outcome"],
  level: ({ outcome }) => (outcome === "sent" ? "debug" : "error"),
});

/** An entry about a refusal could not be kept in the audit trail. Details: operation, error. */
export const auditEvent: TelemetryEvent<"outcome"> = defineEvent("auth.audit", {
  help: "Entries about refusals that the audit trail did not keep.",
  labels: ["outcome"],
  level: "error",
});

/** Expired records were removed, or could not be. Details: error. */
export const cleanUpEvent: TelemetryEvent<"outcome", "items"> = defineEvent("auth.clean_up", {
  help: "Expired records that one clean-up removed.",
  unit: "items",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "debug" : "error"),
});

/** A document of an outside issuer was loaded, or could not be. Details: issuer, url, error. */
export const issuerEvent: TelemetryEvent<"document" | "outcome"> = defineEvent("auth.issuer", {
  help: "One load of an outside issuer's metadata or keys.",
  unit: "seconds",
  labels: ["document", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "debug" : "warn"),
});

/** An outside issuer's access token was verified or refused. Details: issuer, reason. */
export const outsideTokenEvent: TelemetryEvent<"outcome"> = defineEvent("auth.outside_token", {
  help: "One verification of an access token of an outside issuer.",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "trace" : "info"),
});

/** A login at an outside provider came back. Details: issuer, user, reason, error. */
export const oidcLoginEvent: TelemetryEvent<"outcome"> = defineEvent("auth.oidc_login", {
  help: "One login through an outside OpenID provider.",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "info" : "warn"),
});

/** A passkey was registered or used, or refused. Details: user, passkey, reason, error. */
export const passkeyEvent: TelemetryEvent<"action" | "outcome"> = defineEvent("auth.passkey", {
  help: "One registration of a passkey or one login with a passkey.",
  labels: ["action", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "info" : "warn"),
});

/** A mail was handed over, or could not be. Details: to, error. */
export const mailEvent: TelemetryEvent<"purpose" | "outcome"> = defineEvent("auth.mail", {
  help: "One mail that was handed to the mail server.",
  unit: "seconds",
  labels: ["purpose", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "debug" : "error"),
});
