import type { LabelValue, TelemetryDefinition, TelemetryLevel } from "@seaworthy/core";
import { expect, test } from "vitest";
import {
  acquireEvent,
  backupEvent,
  connectionEvent,
  migrationEvent,
  queryEvent,
  transactionEvent,
} from "./telemetry.ts";

const cases: [event: TelemetryDefinition, labels: Record<string, LabelValue>, level: TelemetryLevel][] = [
  [queryEvent, { outcome: "ok" }, "trace"],
  [queryEvent, { outcome: "error" }, "debug"],
  [acquireEvent, { outcome: "ok" }, "trace"],
  [acquireEvent, { outcome: "timeout" }, "warn"],
  [transactionEvent, { outcome: "commit" }, "trace"],
  [transactionEvent, { outcome: "rollback" }, "debug"],
  [transactionEvent, { outcome: "lost" }, "warn"],
  [connectionEvent, { change: "opened" }, "trace"],
  [connectionEvent, { change: "closed" }, "trace"],
  [connectionEvent, { change: "lost" }, "warn"],
  [migrationEvent, { outcome: "applied" }, "info"],
  [migrationEvent, { outcome: "reverted" }, "info"],
  [migrationEvent, { outcome: "failed" }, "error"],
  [backupEvent, { outcome: "ok" }, "info"],
  [backupEvent, { outcome: "failed" }, "error"],
];
for (const [event, labels, expected] of cases) {
  test(`the log line of ${event.name} with ${JSON.stringify(labels)} has the level ${expected}`, () => {
    const { level } = event;
    expect(event.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(typeof level === "function" ? level(labels) : level).toBe(expected);
  });
}
