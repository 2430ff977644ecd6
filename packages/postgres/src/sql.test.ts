import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sql } from "./sql.ts";

describe("sql", () => {
  test("binds values in their order, also those of nested statements", () => {
    const where = sql`a = ${1} and b = ${"x"}`;
    const statement = sql`select * from t where ${where} limit ${5}`;
    expect(statement.text).toBe("select * from t where a = $1 and b = $2 limit $3");
    expect(statement.values).toEqual([1, "x", 5]);
  });

  test("no value ever becomes part of the text", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), (values) => {
        const parts = values.map((value) => sql`${value}`);
        const statement = sql`select ${sql.join(parts)}`;
        expect(statement.text).toBe(`select ${values.map((_, index) => `$${index + 1}`).join(", ")}`);
        expect(statement.values).toEqual(values);
      }),
    );
  });

  test("quotes identifiers, whatever they contain", () => {
    expect(sql`${sql.identifier('we"ird', "T")}`.text).toBe('"we""ird"."T"');
    for (const name of ["", "x".repeat(64), "ü".repeat(32), "a\0b", 5 as never])
      expect(() => sql.identifier(name), String(name)).toThrow("an identifier must be");
    expect(() => sql.identifier()).toThrow("at least one part");
  });

  test("joins with a separator, and nothing at all to nothing", () => {
    expect(sql.join([sql`a`, sql`b`], sql` and `).text).toBe("a and b");
    expect(sql.join([]).text).toBe("");
    expect(() => sql.join(["a" as never])).toThrow('sql.join takes statements of sql; got "a"');
    expect(() => sql.join("a" as never)).toThrow("sql.join takes statements");
  });

  test("refuses what cannot be a value", () => {
    expect(() => sql`select ${undefined}`).toThrow("must not be undefined");
    expect(() => sql`select ${() => 1}`).toThrow("must not be undefined, a function");
    expect(() => sql.json(undefined)).toThrow("a value that JSON can hold");
  });

  test("cannot be called with a string, which would run whatever the string says", () => {
    expect(() => sql("select 1" as never)).toThrow("template tag");
    expect(() => sql(["select 1"] as never)).toThrow("template tag");
  });

  test("a statement of the template is frozen", () => {
    const statement = sql`select ${1}`;
    expect(() => Object.assign(statement, { text: "drop table t" })).toThrow(TypeError);
    expect(() => (statement.values as unknown[]).push(2)).toThrow(TypeError);
  });

  test("json writes what drivers would take for an array of PostgreSQL", () => {
    expect(sql`select ${sql.json([1, 2])}`.values).toEqual(["[1,2]"]);
  });
});
