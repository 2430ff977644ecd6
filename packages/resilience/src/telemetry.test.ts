import type { LabelValue, TelemetryDefinition, TelemetryLevel } from "@seaworthy/core";
import { expect, test } from "vitest";
import { attemptEvent, budgetEvent, runEvent, tierEvent, transitionEvent } from "./telemetry.ts";

const cases: [event: TelemetryDefinition, labels: Record<string, LabelValue>, level: TelemetryLevel][] = [
  [attemptEvent, { outcome: "ok" }, "trace"],
  [attemptEvent, { outcome: "failure" }, "warn"],
  [attemptEvent, { outcome: "timeout" }, "warn"],
  [attemptEvent, { outcome: "cancelled" }, "trace"],
  [runEvent, { outcome: "ok" }, "trace"],
  [runEvent, { outcome: "cancelled" }, "trace"],
  [runEvent, { outcome: "failure" }, "debug"],
  [transitionEvent, { to: "closed" }, "info"],
  [transitionEvent, { to: "open" }, "warn"],
  [transitionEvent, { to: "half-open" }, "warn"],
  [budgetEvent, { outcome: "refused" }, "warn"],
  [budgetEvent, { outcome: "granted" }, "debug"],
  [tierEvent, { outcome: "failed" }, "warn"],
  [tierEvent, { outcome: "ok" }, "debug"],
  [tierEvent, { outcome: "skipped" }, "debug"],
];
for (const [event, labels, expected] of cases) {
  test(`the log line of ${event.name} with ${JSON.stringify(labels)} has the level ${expected}`, () => {
    const { level } = event;
    expect(event.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(typeof level === "function" ? level(labels) : level).toBe(expected);
  });
}
