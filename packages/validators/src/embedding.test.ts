import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { refusals, verdict } from "../test/refusals.ts";
import { embedding, validate } from "./index.ts";

const three = embedding({ dimensions: 3 });
const KINDS = [(v: number[]) => v, (v: number[]) => new Float32Array(v), (v: number[]) => new Float64Array(v)];

describe("embedding", () => {
  test("takes lists, Float32Array and Float64Array, and gives the same vector back, not a copy", () => {
    for (const make of KINDS) {
      const vector = make([0.5, -0.5, 0]);
      expect(three.parse(vector)).toBe(vector);
    }
  });

  test("takes a Float32Array of another realm", () => {
    expect(verdict(three, runInNewContext("new Float32Array([1, 2, 3])"))).toBe("ok");
  });

  test.each([
    undefined,
    null,
    "1,2,3",
    3,
    {},
    { length: 3 },
    new Uint8Array(3),
    new Set([1, 2, 3]),
    new DataView(new ArrayBuffer(12)),
  ])("refuses what is not a vector: %s", (value) => expect(refusals(three, value)).toEqual(["invalid_type"]));

  test("refuses every number of components but the exact one", () => {
    for (const make of KINDS)
      for (const length of [0, 2, 4, 5000])
        expect(verdict(three, make(Array(length).fill(1)))).toBe("wrong_dimensions");
  });

  test("1536 bad components are one issue, at the first of them", () => {
    const schema = z.object({ vector: embedding({ dimensions: 1536 }) });
    for (const make of KINDS)
      expect(refusals(schema, { vector: make(Array(1536).fill(Number.NaN)) })).toEqual(["not_finite@vector.0"]);
    expect(refusals(schema, { vector: Array(1536).fill("0.5") })).toEqual(["not_finite@vector.0"]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "finds the first %s wherever it stands",
    (bad) => {
      for (const make of KINDS) {
        for (let at = 0; at < 9; at++) {
          const values = Array(9).fill(0.1);
          values[at] = bad;
          values[8] = bad;
          expect(verdict(embedding({ dimensions: 9 }), make(values))).toBe(`not_finite@${at}`);
        }
      }
    },
  );

  test.each([["0.5"], [null], [undefined], [{ valueOf: () => 1 }], [[1]], [1n], [true]])(
    "an array with %s in it is not an array of numbers, even if it can be multiplied",
    (bad) => expect(verdict(three, [1, bad, 1])).toBe("not_finite@1"),
  );

  test("a list with a hole is refused at the hole", () => {
    const holed = [1, 2, 3];
    delete holed[1];
    expect(verdict(three, holed)).toBe("not_finite@1");
  });

  test("refuses the zero vector, and no other vector however small", () => {
    for (const make of KINDS) expect(verdict(three, make([0, -0, 0]))).toBe("zero_vector");
    expect(verdict(three, [0, 1e-200, 0])).toBe("ok");
    expect(verdict(three, new Float64Array([0, Number.MIN_VALUE, 0]))).toBe("ok");
    expect(verdict(three, new Float32Array([0, 1e-45, 0]))).toBe("ok");
  });

  test("takes finite components whose squares leave the range of numbers", () => {
    expect(verdict(three, [1e200, -1e300, 1])).toBe("ok");
    expect(verdict(three, new Float32Array([3.4e38, 3.4e38, 3.4e38]))).toBe("ok");
  });

  test("checks the norm when told to, within the tolerance", () => {
    const unit = embedding({ dimensions: 2, normalized: true });
    for (const make of KINDS) {
      expect(verdict(unit, make([0.6, 0.8]))).toBe("ok");
      expect(verdict(unit, make([0.6, 0.9]))).toBe("not_normalized");
      expect(verdict(unit, make([0, 0]))).toBe("zero_vector");
    }
    expect(verdict(unit, [1e200, 1])).toBe("not_normalized");
    expect(verdict(embedding({ dimensions: 2, normalized: true, tolerance: 0.1 }), [0.6, 0.85])).toBe("ok");
  });

  test("counts every component once in the norm, whatever the length", () => {
    for (const make of KINDS) {
      for (let dimensions = 1; dimensions <= 9; dimensions++) {
        const unit = embedding({ dimensions, normalized: true });
        for (let at = 0; at < dimensions; at++) {
          const vector = (value: number) => make(Array.from({ length: dimensions }, (_, i) => (i === at ? value : 0)));
          expect(verdict(unit, vector(1))).toBe("ok");
          expect(verdict(unit, vector(2))).toBe("not_normalized");
        }
        expect(verdict(unit, make(Array(dimensions).fill(Math.sqrt(1 / dimensions))))).toBe("ok");
      }
    }
  });

  test("includes the tolerance itself, and nothing beyond it", () => {
    const unit = embedding({ dimensions: 1, normalized: true, tolerance: 0.5 });
    for (const value of [0.5, 1.5, -1.5]) expect(verdict(unit, [value])).toBe("ok");
    for (const value of [0.4999, 1.5001]) expect(verdict(unit, [value])).toBe("not_normalized");
    expect(() => embedding({ dimensions: 1, tolerance: 1 })).toThrow("tolerance must be more than 0 and less than 1");
    expect(embedding({ dimensions: 1, tolerance: 0.999 }).safeParse([1]).success).toBe(true);
  });

  test("accepts 1 to 65536 dimensions", () => {
    expect(verdict(embedding({ dimensions: 1 }), [1])).toBe("ok");
    expect(verdict(embedding({ dimensions: 65_536 }), new Float32Array(65_536).fill(1))).toBe("ok");
    expect(() => embedding({ dimensions: 65_537 })).toThrow("dimensions must be an integer from 1 to 65536");
  });

  test("agrees with the plain definition on any vector", () => {
    const component = fc.oneof(
      fc.double(),
      fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-320, 1e308),
    );
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 13 }), fc.constantFrom(...KINDS), (values, make) => {
        const vector = make(values);
        const bad = vector.findIndex((value) => !Number.isFinite(value));
        const expected = bad >= 0 ? `not_finite@${bad}` : vector.every((value) => value === 0) ? "zero_vector" : "ok";
        expect(verdict(embedding({ dimensions: values.length }), vector)).toBe(expected);
      }),
    );
  });

  test("composes with zod: in objects, optional, piped, and as JSON Schema", () => {
    const schema = z.object({ id: z.string(), vector: three, second: three.optional() });
    expect(schema.parse({ id: "a", vector: [1, 2, 3] })).toEqual({ id: "a", vector: [1, 2, 3] });
    expect(refusals(schema, { id: "a" })).toEqual(["invalid_type@vector"]);
    const json = { type: "array", minItems: 3, maxItems: 3, items: { type: "number" } };
    for (const io of ["input", "output"] as const)
      expect(z.toJSONSchema(schema, { io })).toMatchObject({
        required: ["id", "vector"],
        properties: { vector: json, second: json },
      });
    expect(z.toJSONSchema(three.meta({ title: "v" }))).toMatchObject({ ...json, title: "v" });
  });

  test("gives the same verdict compiled and not", () => {
    const schema = z.object({ vector: three });
    for (let use = 0; use < 4; use++) {
      expect(validate(schema, { vector: [1, 2, 3] })).toEqual({ vector: [1, 2, 3] });
      expect(() => validate(schema, { vector: [1, Number.NaN, 3] })).toThrow(
        expect.objectContaining({
          issues: [{ path: "/vector/1", code: "not_finite", message: "component 1 must be a finite number" }],
        }),
      );
    }
  });

  test.each([
    [{}, /dimensions must be an integer from 1 to 65536; got undefined/],
    [{ dimensions: 0 }, /dimensions/],
    [{ dimensions: 1.5 }, /dimensions/],
    [{ dimensions: "3" }, /dimensions.*got "3"/],
    [{ dimensions: 3, normalized: 1 }, /normalized must be a boolean; got 1/],
    [{ dimensions: 3, tolerance: Number.NaN }, /tolerance/],
    [{ dimensions: 3, tolerance: 0 }, /tolerance/],
    [{ dimensions: 3, normal: true }, /has no option "normal"/],
    [undefined, /options must be an object/],
  ])("refuses the options %j", (options, message) => {
    expect(() => embedding(options as never)).toThrow(message);
    expect(() => embedding(options as never)).toThrow(TypeError);
  });
});
