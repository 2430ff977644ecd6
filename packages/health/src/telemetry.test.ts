import type { LabelValue, TelemetryDefinition, TelemetryLevel } from "@seaworthy/core";
import { expect, test } from "vitest";
import { checkEvent, statusEvent } from "./telemetry.ts";

const cases: [event: TelemetryDefinition, labels: Record<string, LabelValue>, level: TelemetryLevel][] = [
  [checkEvent, { check: "database", status: "healthy" }, "trace"],
  [checkEvent, { check: "database", status: "degraded" }, "warn"],
  [checkEvent, { check: "database", status: "unhealthy" }, "warn"],
  [checkEvent, { check: "database", status: "unknown" }, "warn"],
  [statusEvent, { check: "database", status: "healthy" }, "info"],
  [statusEvent, { check: "database", status: "degraded" }, "warn"],
  [statusEvent, { check: "database", status: "unhealthy" }, "error"],
  [statusEvent, { check: "database", status: "unknown" }, "warn"],
];
for (const [event, labels, expected] of cases) {
  test(`the log line of ${event.name} with ${JSON.stringify(labels)} has the level ${expected}`, () => {
    const { level } = event;
    expect(event.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(typeof level === "function" ? level(labels) : level).toBe(expected);
  });
}
