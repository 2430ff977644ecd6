import type { LabelValue, TelemetryDefinition, TelemetryLevel } from "@seaworthy/core";
import { expect, test } from "vitest";
import { idempotencyEvent, requestEvent } from "./telemetry.ts";

const cases: [event: TelemetryDefinition, labels: Record<string, LabelValue>, level: TelemetryLevel][] = [
  [requestEvent, { method: "GET", route: "/orders", status: 200 }, "info"],
  [requestEvent, { method: "GET", route: "/orders", status: 499 }, "info"],
  [requestEvent, { method: "GET", route: "/orders", status: 500 }, "error"],
  [requestEvent, { method: "GET", route: "/orders", status: 503 }, "warn"],
  [requestEvent, { method: "GET", route: "/readyz", status: 200 }, "debug"],
  [requestEvent, { method: "GET", route: "/readyz", status: 503 }, "warn"],
  [requestEvent, { method: "GET", route: "/readyz", status: 500 }, "error"],
  [idempotencyEvent, { outcome: "stored" }, "debug"],
  [idempotencyEvent, { outcome: "store_failed" }, "error"],
  [idempotencyEvent, { outcome: "lost" }, "error"],
];
for (const [event, labels, expected] of cases) {
  test(`the log line of ${event.name} with ${JSON.stringify(labels)} has the level ${expected}`, () => {
    const { level } = event;
    expect(event.labels).toEqual(expect.arrayContaining(Object.keys(labels)));
    expect(typeof level === "function" ? level(labels) : level).toBe(expected);
  });
}
