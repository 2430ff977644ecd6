import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audits, survey, type Thresholds } from "../src/index.ts";
import { GROUPS } from "../src/outcome.ts";
import { startDependencies, type ZooDependencies } from "./zoo/dependencies.ts";
import { zooOptions } from "./zoo.ts";

let dependencies: ZooDependencies;
beforeAll(async () => {
  dependencies = await startDependencies();
});
afterAll(() => dependencies[Symbol.asyncDispose]());

describe.concurrent("a service without a fault", () => {
  test.each(GROUPS)(
    "passes all audits of the group %s",
    async (group) => {
      const drain = group === "shutdown" ? 5500 : 600;
      const options = zooOptions(dependencies, "", drain);
      const thresholds: Thresholds = { ...options.thresholds, recovery: "30s" };
      const { audits: results, score } = await survey({ ...options, thresholds, only: [group] });
      expect(results.filter(({ outcome }) => outcome !== "pass").map(({ id, reason }) => `${id}: ${reason}`)).toEqual(
        [],
      );
      expect(score).toBe(100);
    },
    300_000,
  );
});

describe.concurrent("a service with one fault", () => {
  test.each(audits.map(({ id }) => id))(
    "fails %s",
    async (id) => {
      const options = zooOptions(dependencies, id);
      const tight: Record<string, Thresholds> = {
        "shutdown/stuck-request": { stuck: "4s" },
        "start/ready-in-time": { start: "4s" },
      };
      const thresholds = { ...options.thresholds, ...tight[id] };
      const report = await survey({ ...options, thresholds, only: [id] });
      expect(report.audits.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
        expect.stringMatching(/^fail: /),
      ]);
      expect(report.score).toBe(0);
    },
    120_000,
  );
});
