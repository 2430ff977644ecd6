import type { LabelValue, TelemetryDefinition, TelemetryLevel } from "@seaworthy/core";
import { expect, test } from "vitest";
import { checkpointEvent, recordEvent, verifyEvent } from "./telemetry.ts";

const cases: [event: TelemetryDefinition, labels: Record<string, LabelValue>, level: TelemetryLevel][] = [
  [recordEvent, { outcome: "kept" }, "trace"],
  [recordEvent, { outcome: "buffered" }, "warn"],
  [recordEvent, { outcome: "lost" }, "error"],
  [recordEvent, { outcome: "denied" }, "error"],
  [checkpointEvent, { outcome: "ok" }, "debug"],
  [checkpointEvent, { outcome: "failed" }, "error"],
  [verifyEvent, { outcome: "sound" }, "info"],
  [verifyEvent, { outcome: "tampered" }, "fatal"],
];
for (const [event, labels, expected] of cases) {
  test(`the log line of ${event.name} with ${JSON.stringify(labels)} has the level ${expected}`, () => {
    const { level } = event;
    expect(event.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(typeof level === "function" ? level(labels) : level).toBe(expected);
  });
}
