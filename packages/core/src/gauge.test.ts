import { channel } from "node:diagnostics_channel";
import { afterEach, describe, expect, test, vi } from "vitest";
import { defineGauge, readGauges } from "./gauge.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});
const tracked = (end: () => void): (() => void) => {
  ends.push(end);
  return end;
};
const values = (): [string, unknown, number][] =>
  readGauges().map(({ definition, labels, value }) => [definition.name, { ...labels }, value]);

describe("a gauge", () => {
  test("is read only on request, and then each time", () => {
    const gauge = defineGauge("gauge.read", { help: "A gauge.", labels: ["name"] });
    let reads = 0;
    tracked(gauge.track({ name: "a" }, () => ++reads));
    expect(reads).toBe(0);
    expect(values()).toEqual([["gauge.read", { name: "a" }, 1]]);
    expect(values()).toEqual([["gauge.read", { name: "a" }, 2]]);
  });

  test("is not read after its reader was ended, and costs no subscription then", () => {
    const gauge = defineGauge("gauge.ended", { help: "A gauge." });
    expect(channel("seaworthy:gauges").hasSubscribers).toBe(false);
    const end = gauge.track({}, () => 1);
    expect(channel("seaworthy:gauges").hasSubscribers).toBe(true);
    end();
    end();
    expect(readGauges()).toEqual([]);
    expect(channel("seaworthy:gauges").hasSubscribers).toBe(false);
  });

  test("forgets a reader that returns undefined", () => {
    const gauge = defineGauge("gauge.gone", { help: "A gauge." });
    const read = vi.fn<() => number | undefined>(() => undefined);
    gauge.track({}, read);
    expect(readGauges()).toEqual([]);
    expect(readGauges()).toEqual([]);
    expect(read).toHaveBeenCalledTimes(1);
    expect(channel("seaworthy:gauges").hasSubscribers).toBe(false);
  });

  test("adds the values of readers with the same labels, or takes the largest where it says so", () => {
    const sum = defineGauge("gauge.sum", { help: "A gauge.", labels: ["pool"] });
    const max = defineGauge("gauge.max", { help: "A gauge.", labels: ["check"], merge: "max" });
    for (const value of [1, 4, 2]) {
      tracked(sum.track({ pool: "a" }, () => value));
      tracked(max.track({ check: "a" }, () => value));
    }
    tracked(sum.track({ pool: "b" }, () => 10));
    expect(values()).toEqual([
      ["gauge.sum", { pool: "a" }, 7],
      ["gauge.max", { check: "a" }, 4],
      ["gauge.sum", { pool: "b" }, 10],
    ]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["returns NaN", () => Number.NaN],
    ["returns a string", () => "1"],
    ["returns a promise", async () => 1],
    ["returns null", () => null],
  ])("a reader that %s is left out of the scrape and hurts no other", (_what, read) => {
    const gauge = defineGauge("gauge.hostile", { help: "A gauge.", labels: ["name"] });
    tracked(gauge.track({ name: "bad" }, read as () => number));
    tracked(gauge.track({ name: "good" }, () => 3));
    expect(values()).toEqual([["gauge.hostile", { name: "good" }, 3]]);
  });

  test("a reader may end itself and start others while it is read", () => {
    const gauge = defineGauge("gauge.reentrant", { help: "A gauge.", labels: ["name"] });
    const end = gauge.track({ name: "first" }, () => {
      end();
      tracked(gauge.track({ name: "second" }, () => 2));
      return 1;
    });
    expect(values()).toEqual([["gauge.reentrant", { name: "first" }, 1]]);
    expect(values()).toEqual([["gauge.reentrant", { name: "second" }, 2]]);
  });

  test("keeps 10 000 readers at most, and one warning says so", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error & { code?: string }): void => void warnings.push(String(warning.code));
    process.on("warning", listen);
    const gauge = defineGauge("gauge.full", { help: "A gauge.", labels: ["n"] });
    for (let n = 0; n < 10_005; n++) tracked(gauge.track({ n }, () => n));
    expect(readGauges()).toHaveLength(10_000);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listen);
    expect(warnings.filter((code) => code === "CORE_GAUGE_FULL")).toHaveLength(1);
  });

  test("what somebody else writes to the channel does no harm", () => {
    const gauge = defineGauge("gauge.foreign", { help: "A gauge." });
    tracked(gauge.track({}, () => 1));
    for (const message of [undefined, null, {}, 5, "text"]) channel("seaworthy:gauges").publish(message);
    expect(readGauges()).toHaveLength(1);
  });

  test.each([
    [{ name: "NoDots" }, /gauge name must be dotted/],
    [{ help: "" }, /help must be a sentence/],
    [{ labels: ["a", "a"] }, /labels must be an array of different names/],
    [{ labels: ["not ok"] }, /cannot be a label name/],
    [{ labels: "a" }, /labels must be an array/],
    [{ unit: "miles" }, /unit/],
    [{ merge: "min" }, /merge/],
    [{ colour: 1 }, /colour/],
  ])("the description %o is refused", (wrong, message) => {
    const { name = "gauge.wrong", ...rest } = wrong as { name?: string };
    expect(() => defineGauge(name, { help: "A gauge.", ...rest } as never)).toThrow(message);
  });

  test("labels that are not the ones of the definition are refused, and so is a reader that is not a function", () => {
    const gauge = defineGauge("gauge.labels", { help: "A gauge.", labels: ["a"] });
    for (const labels of [{}, { b: 1 }, { a: 1, b: 2 }, null, "a"])
      expect(() => gauge.track(labels as never, () => 1)).toThrow("labels must be {a}");
    expect(() => gauge.track({ a: 1 }, 5 as never)).toThrow(TypeError);
  });
});
