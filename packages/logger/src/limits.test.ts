import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLogger } from "./create-logger.ts";
import { captureLogs } from "./testing.ts";

describe("a huge field", () => {
  test("leaves room for the fields after it, in any script", () => {
    for (const unit of ["x", "é", "漢", "\u0001", "😀"]) {
      const { logger, lines, records } = captureLogs();
      const request = { headers: Array.from({ length: 90 }, (_, i) => `${i}${unit.repeat(800)}`) };
      logger.info({ request, response: request, more: request, tenant: "t-1", user: { id: 7 } }, "done");
      expect(records[0]).toMatchObject({ tenant: "t-1", user: { id: 7 }, msg: "done" });
      expect(Buffer.byteLength(lines[0] as string)).toBeLessThan(65_536);
    }
  });

  test("is cut at the given limit", () => {
    const { logger, records } = captureLogs({ limits: { field: "1kib" } });
    logger.info({ list: Array.from({ length: 90 }, () => "x".repeat(50)), after: 1, level: 2 }, "m");
    const { list } = records[0] as unknown as { list: string[] };
    expect(JSON.stringify(list).length).toBeGreaterThan(900);
    expect(JSON.stringify(list).length).toBeLessThan(1200);
    expect(list.at(-1)).toMatch(/^\[\d+ more\]$/);
    expect(records[0]).toMatchObject({ after: 1, level_: 2 });
  });

  test.each([[10], ["2mb"], ["much"], [null]])("limits.field is refused if it is %j", (field) => {
    expect(() => createLogger({ limits: { field: field as number } })).toThrow(/limits\.field/);
  });

  test("never makes a line too long, whatever the fields are", () => {
    const { logger, lines, clear } = captureLogs({ limits: { line: 2048, field: 512 } });
    const text = fc.string({ unit: "binary", maxLength: 700 });
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 5 })), { maxKeys: 8 }), (fields) => {
        clear();
        logger.info(fields, "m");
        expect(Buffer.byteLength(lines[0] as string)).toBeLessThan(2048);
        expect(JSON.parse(lines[0] as string)).toMatchObject({ msg: "m" });
      }),
      { numRuns: 200 },
    );
  });
});

describe("objects of the web", () => {
  test("show their content, and the rules for names apply to it", () => {
    const headers = new Headers({ accept: "text/html", authorization: "Bearer abc" });
    headers.append("set-cookie", "a=1");
    const form = new FormData();
    form.append("title", "leak");
    form.append("title", "fire");
    form.append("password", "hunter2");
    form.append("photo", new File(["12345"], "hold.png", { type: "image/png" }));
    const { logger, records } = captureLogs();
    logger.info({
      headers,
      form,
      query: new URLSearchParams("a=1&a=2&token=abc&__proto__=x"),
      url: new URL("https://u:hunter2@h/?access_token=abc&b=1"),
      blob: new Blob(["123"]),
    });
    expect(records[0]).toMatchObject({
      headers: { accept: "text/html", authorization: "[redacted]", "set-cookie": "[redacted]" },
      form: { title: ["leak", "fire"], password: "[redacted]", photo: "[file hold.png: 5 bytes, image/png]" },
      url: "https://u:[redacted]@h/?access_token=[redacted]&b=1",
      blob: "[blob: 3 bytes]",
    });
    expect(JSON.stringify(records[0]?.query)).toBe('{"a":["1","2"],"token":"[redacted]","__proto__":"x"}');
  });

  test("are marked where they are cut, as maps and plain objects", () => {
    const pairs = Array.from({ length: 150 }, (_, i): [string, string] => [`k${i}`, "x"]);
    const { logger, records } = captureLogs();
    logger.info({ query: new URLSearchParams(pairs), map: new Map(pairs), plain: Object.fromEntries(pairs) });
    for (const name of ["query", "map", "plain"])
      expect(Object.entries(records[0]?.[name] as object).slice(99)).toEqual([
        ["k99", "x"],
        ["…", "[50 more]"],
      ]);
    class Endless {
      readonly [Symbol.toStringTag] = "Headers";
      *[Symbol.iterator](): Iterator<[string, number]> {
        for (;;) yield ["a", 1];
      }
    }
    logger.info({ endless: new Endless() }, "m");
    expect(records[1]).toMatchObject({ endless: { a: expect.arrayContaining([1, "[9900 more]"]) }, msg: "m" });
  });

  test("that only claim to be one, or fail, do not lose the line", () => {
    const fake = new (class {
      get [Symbol.toStringTag](): string {
        return "Headers";
      }
    })();
    const { logger, records } = captureLogs();
    logger.info({ fake, after: 1 }, "m");
    expect(records[0]).toMatchObject({ fake: "[unreadable]", after: 1, msg: "m" });
  });
});

test("limits.depth counts the levels below a field exactly", () => {
  const nested = { a: { b: { c: { d: 1 } } } };
  for (const [depth, shown] of [
    [1, { a: "[object]" }],
    [2, { a: { b: "[object]" } }],
    [3, { a: { b: { c: "[object]" } } }],
    [4, nested],
  ] as const) {
    const { logger, records } = captureLogs({ limits: { depth } });
    logger.info({ nested, list: [[[[1]]]] }, "m");
    expect(records[0]?.nested).toEqual(shown);
  }
});

test("a string of exactly limits.text is not cut, and one more unit is", () => {
  const { logger, records } = captureLogs({ limits: { text: 16 } });
  logger.info({ fits: "x".repeat(16), cut: "x".repeat(17) }, "m");
  expect(records[0]).toMatchObject({ fits: "x".repeat(16), cut: `${"x".repeat(16)}…[1 more]` });
});
