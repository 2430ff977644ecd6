import { runWithContext, secret } from "@seaworthy/core";
import { describe, expect, test } from "vitest";
import { createLogger } from "./create-logger.ts";
import { captureLogs } from "./testing.ts";

describe("redaction by name", () => {
  test("blanks credentials at any depth and in any case, and does not change the caller's object", () => {
    const { logger, records, lines } = captureLogs();
    const given = {
      PassWord: "p1-value",
      user: { Authorization: "p2-value", list: [{ API_KEY: "p3-value" }, new Map([["refreshToken", "p4-value"]])] },
      headers: { cookie: ["p5-value"], "x-api-key": { nested: "p6-value" } },
      kept: "visible",
    };
    const before = structuredClone(given);
    logger.child({ secret: "p7-value" }).info(given, "%j", { password: "p8-value" });
    expect(lines.join()).not.toMatch(/p\d-value/);
    expect(lines.join()).toContain("visible");
    expect(records[0]).toMatchObject({ PassWord: "[redacted]", secret: "[redacted]" });
    expect(given).toEqual(before);
  });

  test("blanks the given names at any depth and in any case", () => {
    for (const redact of [["iban", "X-Custom"], { paths: ["IBAN", "x-custom"] }, { names: ["iban", "X-CUSTOM"] }]) {
      const { logger, records } = captureLogs({ redact });
      logger.info({ iban: 0, deep: { Iban: 1, "x-custom": 2, password: 4, other: 5 } });
      expect(records[0]).toMatchObject({
        iban: "[redacted]",
        deep: { Iban: "[redacted]", "x-custom": "[redacted]", password: "[redacted]", other: 5 },
      });
    }
  });

  test("blanks names with dots in them if they are given as names", () => {
    const { logger, records } = captureLogs({ redact: { names: ["card.owner"] } });
    logger.info({ "card.owner": 1, card: { owner: 2 } });
    expect(records[0]).toMatchObject({ "card.owner": "[redacted]", card: { owner: 2 } });
  });

  test("works without the defaults", () => {
    const { logger, records } = captureLogs({ redact: { defaults: false, paths: ["only"] } });
    logger.info({ password: "seen", only: "hidden" });
    expect(records[0]).toMatchObject({ password: "seen", only: "[redacted]" });
  });

  test("does not blank the counts of language model tokens", () => {
    const usage = {
      prompt_tokens: 1,
      cached_tokens: 2,
      prompt_tokens_details: { audio_tokens: 3 },
      maxOutputTokens: 4,
    };
    const { logger, records } = captureLogs();
    logger.info({ usage, nextPageToken: "p2", secretName: "db" });
    expect(records[0]).toMatchObject({ usage, nextPageToken: "p2", secretName: "db" });
  });

  test("applies to members of errors and of their context", () => {
    const { logger, lines } = captureLogs({ redact: ["card"] });
    logger.error(Object.assign(new Error("x"), { card: "4242-secret", nested: { card: "4242-secret" } }));
    expect(lines.join()).not.toContain("4242-secret");
  });

  test("of a child adds to that of the parent and does not change the parent", () => {
    const { logger, records } = captureLogs({ redact: ["a"] });
    const child = logger.child({}, { redact: { paths: ["b", "c.d"] } });
    child.info({ a: 1, b: 2, c: 3 });
    logger.info({ a: 1, b: 2, c: 3 });
    child.child({}).info({ b: 2 });
    expect(records[0]).toMatchObject({ a: "[redacted]", b: "[redacted]", c: 3 });
    expect(records[1]).toMatchObject({ a: "[redacted]", b: 2 });
    expect(records[2]).toMatchObject({ b: "[redacted]" });
  });

  test("does not become slow or large with names that occur only once", () => {
    const { logger, records } = captureLogs();
    for (let i = 0; i < 5000; i++) logger.info({ [`key-${i}`]: 1, [`password${i % 2 ? "" : "x"}`]: 2 });
    expect(records.at(-1)).toMatchObject({ "key-4999": 1, password: "[redacted]" });
  });
});

describe("values of living secrets", () => {
  const value = "hunter2-is-my-secret";
  const held = secret(value);
  const quoted = secret('quo"ted\\secret\nwith lines');

  test("are scrubbed from messages, keys, nested texts, errors with their stacks and causes, and bindings", () => {
    const { logger, lines } = captureLogs();
    const error = new Error(`cannot log in with ${value}`, { cause: new Error(value) });
    logger.info(`message ${value}`);
    logger.info("placeholder %s %j", value, { a: value });
    logger.info({ a: { b: [value, `x${value}y`] }, [value]: 1, [`k-${value}`]: 2 }, "m");
    logger.error(error);
    logger.error({ anywhere: error, map: new Map([[value, value]]) });
    logger.child({ bound: `Bearer ${value}` }).info("m");
    logger.info({ url: `https://x/?q=${encodeURIComponent(value)}`, held });
    expect(lines).toHaveLength(7);
    expect(lines.join("\n")).not.toContain(value);
    expect(lines[0]).toContain("message [redacted]");
  });

  test("are scrubbed from a child that was bound before the secret was known", () => {
    const { logger, lines, records } = captureLogs();
    const child = logger.child({ early: "later-a-secret-1", fine: "fine" });
    const late = secret("later-a-secret-1");
    child.info({ a: 1, level: 3 }, "m");
    expect(lines.join()).not.toContain("later-a-secret-1");
    expect(records[0]).toMatchObject({ early: "[redacted]", fine: "fine", a: 1, level_: 3, msg: "m" });
    expect(late.reveal()).toBe("later-a-secret-1");
  });

  test("are scrubbed if they need escaping in JSON, and if they were JSON already", () => {
    const { logger, lines } = captureLogs();
    logger.info({ a: quoted.reveal(), b: JSON.stringify({ x: quoted.reveal() }) }, quoted.reveal());
    expect(lines.join()).not.toMatch(/quo|with lines/);
  });

  test("are scrubbed from the ids of the context", () => {
    const { logger, lines } = captureLogs();
    const long = secret("a-secret-that-is-longer-than-all-other-texts");
    runWithContext({ correlationId: long.reveal() }, () => logger.info("m"));
    expect(lines[0]).toContain('"correlationId":"[redacted]"');
  });

  test("are scrubbed if they are digits that were logged as a number", () => {
    const digits = secret("4242424242");
    const { logger, records } = captureLogs();
    logger.info({ number: 4242424242, bigint: 4242424242n, other: 7 });
    expect(records[0]).toMatchObject({ number: "[redacted]", bigint: "[redacted]", other: 7 });
    expect(digits.reveal()).toBe("4242424242");
  });

  test("leave no part if a string is cut", () => {
    const { logger, lines } = captureLogs({ limits: { text: 20 } });
    for (let i = 0; i < 25; i++) logger.info(`${".".repeat(i)}${value}${".".repeat(100)}`);
    expect(lines.join()).not.toContain("hunter2");
  });

  test("are scrubbed in a line that was cut", () => {
    const { logger, lines } = captureLogs({ limits: { line: 1024 } });
    logger.info(
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`漢${i}`, `${value}漢漢漢漢漢漢漢漢漢漢`])),
      value,
    );
    expect(lines.join()).not.toContain("hunter2");
  });

  test("in two keys leave two different keys", () => {
    const { logger, records } = captureLogs();
    const plain = secret("plain-value-1");
    logger.info({ nested: { "plain-value-1": 1, "[redacted]": 2, "plain-value-1plain-value-1": 3 } }, "m");
    expect(Object.values(records[0]?.nested as object).sort()).toEqual([1, 2, 3]);
    expect(plain.reveal()).toBe("plain-value-1");
  });

  test("never break the JSON of a line, even if they consist of the characters of JSON", () => {
    const structural = [secret('"level":'), secret('{"level":30'), secret(',"msg":"')];
    const { logger, records } = captureLogs();
    logger.info({ a: 1 }, 'mentions "level":30');
    expect(records[0]).toMatchObject({ level: 30, a: 1 });
    expect(structural).toHaveLength(3);
  });
});

test("a value of exactly six characters is accepted and blanked", () => {
  const { logger, lines } = captureLogs({ redact: { values: ["abc123"] } });
  logger.info({ code: "xabc123x" }, "m");
  expect(lines[0]).toContain('"code":"x[redacted]x"');
  expect(() => captureLogs({ redact: { values: ["abc12"] } })).toThrow(/6 or more characters/);
});

describe("the redact option", () => {
  test("accepts values to scrub, as strings or secrets, as long as the logger exists", () => {
    const { logger, lines } = captureLogs({ redact: { values: ["first-value", secret("second-value")] } });
    logger.info("first-value and second-value");
    expect(lines[0]).toContain('"msg":"[redacted] and [redacted]"');
  });

  test.each([[["short"]], [[""]], [["          "]], [[secret("tiny")]], [[7]], ["text"]])(
    "refuses values that cannot be scrubbed safely, without showing them: %j",
    (values) => {
      const make = (): unknown => createLogger({ redact: { values: values as string[] } });
      expect(make).toThrow(TypeError);
      expect(make).toThrow(/redact\.values/);
      expect(make).not.toThrow(/short|tiny/);
    },
  );

  test.each([
    [{ paths: [""] }],
    [{ paths: [7] }],
    [{ paths: "a" }],
    [["a..b"]],
    [["a["]],
    [["a[b]"]],
    [[".a"]],
    [{ except: ["a."] }],
    [{ names: [""] }],
    [{ names: "a" }],
    [{ defaults: 1 }],
    [{ keys: ["a"] }],
    [{ censor: 7 }],
    [{ remove: "yes" }],
    [{ remove: true, censor: "x" }],
    [{ names: ["a"], except: ["A"] }],
    ["a"],
    [null],
  ])("refuses what it does not know: %j", (redact) => {
    expect(() => createLogger({ redact: redact as unknown as string[] })).toThrow(TypeError);
  });

  test("says what a censor may be", () => {
    expect(() => createLogger({ redact: { censor: 7 as never } })).toThrow(
      "redact.censor must be a string or a function; got 7",
    );
  });
});

test("of a secret that a string repeats many times, no part is left where the string is cut", () => {
  const held = secret(`QQ-${"w".repeat(97)}`);
  const { logger, lines } = captureLogs();
  const text = held.reveal().repeat(5000);
  logger.info({ text, [text]: 1, err: new Error(text) }, text);
  logger.child({ text }, { msgPrefix: text }).info("m");
  expect(lines).toHaveLength(2);
  expect(lines.join()).not.toMatch(/QQ|www/);
});
