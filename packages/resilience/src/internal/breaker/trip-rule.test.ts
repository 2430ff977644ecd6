import { describe, expect, test } from "vitest";
import { tripsOn } from "./trip-rule.ts";

const rule = { failureRate: 0.3, slowRate: 0.7, minimumCalls: 10 };

describe("a window", () => {
  test.each([
    [{ calls: 10, failures: 2, slow: 6 }, undefined],
    [{ calls: 10, failures: 3, slow: 0 }, "failures"],
    [{ calls: 10, failures: 0, slow: 7 }, "slow"],
    [{ calls: 10, failures: 3, slow: 7 }, "failures"],
    [{ calls: 10, failures: 2, slow: 7 }, "slow"],
    [{ calls: 1000, failures: 299, slow: 699 }, undefined],
    [{ calls: 10, failures: 10, slow: 10 }, "failures"],
  ])("of %o is judged by the shares of its calls: %s", (counts, expected) => {
    expect(tripsOn(counts, rule)).toBe(expected);
  });

  test("with fewer calls than the minimum does not open a breaker", () => {
    expect(tripsOn({ calls: 9, failures: 9, slow: 9 }, rule)).toBeUndefined();
    expect(tripsOn({ calls: 10, failures: 9, slow: 9 }, rule)).toBe("failures");
  });

  test("without a single failure or slow call does not open a breaker, however small the shares are", () => {
    expect(
      tripsOn({ calls: 10, failures: 0, slow: 0 }, { failureRate: 1e-12, slowRate: 1e-12, minimumCalls: 1 }),
    ).toBeUndefined();
  });

  test("opens a breaker at its share, although tenths do not add up exactly", () => {
    const share = 0.1 + 0.2; // a little more than 0.3
    const counts = { calls: 10, failures: 3, slow: 0 };
    expect(tripsOn(counts, { failureRate: share, slowRate: 1, minimumCalls: 1 })).toBe("failures");
    expect(tripsOn({ calls: 10, failures: 0, slow: 3 }, { failureRate: 1, slowRate: share, minimumCalls: 1 })).toBe(
      "slow",
    );
  });
});
