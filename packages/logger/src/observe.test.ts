import { defineEvent } from "@seaworthy/core";
import { expect, test } from "vitest";
import { captureLogs } from "./testing.ts";

const attempt = defineEvent("loggertest.attempt", {
  help: "One attempt.",
  unit: "seconds",
  labels: ["policy", "outcome"],
  level: (labels) => (labels.outcome === "ok" ? "trace" : "warn"),
});
const plain = defineEvent("loggertest.plain", { help: "Something plain." });
const quiet = defineEvent("loggertest.quiet", { help: "Something quiet.", level: "silent" });
const broken = defineEvent("loggertest.broken", {
  help: "Its level fails.",
  level: () => {
    throw new Error("no level");
  },
});
const sized = defineEvent("loggertest.sized", { help: "Has a size.", unit: "ratio" });

test("telemetry events become lines at their level with labels, value, unit and details, until stopped", () => {
  const { logger, records } = captureLogs();
  expect(attempt.active).toBe(false);
  const stop = logger.observe({ level: "trace" });
  attempt.emit({ policy: "payments", outcome: "failed" }, 0.25, {
    attempt: 2,
    error: new Error("boom"),
    password: "x",
  });
  attempt.emit({ policy: "payments", outcome: "ok" }, 0.1);
  plain.emit({});
  quiet.emit({});
  broken.emit({});
  stop();
  plain.emit({});
  expect(attempt.active).toBe(false);
  expect(records).toMatchObject([
    {
      level: 40,
      event: "loggertest.attempt",
      policy: "payments",
      outcome: "failed",
      value: 0.25,
      unit: "seconds",
      attempt: 2,
      error: { type: "Error", message: "boom" },
      password: "[redacted]",
      msg: "loggertest.attempt",
    },
    { level: 10, outcome: "ok", value: 0.1 },
    { level: 20, event: "loggertest.plain" },
    { level: 20, event: "loggertest.broken" },
  ]);
});

test("seconds are written to the nanosecond, other units as they are", () => {
  const { logger, records } = captureLogs();
  const stop = logger.observe({ level: "trace" });
  attempt.emit({ policy: "p", outcome: "failed" }, 0.1 + 0.2);
  attempt.emit({ policy: "p", outcome: "failed" }, 0.001820907000000034);
  attempt.emit({ policy: "p", outcome: "failed" }, Number.POSITIVE_INFINITY);
  sized.emit({}, 0.1 + 0.2);
  stop();
  expect(records.map(({ value }) => value)).toEqual([0.3, 0.001820907, "Infinity", 0.1 + 0.2]);
});

test("an event at a disabled level is not written, and close ends the observation", async () => {
  const { logger, records } = captureLogs({ level: "warn" });
  logger.observe({ level: "trace" });
  plain.emit({});
  await logger.close();
  attempt.emit({ policy: "p", outcome: "failed" }, 1);
  expect(records).toEqual([]);
});

test("labels and details cannot forge the line's own level and message", () => {
  const { logger, records } = captureLogs();
  const stop = logger.observe({ level: "trace" });
  plain.emit({}, undefined, { level: 60, msg: "forged", event: "forged" });
  stop();
  expect(records[0]).toMatchObject({ level: 20, msg: "loggertest.plain", event: "loggertest.plain", level_: 60 });
});

test("events below info are not written by default, whatever the level of the logger is", () => {
  const { logger, records } = captureLogs({ level: "trace" });
  logger.observe();
  plain.emit({});
  attempt.emit({ policy: "p", outcome: "ok" }, 0.1);
  attempt.emit({ policy: "p", outcome: "failed" }, 0.1);
  logger.debug("of the application");
  expect(records.map(({ level, msg }) => [level, msg])).toEqual([
    [40, "loggertest.attempt"],
    [20, "of the application"],
  ]);
  logger.observe({ level: "debug" })();
  expect(() => logger.observe({ level: "verbose" as "debug" })).toThrow(/observe level.*verbose/);
});
