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

/** The status that reports show of a check. Of two checks of one name, the better one counts. */
export const statusGauge: Gauge<"check"> = defineGauge("health.check_status", {
  help: "Status of a health check: 1 is healthy, 0.5 degraded, 0 unhealthy.",
  labels: ["check"],
  merge: "max",
});

/** The status of a check changed. */
export const statusEvent: TelemetryEvent<"check" | "status"> = defineEvent("health.status", {
  help: "A health check changed its status.",
  labels: ["check", "status"],
  level: changeLevelOf,
});
