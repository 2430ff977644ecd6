import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import {
  boundedString,
  checkOptions,
  clockOption,
  finiteNumber,
  flag,
  integer,
  oneOf,
  optionalFunction,
  positiveDuration,
  requiredFunction,
  showValue,
  signalOption,
  withDefault,
} from "./options.ts";

describe("checkOptions", () => {
  test("admits an object whose members are all known", () => {
    expect(() => checkOptions("make", { a: 1 }, ["a", "b"])).not.toThrow();
  });
  test("refuses a mistyped name and tells the ones there are", () => {
    expect(() => checkOptions("make", { limt: 1 }, ["limit"])).toThrow('make has no option "limt"; it has limit');
  });
  test.each([null, undefined, 5, "x", [], () => 1])("refuses %s in place of options", (options) => {
    expect(() => checkOptions("make", options, [])).toThrow(/^make: options must be an object; got /);
  });
});

describe("the checks of single values", () => {
  test("return what they admit", () => {
    expect(integer("n", 3, 1, 5)).toBe(3);
    expect(integer("n", Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(finiteNumber("n", 0.5, 0, 1)).toBe(0.5);
    expect(positiveDuration("d", "2s")).toBe(2000);
    expect(flag("f", false)).toBe(false);
    expect(oneOf("w", "a", ["a", "b"])).toBe("a");
    expect(boundedString("t", "x")).toBe("x");
    expect(optionalFunction("f", undefined)).toBeUndefined();
    expect(optionalFunction("f", Math.abs)).toBe(Math.abs);
    expect(requiredFunction("f", Math.abs)).toBe(Math.abs);
    expect(clockOption("clock", systemClock)).toBe(systemClock);
  });
  test.each([Number.NaN, 1.5, -1, 6, "3", null, undefined, 3n, Number.POSITIVE_INFINITY])(
    "integer refuses %s",
    (value) => {
      expect(() => integer("n", value, 0, 5)).toThrow(/^n must be an integer from 0 to 5; got /);
    },
  );
  test.each([Number.NaN, 1.5, -0.1, "0.5", Number.POSITIVE_INFINITY])("finiteNumber refuses %s", (value) => {
    expect(() => finiteNumber("share", value, 0, 1)).toThrow(/^share must be a number from 0 to 1; got /);
  });
  test("the others name the option and the value got, too", () => {
    expect(() => positiveDuration("openFor", 0)).toThrow("openFor must be more than 0; got 0");
    expect(() => flag("safe", "yes")).toThrow('safe must be a boolean; got "yes"');
    expect(() => oneOf("jitter", "some", ["full", "none"])).toThrow('jitter must be one of full, none; got "some"');
    expect(() => boundedString("name", "")).toThrow('name must be a string of 1 to 1024 characters; got ""');
    expect(() => optionalFunction("retryIf", 5)).toThrow("retryIf must be a function; got 5");
    expect(() => requiredFunction("random", undefined)).toThrow("random must be a function; got undefined");
    for (const clock of [null, 5, {}, { now: Date.now }])
      expect(() => clockOption("clock", clock as never)).toThrow("clock must have now() and monotonic(); got ");
  });
});

describe("showValue", () => {
  test("is short, and runs nothing of what it shows", () => {
    expect(showValue("x".repeat(1e6)).length).toBeLessThan(70);
    const trap = (): never => {
      throw new Error("trap");
    };
    expect(showValue(new Proxy({}, { get: trap, getPrototypeOf: trap }))).toBe("an object");
    expect([showValue(5n), showValue([]), showValue(null), showValue(() => 1)]).toEqual([
      "5n",
      "an array",
      "null",
      "a function",
    ]);
  });
});

describe("a missing option", () => {
  test("takes its default, and null does not count as missing", () => {
    expect(withDefault(undefined, 3)).toBe(3);
    expect(withDefault(0, 3)).toBe(0);
    expect(withDefault(null, 3)).toBeNull();
    expect(clockOption("clock", undefined)).toBe(systemClock);
    expect(signalOption("signal", undefined)).toBeUndefined();
    expect(() => clockOption("clock", null as never)).toThrow("clock must have now() and monotonic(); got null");
    expect(() => signalOption("signal", null as never)).toThrow("signal must be an AbortSignal; got null");
    expect(() => optionalFunction("retryIf", null)).toThrow("retryIf must be a function; got null");
  });
});

describe("clockOption", () => {
  test("refuses a clock whose schedule is not a function, or cannot be read", () => {
    const clock = { now: () => 0, monotonic: () => 0 };
    expect(clockOption("clock", clock)).toBe(clock);
    expect(() => clockOption("clock", { ...clock, schedule: 5 as never })).toThrow(
      "clock: schedule must be a function; got 5",
    );
    const hostile = Object.defineProperty({ ...clock }, "schedule", {
      get() {
        throw new Error("no");
      },
    });
    expect(() => clockOption("clock", hostile)).toThrow("clock: schedule must be a function; got null");
  });
  test.each(["now", "monotonic"])("refuses a clock without %s()", (missing) => {
    const clock = { now: () => 0, monotonic: () => 0, [missing]: undefined };
    expect(() => clockOption("clock", clock)).toThrow("clock must have now() and monotonic(); got an object");
  });
});

describe("signalOption", () => {
  const shape = { aborted: false, addEventListener: () => undefined, removeEventListener: () => undefined };

  test("admits a signal of any realm by its shape", () => {
    const { signal } = new AbortController();
    expect(signalOption("signal", signal)).toBe(signal);
    const foreign: AbortSignal = runInNewContext("shape", { shape });
    expect(signalOption("signal", foreign)).toBe(shape);
  });
  test.each(["aborted", "addEventListener", "removeEventListener"])("refuses an object without %s", (missing) => {
    expect(() => signalOption("stop", { ...shape, [missing]: undefined } as never)).toThrow(
      "stop must be an AbortSignal; got an object",
    );
  });
  test("refuses what throws when it is read", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
      },
    );
    expect(() => signalOption("signal", hostile as never)).toThrow("signal must be an AbortSignal; got an object");
  });
});
