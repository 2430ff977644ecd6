import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Equivalent, isEquivalent, stale } from "../scripts/mutation/equivalents.ts";
import type { Mutant } from "../scripts/mutation/instrument.ts";
import { describeScore, PAGE, readScores, scoreOf, tableOfScores, withTable } from "../scripts/mutation/scores.ts";
import { choose, interval } from "../scripts/mutation/statistics.ts";

const root = join(import.meta.dirname, "..");

describe("a sample of mutants", () => {
  const mutants = Array.from({ length: 1000 }, (_, index) => index);

  test("is the same for the same seed, and another one for another seed", () => {
    expect(choose(mutants, 50, 7)).toEqual(choose(mutants, 50, 7));
    expect(choose(mutants, 50, 7)).not.toEqual(choose(mutants, 50, 8));
  });

  test("contains no mutant twice, and no more than there are", () => {
    expect(new Set(choose(mutants, 900, 1)).size).toBe(900);
    expect(choose([1, 2, 3], 10, 1).sort()).toEqual([1, 2, 3]);
    expect(choose(mutants, 0, 1)).toEqual([]);
  });

  test("chooses every mutant about as often as any other", () => {
    const counts = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 2000; seed++)
      for (const chosen of choose(counts, 5, seed).length === 5 ? choose([...counts.keys()], 5, seed) : [])
        counts[chosen] = (counts[chosen] ?? 0) + 1;
    // 500 are expected of each; six standard deviations are 116.
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(116);
  });
});

test("the interval of confidence is Wilson's", () => {
  const rounded = (successes: number, trials: number): number[] =>
    interval(successes, trials).map((share) => Math.round(share * 1000));
  expect(rounded(54, 60)).toEqual([799, 953]);
  expect(rounded(60, 60)).toEqual([940, 1000]);
  expect(rounded(0, 10)).toEqual([0, 278]);
  expect(rounded(0, 0)).toEqual([0, 1000]);
});

test("a mutant that was not reached counts as one that was not noticed, and an equivalent one does not count", () => {
  const score = scoreOf(["killed", "timeout", "survived", "not reached", "equivalent"], {
    date: "2026-01-02",
    seed: 1,
    mutants: 100,
  });
  expect(score).toMatchObject({ killed: 1, timeout: 1, survived: 1, notReached: 1, equivalent: 1 });
  expect(describeScore(score)).toEqual(["4", "50 %", "15 % to 85 %"]);
});

describe("mutants that make no difference", () => {
  const file: Record<string, readonly Equivalent[]> = JSON.parse(
    readFileSync(join(root, "test/equivalent-mutants.json"), "utf8"),
  );
  const entries = Object.entries(file).filter(([name]) => name !== "//");

  test("each have a reason, and code that is still in the package", () => {
    for (const [name, ofPackage] of entries)
      for (const { file: path, text, original, pattern, reason } of ofPackage) {
        expect(reason.length, JSON.stringify({ name, text })).toBeGreaterThan(20);
        if (name === "*") {
          expect(pattern).toBeDefined();
          continue;
        }
        const source = join(root, "packages", name, path ?? "");
        expect(existsSync(source), source).toBe(true);
        const lines = readFileSync(source, "utf8").split("\n");
        expect(
          lines.map((line) => line.trim()),
          path,
        ).toContain(text);
        expect(original ?? pattern, text).toBeDefined();
      }
  });

  test("are found by their code, also after the line has moved", () => {
    const mutant: Mutant = {
      ...{ id: "1", file: "src/a.ts", line: 5, mutator: "EqualityOperator" },
      ...{ original: "a > b", replacement: "a >= b", text: "if (a > b) return;" },
    };
    const entry: Equivalent = {
      ...{ file: "src/a.ts", text: "if (a > b) return;", original: "a > b", replacement: "a >= b", reason: "x" },
    };
    expect(isEquivalent([entry], { ...mutant, line: 9 })).toBe(true);
    expect(isEquivalent([entry], { ...mutant, replacement: "a <= b" })).toBe(false);
    expect(isEquivalent([entry], { ...mutant, file: "src/b.ts" })).toBe(false);
    expect(isEquivalent([{ pattern: "^a >", reason: "x" }], mutant)).toBe(true);
    expect(isEquivalent([{ pattern: "^b >", reason: "x" }], mutant)).toBe(false);
    expect(stale([entry], [mutant])).toEqual([]);
    expect(stale([entry], [{ ...mutant, text: "if (a > c) return;" }])).toEqual([entry]);
  });
});

test("the page of the documentation shows the scores that were recorded", () => {
  const page = readFileSync(join(root, PAGE), "utf8");
  expect(page).toBe(withTable(page, tableOfScores(readScores(root))));
});
