import { describe, expect, test } from "vitest";
import { cleanData } from "./clean-data.ts";
import { HIDDEN_TEXTS } from "./hidden-texts.ts";

describe.each(HIDDEN_TEXTS)("$kind", ({ pattern, hides, keeps }) => {
  test.each(hides)("is recognized as a whole: %s", (text) => {
    expect([...text.matchAll(pattern)].map(([found]) => found)).toEqual([text]);
    expect(cleanData({ note: `see ${text} now` })).toEqual({ note: "see [hidden] now" });
  });

  test.each(keeps)("is not seen in: %s", (text) => {
    expect([...text.matchAll(pattern)]).toEqual([]);
  });
});
