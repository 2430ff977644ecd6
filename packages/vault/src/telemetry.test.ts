import type { LabelValue, TelemetryDefinition, TelemetryLevel } from "@seaworthy/core";
import { expect, test } from "vitest";
import { accessEvent, commitEvent, unlockEvent } from "./telemetry.ts";

const cases: [event: TelemetryDefinition, labels: Record<string, LabelValue>, level: TelemetryLevel][] = [
  [accessEvent, { outcome: "ok" }, "debug"],
  [accessEvent, { outcome: "error" }, "warn"],
  [unlockEvent, { outcome: "ok" }, "info"],
  [unlockEvent, { outcome: "error" }, "warn"],
  [commitEvent, { outcome: "ok" }, "debug"],
  [commitEvent, { outcome: "conflict" }, "debug"],
  [commitEvent, { outcome: "error" }, "warn"],
];
for (const [event, labels, expected] of cases) {
  test(`the log line of ${event.name} with ${JSON.stringify(labels)} has the level ${expected}`, () => {
    const { level } = event;
    expect(event.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(typeof level === "function" ? level(labels) : level).toBe(expected);
  });
}
