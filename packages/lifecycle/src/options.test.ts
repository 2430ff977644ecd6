import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseOptions } from "./internal/settings.ts";

describe("the options of a lifecycle", () => {
  test("leave room under the 30 seconds that Kubernetes gives", () => {
    const { times, signals } = parseOptions({});
    expect(times.drainDelay + times.drainTimeout + times.closeTimeout).toBeLessThanOrEqual(times.deadline);
    expect(times.deadline).toBeLessThan(30_000);
    expect(times).toMatchObject({ drainDelay: 5000, drainTimeout: 15_000, closeTimeout: 5000 });
    expect(signals).toEqual(["SIGTERM", "SIGINT"]);
  });

  test.each([
    ["drainDelay", Number.NaN],
    ["drainDelay", Number.POSITIVE_INFINITY],
    ["drainTimeout", -1],
    ["streamTimeout", "soon"],
    ["closeTimeout", null],
    ["startTimeout", {}],
    ["deadline", "28 s"],
    ["fatalTimeout", true],
    ["signals", "SIGTERM"],
    ["signals", ["TERM"]],
    ["signals", [15]],
    ["signals", ["SIGKILL"]],
    ["signals", ["SIGTREM"]],
    ["fatalErrors", "yes"],
    ["exit", "now"],
    ["report", 7],
    ["flush", true],
    ["clock", 7],
    ["clock", { now: () => 0 }],
    ["drainDelai", "1s"],
  ])("%s is refused when it is %j, by name", (name, value) => {
    expect(() => parseOptions({ [name]: value })).toThrow(TypeError);
    expect(() => parseOptions({ [name]: value })).toThrow(name);
  });

  test.each([null, 7, "fast", []])("%j is not an object of options", (value) => {
    expect(() => parseOptions(value as never)).toThrow(/options must be an object/);
  });

  test("whatever is given, it is taken as it is or refused with a TypeError", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          const parsed = parseOptions({ drainTimeout: value as never }).times.drainTimeout;
          expect(parsed).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(parsed)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  });
});
