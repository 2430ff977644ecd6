import { describe, expect, test } from "vitest";
import { conformanceCases } from "./conformance.ts";

describe("conformanceCases", () => {
  test("gives each case a place of its own, and closes it", async () => {
    const places: string[][] = [];
    const createPlace = async () => {
      const events: string[] = [];
      places.push(events);
      return { note: (text: string) => void events.push(text), close: async () => void events.push("closed") };
    };
    type Place = { note: (text: string) => void };
    const checks = {
      "the first holds": async ({ note }: Place) => note("first"),
      "the second holds": async ({ note }: Place) => note("second"),
    };
    const cases = conformanceCases(checks, createPlace);
    expect(cases.map(({ title }) => title)).toEqual(["the first holds", "the second holds"]);
    expect(places).toEqual([]);
    for (const { run } of cases) await run();
    expect(places).toEqual([
      ["first", "closed"],
      ["second", "closed"],
    ]);
  });
  test("a case that fails rejects with its error, after its place was closed", async () => {
    let closed = 0;
    const failing = { "it holds": async () => Promise.reject(new Error("it does not hold")) };
    const [only] = conformanceCases(failing, async () => ({ close: async () => void closed++ }));
    await expect(only?.run()).rejects.toThrow("it does not hold");
    expect(closed).toBe(1);
  });
  test("a place does not need close", async () => {
    const [only] = conformanceCases({ "it holds": async () => undefined }, async () => ({}));
    await expect(only?.run()).resolves.toBeUndefined();
  });
});
