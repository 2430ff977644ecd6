import { onTelemetry, type TelemetryRecord } from "@seaworthy/core";
import type { Logger } from "./logger.ts";

/** Writes a line for every telemetry event at the event's level, until the function returned is called. */
export function observeTelemetry(logger: Logger): () => void {
  return onTelemetry((record) => {
    const level = levelOf(record);
    if (level === "silent" || !logger.isLevelEnabled(level)) return;
    const { name, labels, value, details, definition } = record;
    const measured = value === undefined ? undefined : { value, unit: definition.unit };
    logger[level]({ ...details, ...labels, event: name, ...measured }, name);
  });
}

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
