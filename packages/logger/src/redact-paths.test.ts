import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { explainRedaction } from "./explain-redaction.ts";
import { readPath } from "./internal/redact-paths.ts";
import { captureLogs } from "./testing.ts";

describe("a path", () => {
  test("is read in pino's syntax", () => {
    expect(readPath("user.id")).toEqual(["user", "id"]);
    expect(readPath("*.password")).toEqual([undefined, "password"]);
    expect(readPath("items[*].token")).toEqual(["items", undefined, "token"]);
    expect(readPath("a[0]['b-c'].d")).toEqual(["a", "0", "b-c", "d"]);
    expect(readPath('["*"]')).toEqual(["*"]);
    for (const path of ["", ".", "a.", "a..b", "a[", "a]", "[a]", "a[b]c", "a b", "[]", "**", "**.a", "a.*b"])
      expect(readPath(path), path).toBeUndefined();
  });

  test("blanks the value that it leads to, and no other value of that name", () => {
    const { logger, records } = captureLogs({ redact: ["user.id", "*.mail", "items[*].price", "list[1]", '["id"]'] });
    logger.info({
      id: 1,
      user: { id: 2, mail: 3, deep: { id: 4, mail: 5 }, ID: 6 },
      order: { id: 7 },
      items: [{ price: 8, id: 9 }, { price: 10 }],
      list: ["a", "b", "c"],
    });
    const blank = "[redacted]";
    expect(records[0]).toMatchObject({
      id: blank,
      user: { id: blank, mail: blank, deep: { id: 4, mail: 5 }, ID: 6 },
      order: { id: 7 },
      items: [{ price: blank, id: 9 }, { price: blank }],
      list: ["a", blank, "c"],
    });
  });

  test("applies inside bindings, errors, maps and results of toJSON", () => {
    const { logger, records } = captureLogs({ redact: ["bound.a", "map.a", "json.a", "err.message"] });
    logger.child({ bound: { a: 1, b: 2 } }).error({
      map: new Map([["a", 1]]),
      json: { toJSON: () => ({ a: 1 }) },
      err: new Error("private"),
    });
    const blank = "[redacted]";
    expect(records[0]).toMatchObject({
      bound: { a: blank, b: 2 },
      map: { a: blank },
      json: { a: blank },
      err: { type: "Error", message: blank },
    });
  });

  test("applies if the line is written again because of a secret in a binding", () => {
    const { logger, records } = captureLogs({
      redact: { paths: ["user.id", '["name"]'], censor: () => ({ id: "?" }) },
    });
    logger.child({ user: { id: 1, name: "n" } }).info({ url: "redis://:hunter2@h" }, "m");
    expect(records[0]).toMatchObject({ user: { id: { id: "?" }, name: "n" }, url: "redis://:[redacted]@h" });
  });

  test("blanks exactly what pino blanks", () => {
    const key = fc.constantFrom("a", "b", "c");
    const step = fc.oneof({ weight: 3, arbitrary: key }, { weight: 1, arbitrary: fc.constant("*") });
    const path = fc.array(step, { minLength: 2, maxLength: 4 }).map((steps) => steps.join("."));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.integer(),
        fc.dictionary(key, tie("value")),
        fc.array(tie("value"), { maxLength: 2 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 3 }), fc.dictionary(key, value), (paths, fields) => {
        const lines: string[] = [];
        pino({ redact: { paths, censor: "X" } }, { write: (line) => void lines.push(line) }).info(fields);
        const { logger, records } = captureLogs({ redact: { paths, censor: "X", defaults: false } });
        logger.info(fields);
        const { time: _, ...theirs } = JSON.parse(lines[0] as string) as Record<string, unknown>;
        const { time: __, ...ours } = records[0] as Record<string, unknown>;
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 500 },
    );
  });
});

describe("except", () => {
  test("keeps a name everywhere, or only where a path leads", () => {
    const { logger, records } = captureLogs({
      redact: { names: ["mail"], except: ["sessionId", "stats.token", "a.mail"] },
    });
    logger.info({ SessionId: 1, stats: { token: 2 }, token: 3, a: { mail: 4 }, b: { mail: 5 } });
    expect(records[0]).toMatchObject({
      SessionId: 1,
      stats: { token: 2 },
      token: "[redacted]",
      a: { mail: 4 },
      b: { mail: "[redacted]" },
    });
  });

  test("of a child applies to the child only, and names of a child override exceptions of its parent", () => {
    const { logger, records } = captureLogs({ redact: { except: ["token"] } });
    logger.child({}, { redact: { except: ["password"] } }).info({ password: 1, token: 2 });
    logger.child({}, { redact: { names: ["token"] } }).info({ password: 1, token: 2 });
    expect(records[0]).toMatchObject({ password: 1, token: 2 });
    expect(records[1]).toMatchObject({ password: "[redacted]", token: "[redacted]" });
  });

  test("does not keep a credential inside what it keeps", () => {
    const { logger, records } = captureLogs({ redact: { except: ["cookies"] } });
    logger.info({ cookies: { theme: "dark", sessionId: "x", url: "http://a:b@c" } });
    expect(records[0]?.cookies).toEqual({ theme: "dark", sessionId: "[redacted]", url: "http://a:[redacted]@c" });
  });
});

describe("a censor", () => {
  test("returns what is written, from the value and its path", () => {
    const seen: unknown[] = [];
    const { logger, records } = captureLogs({
      redact: {
        paths: ["items[*].card"],
        censor: (value, path) => {
          seen.push([value, path]);
          return `…${String(value).slice(-4)}`;
        },
      },
    });
    logger.info({ items: [{ card: "4242424242424242" }], user: { password: "correct horse" } });
    expect(records[0]).toMatchObject({ items: [{ card: "…4242" }], user: { password: "…orse" } });
    expect(seen).toEqual([
      ["4242424242424242", ["items", "0", "card"]],
      ["correct horse", ["user", "password"]],
    ]);
  });

  test("that throws shows nothing, and its result is cut and scrubbed like any value", () => {
    const throwing = captureLogs({
      redact: {
        censor: () => {
          throw new Error("no");
        },
      },
    });
    throwing.logger.info({ password: "p1", a: 1 });
    expect(throwing.records[0]).toMatchObject({ password: "[redacted]", a: 1 });
    const same = captureLogs({ redact: { censor: (value) => value } });
    same.logger.info({ cookies: { a: { b: "http://u:hunter2@h" } } });
    expect(same.records[0]).toMatchObject({ cookies: { a: { b: "http://u:[redacted]@h" } } });
    const none = captureLogs({ redact: { censor: () => undefined } });
    none.logger.info({ password: 1, b: 2 });
    expect(none.records[0]).not.toHaveProperty("password");
  });

  test("may be a string, or everything may be removed", () => {
    const text = captureLogs({ redact: { paths: ["a.b"], censor: "***" } });
    text.logger.info({ a: { b: 1, token: 2 } });
    expect(text.records[0]?.a).toEqual({ b: "***", token: "***" });
    const removed = captureLogs({ redact: { paths: ["a.b", "l[0]"], remove: true } });
    removed.logger.info({ a: { b: 1, token: 2, c: 3 }, l: [1, 2] });
    expect(removed.records[0]).toMatchObject({ a: { c: 3 }, l: [null, 2] });
    expect(removed.records[0]?.a).toEqual({ c: 3 });
  });
});

describe("credentials in text", () => {
  test("are blanked in messages, fields, keys of errors, bindings and interpolated values", () => {
    const { logger, lines } = captureLogs();
    const url = "postgres://app:hunter2@db/x";
    logger.info(`connecting to ${url}`);
    logger.info("connecting to %s with %j", url, { url });
    logger.info({ url, query: "/cb?access_token=hunter2&state=1" }, "GET /?token=hunter2");
    logger.child({ url }).info("m");
    logger.error(new Error(`no answer from ${url}`));
    logger.info({ unicode: `é ${url}` });
    expect(lines).toHaveLength(6);
    expect(lines.join()).not.toContain("hunter2");
    expect(lines.join()).toContain("postgres://app:[redacted]@db/x");
    expect(lines[2]).toContain("state=1");
  });
});

describe("explainRedaction", () => {
  test("returns what is blanked, where and why, and what an exception keeps", () => {
    const sample = {
      user: { id: 7, apiKey: "k", mail: "a@b.c" },
      items: [{ card: 1 }],
      url: "http://a:b@c",
      session_id: 3,
      err: new Error("token=abc"),
    };
    const redact = { paths: ["user.id", "items[*].card"], names: ["mail"], except: ["session_id"] };
    const found = explainRedaction(sample, redact);
    expect(found).toEqual(
      expect.arrayContaining([
        { path: "user.id", outcome: "blanked", rule: "path", match: "user.id" },
        { path: "user.apiKey", outcome: "blanked", rule: "default", match: "apikey" },
        { path: "user.mail", outcome: "blanked", rule: "name", match: "mail" },
        { path: "items.0.card", outcome: "blanked", rule: "path", match: "items.*.card" },
        { path: "url", outcome: "blanked", rule: "credential" },
        { path: "session_id", outcome: "kept", rule: "except", match: "sessionid" },
      ]),
    );
    const { logger, records } = captureLogs({ redact });
    logger.info(sample);
    const valueAt = (path: string): unknown =>
      path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], records[0]);
    for (const { path, outcome } of found)
      expect(JSON.stringify(valueAt(path)).includes("[redacted]"), path).toBe(outcome === "blanked");
  });

  test("says whether values are removed or censored, and finds nothing in a sample without credentials", () => {
    expect(explainRedaction({ pin: 1 }, { remove: true })[0]?.outcome).toBe("removed");
    expect(explainRedaction({ pin: 1 }, { censor: "x" })[0]?.outcome).toBe("censored");
    expect(explainRedaction({ a: 1, tokens: 5, nested: [{ b: "c" }] })).toEqual([]);
    expect(() => explainRedaction(7 as unknown as object)).toThrow(TypeError);
  });
});
