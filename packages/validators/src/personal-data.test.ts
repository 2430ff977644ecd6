import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findPersonalData, type PersonalDataKind, scrubPersonalData } from "./index.ts";

const found = (text: string, kinds?: PersonalDataKind[]): string[] =>
  findPersonalData(text, kinds === undefined ? {} : { kinds }).map(
    ({ kind, start, end }) => `${kind} ${text.slice(start, end)}`,
  );

describe("findPersonalData finds", () => {
  test.each([
    ["Write to ada@example.com.", ["email ada@example.com"]],
    [
      "<Ada.Lovelace+news@mail.example.co.uk>, bob@x.org",
      ["email Ada.Lovelace+news@mail.example.co.uk", "email bob@x.org"],
    ],
    ["zoë@bücher.example and x@xn--bcher-kva.xn--p1ai", ["email zoë@bücher.example", "email x@xn--bcher-kva.xn--p1ai"]],
    ["a@b@c.example", ["email b@c.example"]],
    ["'quoted@example.com'", ["email quoted@example.com"]],
    ["card 4111 1111 1111 1111 exp 12/27", ["card 4111 1111 1111 1111"]],
    ["5500-0000-0000-0004,378282246310005", ["card 5500-0000-0000-0004", "card 378282246310005"]],
    ["4111111111111111 2024", ["card 4111111111111111"]],
    ["IBAN DE89 3704 0044 0532 0130 00!", ["iban DE89 3704 0044 0532 0130 00"]],
    ["GB82WEST12345698765432", ["iban GB82WEST12345698765432"]],
    ["call +49 30 901820 or (555) 123-4567", ["phone +49 30 901820", "phone (555) 123-4567"]],
    ["tel:+14155550100", ["phone +14155550100"]],
    ["ssn 123-45-6789.", ["ssn 123-45-6789"]],
    ["from 203.0.113.7:443 and 2001:db8::1", ["ip 203.0.113.7", "ip 2001:db8::1"]],
    ["🙂 ada@example.com 🙂", ["email ada@example.com"]],
    ["card no.4111111111111111", ["card 4111111111111111"]],
    ["4111\u00a01111\u00a01111\u00a01111", ["card 4111\u00a01111\u00a01111\u00a01111"]],
    ["de89370400440532013000", ["iban de89370400440532013000"]],
    ["DE89-3704-0044-0532-0130-00", ["iban DE89-3704-0044-0532-0130-00"]],
    ["06\u202f12\u202f34\u202f56\u202f78", ["phone 06\u202f12\u202f34\u202f56\u202f78"]],
    ["tel.030 901820 or 1-800-555-0199", ["phone 030 901820", "phone 1-800-555-0199"]],
    ["connect to 2001:db8::1: refused", ["ip 2001:db8::1"]],
    ["ip:2001:db8::1, id:fe80::1", ["ip 2001:db8::1", "ip fe80::1"]],
  ])("in %j", (text, expected) => expect(found(text)).toEqual(expected));
});

describe("findPersonalData leaves alone", () => {
  test.each([
    "",
    "no data here",
    "a @ b",
    "@example.com",
    "user@localhost",
    "x@1.2",
    "a@b..c",
    "@@@@",
    "4111 1111 1111 1112",
    "0000 0000 0000 0000",
    "1234567890",
    "order 1700000000000",
    "2024-01-02 10:00:00",
    "2024-01-02T10:00:00.000Z",
    "01.02.2024 10",
    "000-12-3456",
    "666-12-3456",
    "123-00-4567",
    "999.1.1.1",
    "1.2.3.4.5",
    "v1.2.3.4a",
    "12:30:45",
    "std::vector",
    "Foo::Bad and foo::cafe",
    "0.4111111111111111",
    "1.4111111111111111",
    "3f2b8c1e-8a54-4a7e-9c1d-0e8a2b6f1c33",
  ])("%j", (text) => expect(found(text)).toEqual([]));
});

describe("personal data", () => {
  test("an IBAN has a country of the registry, its length, and check digits that fit", () => {
    for (const text of [
      "DE89 3704 0044 0532 0130 01",
      "ZZ12 3456 7890 1234",
      "DE89 3704 0044 0532 0130 000",
      "DE89  3704 0044 0532 0130 00",
      "DE89 3704",
    ])
      expect(found(text, ["iban"])).toEqual([]);
  });

  test("is found only of the kinds that are asked for, and what is another kind's stays another kind's", () => {
    const text = "ada@example.com 4111111111111111 123-45-6789";
    expect(found(text, ["card"])).toEqual(["card 4111111111111111"]);
    expect(found(text, ["phone"])).toEqual([]);
    expect(found(text, [])).toEqual([]);
  });

  test.each(["img@2x.png", "icon@3x.JPEG", "main@1.2.js", "logo@dark.svg"])("%s is the name of a file", (text) =>
    expect(findPersonalData(text)).toEqual([]),
  );

  test("a match that contains a finding of a more certain kind is not a second finding", () => {
    expect(found("+49-203.0.113.7 3704")).toEqual(["ip 203.0.113.7"]);
    expect(scrubPersonalData("+49-203.0.113.7 3704")).toBe("+49-[ip] 3704");
  });

  test("findings come in order and never overlap, in any text", () => {
    const piece = fc.constantFrom(
      "ada",
      "@",
      "example",
      ".",
      "com",
      "4111",
      "1111",
      " ",
      "-",
      "+49",
      "DE89",
      "3704",
      "(",
      ")",
      ":",
      "::",
      "203.0.113.7",
      "🙂",
      "\ud800",
      "\n",
      "0",
      "9",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }).map((parts) => parts.join("")),
        (text) => {
          let last = 0;
          for (const { start, end } of findPersonalData(text)) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            last = end;
          }
          expect(last).toBeLessThanOrEqual(text.length);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("an address is found between any other words", () => {
    const word = fc.stringMatching(/^[ ,;()a-z]{0,10}$/);
    fc.assert(
      fc.property(word, word, (before, after) => {
        expect(found(`${before} ada@example.com ${after}`)).toContain("email ada@example.com");
      }),
    );
  });

  test.each([
    "@",
    "a",
    "a@",
    "1",
    "1 ",
    "+1",
    "4111 ",
    "DE89 ",
    "AA11",
    ":",
    "a:",
    "1.",
    "(1",
    "-",
    ".",
    "a.",
    "@a.",
    "'",
    "9-",
    "١",
    "aa@bb.",
    " 1-",
  ])("%j by the hundred thousand takes a time that grows with the length alone", (unit) =>
    expect(() => findPersonalData(unit.repeat(Math.ceil(400_000 / unit.length)))).not.toThrow(),
  );

  test("is replaced by its kind", () => {
    expect(scrubPersonalData("Call +49 30 901820, mail ada@example.com, or nothing")).toBe(
      "Call [phone], mail [email], or nothing",
    );
    expect(scrubPersonalData("ada@example.com +14155550100", { kinds: ["email"] })).toBe("[email] +14155550100");
    expect(scrubPersonalData("nothing")).toBe("nothing");
  });

  test.each([undefined, null, 7, {}])("refuses %s, which is not a string", (text) =>
    expect(() => findPersonalData(text as never)).toThrow(TypeError),
  );
  test.each([{ kinds: ["name"] }, { kinds: "email" }, { kind: [] }])("refuses the options %j", (options) =>
    expect(() => findPersonalData("", options as never)).toThrow(TypeError),
  );
});
