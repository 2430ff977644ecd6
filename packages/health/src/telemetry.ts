import {
  defineEvent,
  defineGauge,
  type Gauge,
  type LabelValue,
  type TelemetryEvent,
  type TelemetryLevel,
} from "@seaworthy/core";

const LEVELS: Readonly<Record<string, TelemetryLevel>> = { healthy: "trace", degraded: "warn", unhealthy: "warn" };
const levelOf = ({ status }: Readonly<Record<"check" | "status", LabelValue>>): TelemetryLevel =>
  LEVELS[String(status)] ?? "warn";
const CHANGE_LEVELS: Readonly<Record<string, TelemetryLevel>> = {
  healthy: "info",
  degraded: "warn",
  unhealthy: "error",
};
const changeLevelOf = ({ status }: Readonly<Record<"check" | "status", LabelValue>>): TelemetryLevel =>
  CHANGE_LEVELS[String(status)] ?? "warn";

/** One run of a check ended or timed out. The details carry what it threw, for logs. */
export const checkEvent: TelemetryEvent<"check" | "status"> = defineEvent("health.check", {
  help: "One run of a health check.",
  unit: "seconds",
  labels: ["check", "status"],
  level: levelOf,
});

/** The status of a check that reports show. Of two checks with one name, the worse one counts. */
export const stateGauge: Gauge<"check"> = defineGauge("health.state", {
  help: "State of a health check: 0 is healthy, 1 degraded, 2 unhealthy.",
  labels: ["check"],
  merge: "max",
});

/** The status of a check changed. */
export const statusEvent: TelemetryEvent<"check" | "status"> = defineEvent("health.status", {
  help: "A health check changed its status.",
  labels: ["check", "status"],
  level: changeLevelOf,
});
