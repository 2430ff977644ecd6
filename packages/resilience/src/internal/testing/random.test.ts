import { expect, test } from "vitest";
import { seeded, serviceTime } from "./random.ts";

const DRAWS = 20_000;
const draw = (distribution: "constant" | "exponential" | "bimodal" | "lognormal", count = DRAWS): number[] => {
  const random = seeded(7);
  return Array.from({ length: count }, () => serviceTime(distribution, 100, random));
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test.each(["constant", "exponential", "bimodal", "lognormal"] as const)(
  "service times that are %s have the mean that was asked for, and none is negative",
  (distribution) => {
    const times = draw(distribution);
    expect(mean(times)).toBeGreaterThan(96);
    expect(mean(times)).toBeLessThan(104);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  },
);

test("bimodal service times are 0.4 of the mean in nine cases of ten, and 6.4 of it otherwise", () => {
  const times = draw("bimodal");
  const [fast, slow] = [times.filter((time) => time < 100), times.filter((time) => time >= 100)];
  expect(new Set(fast.map((time) => time.toFixed(6)))).toEqual(new Set(["40.000000"]));
  expect(new Set(slow.map((time) => time.toFixed(6)))).toEqual(new Set(["640.000000"]));
  expect(fast.length / DRAWS).toBeGreaterThan(0.89);
  expect(fast.length / DRAWS).toBeLessThan(0.91);
});

test("lognormal service times have a median that is e to the power of -0.32 of the mean", () => {
  const times = draw("lognormal").sort((a, b) => a - b);
  const median = times[DRAWS / 2] ?? 0;
  expect(median).toBeGreaterThan(70);
  expect(median).toBeLessThan(75);
});

test("exponential service times are longer than their mean in 37 cases of 100", () => {
  const share = draw("exponential").filter((time) => time > 100).length / DRAWS;
  expect(share).toBeGreaterThan(0.355);
  expect(share).toBeLessThan(0.381);
});

test("the same seed gives the same numbers, all of them from 0 to 1", () => {
  const [first, second, other] = [seeded(3), seeded(3), seeded(4)];
  const numbers = Array.from({ length: 1000 }, () => first());
  expect(Array.from({ length: 1000 }, () => second())).toEqual(numbers);
  expect(Array.from({ length: 1000 }, () => other())).not.toEqual(numbers);
  for (const number of numbers) expect(number >= 0 && number < 1).toBe(true);
  expect(mean(numbers)).toBeGreaterThan(0.46);
  expect(mean(numbers)).toBeLessThan(0.54);
});
