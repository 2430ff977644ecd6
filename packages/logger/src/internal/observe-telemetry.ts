import { onTelemetry, type TelemetryRecord, type TelemetryUnit } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import type { Logger, ObserveOptions } from "../logger.ts";
import { LEVELS, toLevel } from "./level-numbers.ts";

/** Writes a line for every telemetry event of this level or above. Returns a function that stops it. */
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

// Clocks have a resolution of a nanosecond at best. Further digits are noise.
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
