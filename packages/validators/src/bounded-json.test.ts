import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundedJson, isValidationError } from "./index.ts";

function codeOf(text: unknown, options?: Parameters<typeof boundedJson>[1]): string {
  try {
    boundedJson(text as string, options);
    return "ok";
  } catch (error) {
    if (!isValidationError(error)) throw error;
    expect(error.issues).toHaveLength(1);
    return error.issues[0]?.code as string;
  }
}

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("boundedJson", () => {
  test("gives what JSON.parse gives, for any JSON within the limits, as text and as bytes", () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false } as never), fc.boolean(), (text, bytes) => {
        fc.pre(!/__proto__|\\u/.test(text));
        const limits = { bytes: "10mb", depth: 100, keys: 100_000 };
        expect(boundedJson(bytes ? Buffer.from(text) : text, limits)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    "",
    "{",
    "[1,]",
    "nul",
    "'a'",
    "{a:1}",
    '{"a":1}}',
    "[1]]",
    '"open',
    "1 2",
    "\ufeff1",
    '{"a" "b"}',
    "]",
    '"\\"',
    "[}",
  ])("refuses %j, which is not JSON", (text) => expect(codeOf(text)).toBe("invalid_json"));

  test("never quotes the text", () => {
    for (const text of ["hunter2", '{"password": hunter2}', '{"password":"hunter2']) {
      try {
        boundedJson(text);
      } catch (error) {
        expect(
          JSON.stringify([
            (error as Error).message,
            (error as { issues: unknown }).issues,
            (error as Error).stack,
            (error as Error).cause,
          ]),
        ).not.toContain("hunter2");
      }
    }
  });

  test("counts bytes as UTF-8, of text and of bytes", () => {
    expect(codeOf('"aaaa"', { bytes: 6 })).toBe("ok");
    expect(codeOf('"aaaaa"', { bytes: 6 })).toBe("too_big");
    expect(codeOf('"éé"', { bytes: 6 })).toBe("ok");
    expect(codeOf('"ééé"', { bytes: 6 })).toBe("too_big");
    expect(codeOf(Buffer.from('"ééé"'), { bytes: 6 })).toBe("too_big");
    expect(codeOf(`"${"x".repeat(1_000_000)}"`)).toBe("too_big");
  });

  test("counts depth, and looks no further than the limit", () => {
    expect(codeOf("1", { depth: 1 })).toBe("ok");
    expect(codeOf(nested(32))).toBe("ok");
    expect(codeOf(nested(33))).toBe("too_deep");
    expect(codeOf(`${'{"a":'.repeat(33)}1${"}".repeat(33)}`)).toBe("too_deep");
    expect(codeOf("[".repeat(900_000))).toBe("too_deep");
    expect(codeOf(nested(1000), { depth: 1000 })).toBe("ok");
    expect(codeOf("[[],[],[[]]]", { depth: 3 })).toBe("ok");
    expect(codeOf(`"${"[".repeat(500)}"`)).toBe("ok");
  });

  test("counts the members of all objects together, and no colon inside a text", () => {
    expect(codeOf('{"a":{"b":1},"c":[{"d":2}]}', { keys: 4 })).toBe("ok");
    expect(codeOf('{"a":{"b":1},"c":[{"d":2}]}', { keys: 3 })).toBe("too_many_keys");
    expect(codeOf('{"a:b":"c:d:e"}', { keys: 1 })).toBe("ok");
    expect(codeOf("{}", { keys: 0 })).toBe("ok");
  });

  test.each([
    '{"__proto__":1}',
    '{"a":[{"__proto__":{"admin":true}}]}',
    '{ "__proto__" : 1 }',
    '{"\\u005f_proto__":1}',
    '{"\\u005f\\u005f\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005F":1}',
    '{"constructor":{"prototype":{}}}',
    '{"a":{"constructor":{"x":1,"prototype":{}}}}',
    '{"c\\u006fnstructor":{"prototyp\\u0065":1}}',
    '{"constructor":{"a":{"prototype":0},"b":[1],"prototype":1}}',
  ])("refuses %s", (text) => expect(codeOf(text)).toBe("forbidden_key"));

  test.each([
    '{"constructor":"Acme Homes"}',
    '{"prototype":"v1"}',
    '{"constructor":[{"prototype":1}]}',
    '{"constructor":1,"b":{"prototype":1}}',
    '{"constructor":{"a":{"prototype":1}}}',
    '{"a":"__proto__"}',
    '["__proto__","constructor","prototype"]',
    '{"\\\\u005f_proto__":1}',
    '{"a":"\\"__proto__\\":1"}',
    '{"a\\\\":"b\\\\\\\\","c":"\\\\"}',
  ])("lets %s through", (text) => expect(boundedJson(text)).toEqual(JSON.parse(text)));

  test("finds a forbidden name wherever JSON.parse would make one, however it is spelt", () => {
    const escaped = (name: string): fc.Arbitrary<string> =>
      fc
        .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
        .map((flags) =>
          [...name].map((c, i) => (flags[i] ? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}` : c)).join(""),
        );
    fc.assert(
      fc.property(escaped("__proto__"), fc.json(), fc.json(), (name, before, after) => {
        expect(codeOf(`[${before},{"x":${after},"${name}":${after}}]`, { depth: 100, keys: 100_000 })).toBe(
          "forbidden_key",
        );
      }),
    );
  });

  test("takes a time that grows with the length alone: quotes and backslashes by the million", () => {
    const limits = { bytes: "20mb" };
    expect(codeOf(`"${"\\\\".repeat(4_000_000)}"`, limits)).toBe("ok");
    expect(codeOf(`"${'\\"'.repeat(4_000_000)}"`, limits)).toBe("ok");
    expect(codeOf(`"${'\\"'.repeat(4_000_000)}`, limits)).toBe("invalid_json");
    expect(codeOf(`"${"\\".repeat(8_000_001)}"`, limits)).toBe("invalid_json");
    expect(codeOf(`[${'"",'.repeat(2_000_000)}""]`, limits)).toBe("ok");
  });

  test("takes the bytes of a fetch-like body as they are", () => {
    const { buffer } = Uint8Array.from(Buffer.from('{"qty":2}'));
    expect(boundedJson(buffer)).toEqual({ qty: 2 });
    expect(codeOf(buffer, { bytes: 8 })).toBe("too_big");
  });

  test("refuses bytes that are not UTF-8, and values that are not strings", () => {
    expect(codeOf(Uint8Array.of(0x22, 0xff, 0x22))).toBe("invalid_json");
    expect(codeOf(Uint8Array.of(0x22, 0xc0, 0xae, 0x22))).toBe("invalid_json");
    for (const value of [undefined, null, 7, {}, ["[]"], { length: 2 }]) expect(codeOf(value)).toBe("invalid_type");
  });

  test.each([
    { bytes: 0 },
    { bytes: "1tb" },
    { bytes: -1 },
    { depth: 0 },
    { depth: 1001 },
    { depth: Number.NaN },
    { keys: -1 },
    { keys: 1.5 },
    { size: 1 },
  ])("refuses the options %j", (options) => expect(() => boundedJson("1", options as never)).toThrow(TypeError));
});
