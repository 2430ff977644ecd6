import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("parseTraceparent", () => {
  test("reads the example of the recommendation", () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      flags: 1,
      sampled: true,
    });
  });

  test.each([
    ["an all-zero trace id", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["an all-zero parent id", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["version ff", `ff-${TRACE}-${SPAN}-01`],
    ["upper-case hex in the trace id", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["upper-case hex in the flags", `00-${TRACE}-${SPAN}-0A`],
    ["a suffix in version 00", `00-${TRACE}-${SPAN}-01-what`],
    ["a bare dash behind version 00", `00-${TRACE}-${SPAN}-01-`],
    ["a suffix without a dash in a higher version", `01-${TRACE}-${SPAN}-01what`],
    ["a short trace id", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["blanks around it", ` 00-${TRACE}-${SPAN}-01`],
    ["a line break behind it", `00-${TRACE}-${SPAN}-01\n`],
    ["a header of a megabyte", `01-${TRACE}-${SPAN}-01-${"x".repeat(1e6)}`],
    ["no text at all", undefined],
  ])("refuses %s", (_what, text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  test("accepts a higher version, with a suffix and without", () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01`)?.sampled).toBe(true);
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-00-what-the-future-holds`)?.traceId).toBe(TRACE);
  });

  test("whatever is formatted is parsed back", () => {
    const hex = (length: number) =>
      fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((id) => !/^0+$/.test(id));
    fc.assert(
      fc.property(hex(32), hex(16), fc.nat({ max: 255 }), (traceId, spanId, flags) => {
        const ids = { traceId, spanId, flags, sampled: (flags & 1) === 1 };
        expect(parseTraceparent(formatTraceparent(ids))).toEqual(ids);
      }),
    );
  });
});

describe("formatTraceparent", () => {
  test.each([
    { traceId: "0".repeat(32), spanId: SPAN },
    { traceId: TRACE, spanId: "xyz" },
    { traceId: TRACE, spanId: SPAN, flags: 256 },
    { traceId: TRACE, spanId: SPAN, flags: Number.NaN },
  ])("refuses %j", (ids) => {
    expect(() => formatTraceparent(ids)).toThrow(TypeError);
  });
});
