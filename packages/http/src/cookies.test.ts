import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CookieOptions, createCookie, parseCookies } from "./cookies.ts";

describe("a cookie", () => {
  test("is set with safe defaults, and removed with the same attributes", () => {
    const session = createCookie("session", { maxAge: "1h" });
    expect(session.name).toBe("__Host-session");
    expect(session.set("abc")).toBe("__Host-session=abc; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax");
    expect(session.clear()).toBe(
      "__Host-session=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax",
    );
  });

  test("has the attributes that it is given", () => {
    const options: CookieOptions = {
      prefix: "__Secure-",
      httpOnly: false,
      sameSite: "None",
      path: "/app",
      domain: "example.com",
      partitioned: true,
    };
    expect(createCookie("theme", options).set("")).toBe(
      "__Secure-theme=; Path=/app; Domain=example.com; Secure; SameSite=None; Partitioned",
    );
    expect(createCookie("plain", { prefix: "", secure: false, sameSite: "Strict" }).set("1")).toBe(
      "plain=1; Path=/; HttpOnly; SameSite=Strict",
    );
  });

  test("is rotated to a new random value with the same attributes", () => {
    const session = createCookie("session");
    const made = Array.from({ length: 20 }, () => session.rotate());
    expect(new Set(made.map(({ value }) => value)).size).toBe(20);
    for (const { value, header } of made) {
      expect(value).toMatch(/^[\w-]{43}$/);
      expect(header).toBe(session.set(value));
    }
  });

  test("never carries a value that could end it or begin another header, and the error does not show the value", () => {
    const session = createCookie("session");
    for (const value of ["a;b", "a, b", "a b", 'a"b', "a\\b", "a\r\nSet-Cookie: b=c", "a\tb", "a\0", "é", "a\u007f"]) {
      expect(() => session.set(value), JSON.stringify(value)).toThrow(TypeError);
      expect(() => session.set(value)).not.toThrow(value);
    }
    for (const value of [undefined, null, 7, {}]) expect(() => session.set(value as never)).toThrow(TypeError);
  });

  test("that a browser would drop because of its length is refused", () => {
    const session = createCookie("session");
    const rest = session.set("").length;
    expect(session.set("x".repeat(4096 - rest))).toHaveLength(4096);
    expect(() => session.set("x".repeat(4097 - rest))).toThrow(/4096 bytes; got 4097/);
  });

  test("that was set is read back, whatever other cookies are beside it", () => {
    const session = createCookie("session");
    const value = fc.string({ unit: fc.constantFrom(..."abcXYZ019-._~!#$%&'()*+/:<=>?@[]^`{|}"), maxLength: 50 });
    fc.assert(
      fc.property(value, fc.string({ maxLength: 30 }), (sent, before) => {
        const pair = session.set(sent).split(";", 1)[0] as string;
        const others = before.replaceAll(";", "").replaceAll("__Host-session", "");
        return session.read(`${others}; ${pair}; theme=dark`) === sent;
      }),
    );
  });
});

describe("a Cookie header", () => {
  test("is read without quotes, and the first of several cookies of one name counts", () => {
    const cookies = parseCookies('a=1; b="2"; a=3;c=; =4; d; __proto__=5; e="');
    expect([...cookies]).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", ""],
      ["__proto__", "5"],
    ]);
    expect(parseCookies(undefined).size).toBe(0);
    expect(parseCookies("").size).toBe(0);
  });

  test("never throws, and gives no more than 300 cookies, each with a name and a value that could be set", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (header) => {
        for (const [name, value] of parseCookies(header)) {
          if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[;\s",\\]/.test(value)) return false;
        }
        return true;
      }),
    );
    const many = Array.from({ length: 1000 }, (_, i) => `c${i}=1`).join(";");
    expect(parseCookies(many).size).toBe(300);
  });
});

test.each<[string, unknown, RegExp]>([
  ["a b", {}, /name must be a token.*"a b"/],
  ["", {}, /name must be a token/],
  ["__Host-a", {}, /without a prefix/],
  ["a", { prefix: "__host-" }, /cookie\.prefix/],
  ["a", { secure: false }, /cookie\.secure must be true with the prefix __Host-/],
  ["a", { path: "/app" }, /needs the path "\/" and no domain; got "\/app"/],
  ["a", { domain: "example.com" }, /needs the path/],
  ["a", { prefix: "", secure: false, sameSite: "None" }, /must be true with sameSite None/],
  ["a", { prefix: "", secure: false, partitioned: true }, /must be true with partitioned/],
  ["a", { prefix: "", path: "/a; Domain=evil.example" }, /cookie\.path/],
  ["a", { prefix: "", domain: "evil.example; Secure" }, /cookie\.domain/],
  ["a", { prefix: "", domain: "com" }, /cookie\.domain/],
  ["a", { sameSite: "lax" }, /cookie\.sameSite/],
  ["a", { maxAge: 0 }, /cookie\.maxAge in seconds/],
  ["a", { maxAge: "401d" }, /cookie\.maxAge in seconds/],
  ["a", { httpOnly: 1 }, /cookie\.httpOnly/],
  ["a", { signed: true }, /signed/],
])("the cookie %s with %j is refused", (name, options, message) => {
  expect(() => createCookie(name, options as CookieOptions)).toThrow(TypeError);
  expect(() => createCookie(name, options as CookieOptions)).toThrow(message);
});
