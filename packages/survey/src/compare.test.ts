import { expect, test } from "vitest";
import { report, result } from "../test/samples.ts";
import { compareReports } from "./compare.ts";

test("a comparison names what got worse, better, and different", () => {
  const before = report([
    result("start/a", "pass"),
    result("start/b", "fail"),
    result("start/c", "not-applicable"),
    result("start/d", "pass"),
    result("start/same", "fail"),
  ]);
  const after = report([
    result("start/a", "fail"),
    result("start/b", "pass"),
    result("start/c", "error"),
    result("start/new", "pass"),
    result("start/same", "fail"),
  ]);
  const { worse, better, other, score } = compareReports({ ...before, score: 60 }, { ...after, score: 50 });
  expect(score).toBe(-10);
  expect(worse.map(({ id }) => id)).toEqual(["start/a", "start/c", "start/d"]);
  expect(better).toEqual([
    { id: "start/b", before: "fail", after: "pass" },
    { id: "start/new", before: "absent", after: "pass" },
  ]);
  expect(other).toEqual([]);
  expect(compareReports(before, before)).toEqual({ score: 0, worse: [], better: [], other: [] });
});
