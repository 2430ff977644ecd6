import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { captureLogs } from "./testing.ts";

type Log = (...args: unknown[]) => void;

function write(...args: unknown[]): Record<string, unknown> {
  const { logger, records } = captureLogs();
  (logger.error as Log)(...args);
  expect(records).toHaveLength(1);
  const { level: _, time: __, pid: ___, hostname: ____, ...rest } = records[0] as Record<string, unknown>;
  return rest;
}

describe("a call keeps", () => {
  const error = new TypeError("refused");
  const err = { type: "TypeError", message: "refused" };

  test.each<[string, unknown[], object]>([
    ["the message after null", [null, "could not save"], { msg: "could not save" }],
    ["the message after undefined", [undefined, "could not save %s", "it"], { msg: "could not save it" }],
    ["null alone", [null], { msg: "null" }],
    ["texts and numbers that no placeholder takes", ["a", "b", 3], { msg: "a b 3" }],
    ["what follows undefined", ["a", undefined, 3], { msg: "a 3" }],
    ["what is left after placeholders", ["%s is", "a", "b", false, null], { msg: "a is b false null" }],
    ["what follows the message of an object", [{ n: 1 }, "a", "b", 3n], { n: 1, msg: "a b 3" }],
    ["what follows an object without a message", [{ n: 1 }, undefined, "b"], { n: 1, msg: "b" }],
    ["an object after the message", ["a", { n: 1 }], { n: 1, msg: "a" }],
    ["a second object", ["a", { n: 1 }, { m: 2 }], { n: 1, msg: 'a {"m":2}' }],
    ["an error after an object", ["a", { n: 1 }, error], { n: 1, err, msg: "a" }],
    ["an object after an error", ["a", error, { n: 1 }], { n: 1, err, msg: "a" }],
    ["an error after an object and a message", [{ n: 1 }, "a", error], { n: 1, err, msg: "a" }],
    ["an object after an error and a message", [error, "a", { n: 1 }], { n: 1, err, msg: "a" }],
    ["a credential's redaction in what is added", ["a", { n: 1 }, { password: "p" }], { msg: 'a {"password":"[redacted]"}' }],
  ])("%s", (_, args, expected) => {
    expect(write(...args)).toMatchObject(expected);
  }); // biome-ignore format: a table

  test("each of two errors", () => {
    const { err: kept, msg } = write("a", error, new RangeError("other")) as { err: object; msg: string };
    expect(kept).toMatchObject(err);
    expect(msg).toMatch(/^a \{"type":"RangeError","message":"other"/);
  });

  test("every word and number of its arguments", () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/);
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.integer()), { minLength: 1, maxLength: 6 }), (args) => {
        expect(write(...args)).toEqual({ msg: args.join(" ") });
      }),
    );
  });
});

test("a call of which pino loses nothing has the same message and fields", () => {
  const calls: unknown[][] = [
    ["a"],
    ["%s and %d", "a", 5],
    ["100%% of %s", "a"],
    [{ n: 1 }],
    [{ n: 1 }, "a"],
    [{ n: 1 }, "a %s", "b"],
    [{ msg: "own" }],
    [undefined, "a"],
  ];
  for (const call of calls) {
    const lines: string[] = [];
    (pino({}, { write: (line: string) => void lines.push(line) }).error as Log)(...call);
    const { level: _, time: __, pid: ___, hostname: ____, ...expected } = JSON.parse(lines[0] as string);
    expect(write(...call)).toEqual(expected);
  }
});
