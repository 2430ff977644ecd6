import { describe, expect, test } from "vitest";
import { defineErrors } from "./define-errors.ts";
import { toProblem } from "./problem.ts";

const errors = defineErrors({
  SHOWN: { status: 404, title: "Order not found", expose: ["orderId", "status", "missing"] },
  HIDDEN: { status: 500, title: "Ledger file is corrupt at /srv/ledger" },
  HIDDEN_CLIENT: { status: 403, title: "Internal rule 7", expose: false },
  TYPED: { status: 429, title: "Too many", type: "https://iana.org/assignments/http-problem-types#quota-exceeded" },
  LATER: { status: 503, title: "Try later", expose: true, retryAfter: 1500 },
});

describe("toProblem", () => {
  test("shows code, title and only the named members of the context", () => {
    expect(toProblem(errors.SHOWN({ orderId: 7, internal: "db-7" }))).toEqual({
      type: "about:blank",
      title: "Order not found",
      status: 404,
      code: "SHOWN",
      orderId: 7,
    });
  });

  test("has the type that the definition gives, and about:blank without one", () => {
    expect(toProblem(errors.TYPED()).type).toBe("https://iana.org/assignments/http-problem-types#quota-exceeded");
    expect(toProblem(errors.SHOWN()).type).toBe("about:blank");
    for (const type of [5, "http://[", null])
      expect(() => defineErrors({ ILL_TYPED: { title: "No.", type: type as string } })).toThrow("URI reference");
  });

  test("a member of the context never overwrites a member of the standard", () => {
    expect(toProblem(errors.SHOWN({ status: 200, orderId: 1 })).status).toBe(404);
  });

  test("shows nothing but status and code of what is not exposed", () => {
    expect(toProblem(errors.HIDDEN({ path: "x" }))).toEqual({
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
      code: "HIDDEN",
    });
    expect(toProblem(errors.HIDDEN_CLIENT())).toEqual({
      type: "about:blank",
      title: "Forbidden",
      status: 403,
      code: "HIDDEN_CLIENT",
    });
  });

  test("counts retryAfter in whole seconds, rounded up", () => {
    expect(toProblem(errors.LATER()).retryAfter).toBe(2);
  });

  test("never shows a cause's text, of any depth", () => {
    const error = errors.SHOWN(
      { orderId: 1 },
      { cause: new Error("password of db-7", { cause: new Error("deeper secret") }) },
    );
    expect(JSON.stringify(toProblem(error))).not.toMatch(/db-7|deeper/);
  });

  test.each([
    new Error("db-7.internal refused"),
    "text",
    null,
    undefined,
    { status: 418, message: "fake", code: "FAKE" },
  ])("an unknown error becomes a bare 500: %s", (error) => {
    expect(toProblem(error)).toEqual({ type: "about:blank", title: "Internal Server Error", status: 500 });
  });

  test("takes extra members and leaves undefined ones out", () => {
    expect(toProblem(errors.SHOWN(), { instance: "/orders/7", correlationId: undefined })).toMatchObject({
      instance: "/orders/7",
    });
    expect("correlationId" in toProblem(errors.SHOWN(), { correlationId: undefined })).toBe(false);
  });

  test("shows a list of a hundred exposed items whole, and cuts one that never ends", () => {
    const shown = (count: number): unknown[] =>
      toProblem(errors.SHOWN({ orderId: Array(count).fill({ a: 1, b: 2, c: 3 }) })).orderId as unknown[];
    expect(shown(100)).toHaveLength(100);
    expect(shown(100).at(-1)).toEqual({ a: 1, b: 2, c: 3 });
    expect(shown(100_000)).toHaveLength(201);
  });

  test("what it gives is always JSON", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(() => JSON.stringify(toProblem(errors.SHOWN({ orderId: cyclic })))).not.toThrow();
    expect(() => JSON.stringify(toProblem(errors.SHOWN({ orderId: 10n })))).not.toThrow();
  });
});
