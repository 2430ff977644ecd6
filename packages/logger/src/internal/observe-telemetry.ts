import { onTelemetry, type TelemetryRecord, type TelemetryUnit } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import type { Logger, ObserveOptions } from "../logger.ts";
import { LEVELS, toLevel } from "./level-numbers.ts";

/** Writes a line for every telemetry event of the level or above, until the returned function is called. */
export function observeTelemetry(logger: Logger, options: ObserveOptions = {}): () => void {
  checkOptions("observe", options, ["level"]);
  const least = LEVELS[toLevel(options.level ?? "info", "observe level")];
  return onTelemetry((record) => {
    const level = levelOf(record);
    if (level === "silent" || LEVELS[level] < least || !logger.isLevelEnabled(level)) return;
    const { name, labels, value, details, definition } = record;
    logger[level]({ ...details, ...labels, event: name, ...measure(value, definition.unit) }, name);
  });
}

function measure(value: number | undefined, unit: TelemetryUnit | undefined): object | undefined {
  if (value === undefined) return undefined;
  if (unit === undefined) return { times: value };
  return { value: unit === "seconds" ? brief(value) : value, unit };
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
