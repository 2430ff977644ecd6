import { inspect } from "node:util";
import { deserialize, serialize } from "node:v8";
import { pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import { onSecret, type SecretMatcher } from "./redaction.ts";
import { scrubAndCut, scrubSecrets } from "./scrub-secrets.ts";
import { isSecret, secret } from "./secret.ts";

const VALUE = 'sk-"live"/4242+4242=';
const key = secret(VALUE);

test("bytes that are text are scrubbed as the text that they are, too", () => {
  const password = "pässwort-from-a-file";
  const bytes = secret(Buffer.from(password));
  expect(scrubSecrets(`connecting as app:${password}`)).toBe("connecting as app:[redacted]");
  expect(bytes.reveal().toString()).toBe(password);
});

describe("a secret", () => {
  test("gives its value only by reveal", () => {
    expect(key.reveal()).toBe(VALUE);
  });

  test("never shows in String, template literals, concatenation, arrays or JSON", () => {
    const texts = [
      String(key),
      `${key}`,
      `${key as unknown as string}x`,
      [key].join(),
      JSON.stringify({ key, list: [key] }),
    ];
    for (const text of texts) {
      expect(text).not.toContain("4242");
      expect(text).toContain("[redacted]");
    }
  });

  test("never shows in util.inspect with any options", () => {
    for (const customInspect of [true, false]) {
      for (const showHidden of [true, false]) {
        const text = inspect(
          { key, map: new Map([[key, key]]) },
          { customInspect, showHidden, showProxy: true, getters: true, depth: 20 },
        );
        expect(text).not.toContain("4242");
      }
    }
  });

  test("never shows in a line of pino, as a field, nested, or as an error's member", () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    log.info(
      { key, nested: { key }, err: Object.assign(new Error(`with ${key}`), { key }) },
      "message %s %o %j",
      key,
      key,
      key,
    );
    expect(lines.join()).not.toContain("4242");
  });

  test("never shows in an error's message", () => {
    expect(new Error(`cannot log in with ${key}`).message).toBe("cannot log in with [redacted]");
  });

  test("a structured clone or a v8 serialisation throws", () => {
    expect(() => structuredClone(key)).toThrow(/could not be cloned/);
    expect(() => structuredClone({ nested: [key] })).toThrow(/could not be cloned/);
    expect(() => deserialize(serialize(key))).toThrow();
  });

  test("cannot be changed, and is itself when wrapped again", () => {
    expect(() => Object.assign(key, { reveal: () => "other" })).toThrow(TypeError);
    expect(secret(key)).toBe(key);
  });

  test("is recognised by brand, across copies, and a hostile Proxy is not one", () => {
    expect(isSecret(key)).toBe(true);
    expect(isSecret({ reveal: () => "x" })).toBe(false);
    const trap = new Proxy({}, { get: () => { throw new Error("trap"); } }); // biome-ignore format: one line says it
    expect(isSecret(trap)).toBe(false);
    expect(isSecret(null)).toBe(false);
  });

  test("holds values of any type", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(secret(bytes).reveal()).toBe(bytes);
    expect(secret(undefined).reveal()).toBeUndefined();
  });
});

describe("scrubSecrets", () => {
  test("blanks the value out of other text, raw, as JSON writes it and percent-encoded", () => {
    for (const form of [VALUE, JSON.stringify({ x: VALUE }), encodeURIComponent(VALUE)]) {
      const scrubbed = scrubSecrets(`before ${form} after`);
      expect(scrubbed).not.toContain("4242");
      expect(scrubbed).toMatch(/^before .*\[redacted\].* after$/);
    }
  });

  test("blanks bytes out as hex, base64 and base64url", () => {
    const bytes = Buffer.from("fbefbe0102030405fffe", "hex");
    const held = secret(bytes);
    const text = [bytes.toString("hex"), bytes.toString("base64"), bytes.toString("base64url")].join(" ");
    expect(scrubSecrets(text)).toBe("[redacted] [redacted] [redacted]");
    expect(held.reveal()).toBe(bytes);
  });

  test("leaves text alone that holds only a value too short to scrub", () => {
    const pin = secret("12345");
    expect(scrubSecrets("order 12345")).toBe("order 12345");
    expect(pin.reveal()).toBe("12345");
  });

  test("where one secret contains another, nothing of the outer one stays", () => {
    const held = [secret("inner-part"), secret("outer-inner-part-outer")];
    expect(scrubSecrets("x outer-inner-part-outer y inner-part")).toBe("x [redacted] y [redacted]");
    expect(held).toHaveLength(2);
  });

  test("a cut never leaves the first half of a secret standing at its edge", () => {
    const held = secret("straddles-the-edge-of-the-cut");
    expect(scrubAndCut(`${"x".repeat(20)}straddles-the-edge-of-the-cut${"y".repeat(5000)}`, 30)).not.toContain(
      "straddles",
    );
    expect(isSecret(held)).toBe(true);
  });

  test("takes a value with regular-expression and replacement characters literally", () => {
    const odd = secret("$&.*[(secret$1");
    expect(scrubSecrets("a $&.*[(secret$1 b")).toBe("a [redacted] b");
    expect(odd.reveal()).toHaveLength(14);
  });
});

describe("onSecret", () => {
  test("calls the listener with the living ones now and with new ones as they are made, until unsubscribed", () => {
    const matchers: SecretMatcher[] = [];
    const end = onSecret((matcher) => matchers.push(matcher));
    expect(matchers.some((matcher) => matcher.test(VALUE))).toBe(true);
    const fresh = secret("made-after-subscribing");
    expect(matchers.at(-1)?.test("x made-after-subscribing y")).toBe(true);
    expect(matchers.at(-1)?.scrub("x made-after-subscribing y")).toBe("x [redacted] y");
    end();
    const count = matchers.length;
    const later = secret("made-after-the-end");
    expect(matchers).toHaveLength(count);
    expect([fresh, later].every(isSecret)).toBe(true);
  });

  test("a matcher shows nothing of the value", () => {
    onSecret((matcher) => expect(inspect(matcher, { showHidden: true, depth: 9 })).not.toContain("4242"))();
  });
});

describe("a value that is encoded", () => {
  const raw = "p@ss$w/o&rd!'x y+é";
  const held = secret(raw);
  const url = new URL("http://me@h/");
  url.password = raw;

  test.each([
    ["in the user name part of a URL", url.href],
    ["in a path", encodeURI(raw)],
    ["in a query", new URL(`http://h/?k=${raw}`).href],
    ["in a form", new URLSearchParams({ k: raw }).toString()],
    ["with lower-case digits", encodeURIComponent(raw).toLowerCase()],
  ])("is found %s", (_, text) => {
    expect(scrubSecrets(text)).toContain("[redacted]");
    expect(scrubSecrets(text)).not.toMatch(/p(?:@|%40)ss/i);
  });

  test("is left alone where only its beginning occurs", () => {
    expect(scrubSecrets("p%40ss$w")).toBe("p%40ss$w");
    expect(held.reveal()).toBe(raw);
  });
});

describe("texts inside a secret", () => {
  test("are found by value, in plain objects, lists and URLs", () => {
    const held = [
      secret({ user: { name: "an-admin-user" }, keys: ["list-member-1", Buffer.from("bytes-member")] }),
      secret(new URL("postgres://me:url-p%40ssword@db.internal/main")),
    ];
    const text = `an-admin-user list-member-1 ${Buffer.from("bytes-member").toString("hex")} url-p@ssword`;
    expect(scrubSecrets(text)).toBe("[redacted] [redacted] [redacted] [redacted]");
    expect(held).toHaveLength(2);
  });

  test("cost nothing but their own scrubbing when a getter throws or the object is cyclic", () => {
    const cyclic: Record<string, unknown> = { text: "cyclic-member" };
    cyclic.self = cyclic;
    const held = [secret(cyclic), secret({ get bad() { throw new Error("getter"); } })]; // biome-ignore format: one line says it
    expect(scrubSecrets("cyclic-member")).toBe("[redacted]");
    expect(held).toHaveLength(2);
  });

  test("that are blank are not looked for", () => {
    const held = secret(" ".repeat(20));
    expect(scrubSecrets(`a${" ".repeat(40)}b`)).toBe(`a${" ".repeat(40)}b`);
    expect(held.reveal()).toHaveLength(20);
  });
});

test("a cut leaves no part of a secret that fills the text many times over", () => {
  const held = secret(`many-times-${"z".repeat(89)}`);
  expect(scrubAndCut(held.reveal().repeat(1000), 8192)).not.toMatch(/many|zzz/);
  expect(scrubAndCut(held.reveal().repeat(1000), 5)).not.toMatch(/many|zzz/);
});

test("a listener that throws harms neither who makes a secret nor who subscribes, and is reported once", () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const end = onSecret(() => {
    throw new Error("listener");
  });
  expect(secret("made-under-a-bad-listener").reveal()).toBe("made-under-a-bad-listener");
  end();
  expect(warned).toHaveBeenCalledExactlyOnceWith(expect.any(String), { code: "CORE_SECRET_LISTENER" });
  warned.mockRestore();
  expect(() => onSecret(undefined as never)).toThrow("listener must be a function; got undefined");
});
