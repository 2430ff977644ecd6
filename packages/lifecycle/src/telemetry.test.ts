import type { LabelValue, TelemetryDefinition, TelemetryLevel } from "@seaworthy/core";
import { expect, test } from "vitest";
import {
  drainEvent,
  resourceStartEvent,
  resourceStopEvent,
  signalEvent,
  stateEvent,
  workEvent,
  workerEndEvent,
  workerRestartEvent,
  workerStartEvent,
} from "./telemetry.ts";

const cases: [event: TelemetryDefinition, labels: Record<string, LabelValue>, level: TelemetryLevel][] = [
  [stateEvent, { state: "ready" }, "info"],
  [stateEvent, { state: "failed" }, "error"],
  [resourceStartEvent, { outcome: "ok" }, "debug"],
  [resourceStartEvent, { outcome: "failed" }, "error"],
  [resourceStopEvent, { outcome: "ok" }, "debug"],
  [resourceStopEvent, { outcome: "failed" }, "error"],
  [drainEvent, { outcome: "clean" }, "info"],
  [drainEvent, { outcome: "cut" }, "warn"],
  [signalEvent, { effect: "drain" }, "info"],
  [signalEvent, { effect: "exit" }, "warn"],
  [workEvent, { outcome: "ok" }, "trace"],
  [workEvent, { outcome: "failed" }, "error"],
  [workerStartEvent, { outcome: "ready" }, "info"],
  [workerStartEvent, { outcome: "failed" }, "error"],
  [workerEndEvent, { outcome: "clean" }, "info"],
  [workerEndEvent, { outcome: "crashed" }, "error"],
  [workerRestartEvent, { reason: "rolling" }, "info"],
  [workerRestartEvent, { reason: "crash" }, "warn"],
];
for (const [event, labels, expected] of cases) {
  test(`the log line of ${event.name} with ${JSON.stringify(labels)} has the level ${expected}`, () => {
    const { level } = event;
    expect(event.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(typeof level === "function" ? level(labels) : level).toBe(expected);
  });
}
