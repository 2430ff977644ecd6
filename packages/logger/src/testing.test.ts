import { expect, test } from "vitest";
import { createLogger } from "./create-logger.ts";
import { captureLogs } from "./testing.ts";

test("captured logs are found by level, message and function, and can be cleared", () => {
  using logs = captureLogs({ name: "svc" });
  logs.logger.trace("one");
  logs.logger.warn({ a: 1 }, "two");
  expect(logs.of("warn")).toMatchObject([{ msg: "two", name: "svc" }]);
  expect(logs.find("one")).toHaveLength(1);
  expect(logs.find(/^t/)).toHaveLength(1);
  expect(logs.find((record) => record.a === 1)).toHaveLength(1);
  expect(logs.text.split("\n")).toHaveLength(2);
  logs.clear();
  expect(logs.records).toEqual([]);
  expect(logs.lines).toEqual([]);
});

test("captured logs are a destination for another logger", () => {
  const logs = captureLogs();
  createLogger({ destinations: [logs] }).info("elsewhere");
  expect(logs.find("elsewhere")).toHaveLength(1);
});
