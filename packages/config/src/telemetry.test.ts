import type { LabelValue, TelemetryDefinition, TelemetryLevel } from "@seaworthy/core";
import { expect, test } from "vitest";
import { loadEvent, reloadEvent } from "./telemetry.ts";

const cases: [event: TelemetryDefinition, labels: Record<string, LabelValue>, level: TelemetryLevel][] = [
  [loadEvent, { outcome: "ok" }, "debug"],
  [loadEvent, { outcome: "failed" }, "error"],
  [reloadEvent, { outcome: "refused" }, "error"],
  [reloadEvent, { outcome: "changed" }, "info"],
  [reloadEvent, { outcome: "unchanged" }, "debug"],
];
for (const [event, labels, expected] of cases) {
  test(`the log line of ${event.name} with ${JSON.stringify(labels)} has the level ${expected}`, () => {
    const { level } = event;
    expect(event.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(typeof level === "function" ? level(labels) : level).toBe(expected);
  });
}
