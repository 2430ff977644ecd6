import { onTelemetry, type TelemetryRecord } from "@seaworthy/core";
import type { Logger } from "./logger.ts";

/** Writes a line for every telemetry event at the event's level, until the function returned is called. */
export function observeTelemetry(logger: Logger): () => void {
  return onTelemetry((record) => {
    const level = levelOf(record);
    if (level === "silent" || !logger.isLevelEnabled(level)) return;
    const { name, labels, value, details, definition } = record;
    const { unit } = definition;
    const measured = value === undefined ? undefined : { value: unit === "seconds" ? brief(value) : value, unit };
    logger[level]({ ...details, ...labels, event: name, ...measured }, name);
  });
}

// No clock here tells less than a nanosecond; the digits behind it are noise that takes longer to write than to measure.
const brief = (value: number): number => Math.round(value * 1e9) / 1e9;

function levelOf({
  definition,
  labels,
}: TelemetryRecord): "silent" | "trace" | "debug" | "info" | "warn" | "error" | "fatal" {
  const { level = "debug" } = definition;
  if (typeof level !== "function") return level;
  try {
    return level(labels);
  } catch {
    return "debug";
  }
}
