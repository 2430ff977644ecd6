import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { refusals } from "../test/refusals.ts";
import { corsOrigins, originMatcher } from "./index.ts";
import { isOrigin } from "./network.ts";

describe("corsOrigins", () => {
  test("gives out exact origins and left-label wildcards in canonical form, each once", () => {
    expect(
      corsOrigins().parse([
        "https://App.example.com:443",
        "https://app.example.com",
        "http://localhost:3000",
        "https://*.Example.com:8443",
        "https://bücher.example",
      ]),
    ).toEqual([
      "https://app.example.com",
      "http://localhost:3000",
      "https://*.example.com:8443",
      "https://xn--bcher-kva.example",
    ]);
    expect(corsOrigins().parse("https://a.example, https://b.example")).toEqual([
      "https://a.example",
      "https://b.example",
    ]);
    expect(corsOrigins().parse("")).toEqual([]);
    expect(corsOrigins().parse([])).toEqual([]);
  });

  test("takes the origins of apps and extensions, exactly", () => {
    const origins = [
      "capacitor://localhost",
      "ionic://localhost",
      "tauri://localhost",
      `chrome-extension://${"abcdefghijklmnop".repeat(2)}`,
    ];
    expect(corsOrigins().parse(["Capacitor://LOCALHOST", ...origins])).toEqual(origins);
    const allows = originMatcher(origins);
    for (const origin of origins) expect(allows(origin)).toBe(true);
    for (const origin of ["capacitor://evil", "http://localhost", "chrome-extension://b", "null", undefined])
      expect(allows(origin)).toBe(false);
  });

  test.each([
    "capacitor://",
    "capacitor://*.example.com",
    "capacitor://localhost/",
    "chrome-extension://a:1",
    "javascript://x",
    "null",
    "*",
    "https://*",
    "https://*.com",
    "https://*.*.example.com",
    "https://a.*.example.com",
    "https://x*.example.com",
    "https://*x.example.com",
    "*.example.com",
    "https://example.com/",
    "https://example.com/path",
    "https://example.com?x",
    "https://example.com#x",
    "https://u@example.com",
    "ftp://example.com",
    "example.com",
    "//example.com",
    "https://",
    "https://exa mple.com",
    "https://example.com:99999",
    "https://*.1.2.3",
    "file://",
    "data:",
    "https://*.example.com:",
    "https://-a.example*",
  ])("refuses %s, naming its place in the list", (origin) =>
    expect(refusals(corsOrigins(), ["https://ok.example", origin])).toEqual(["origin@1"]),
  );

  test.each([undefined, null, 7, {}, new Set(["https://a.example"])])("refuses %s, which is not an array", (value) =>
    expect(refusals(corsOrigins(), value)).toEqual(["invalid_type"]),
  );

  test("refuses items that are not strings, and more than a thousand", () => {
    expect(refusals(corsOrigins(), [7])).toEqual(["origin@0"]);
    expect(refusals(corsOrigins(), Array(1001).fill("https://a.example"))).toEqual(["too_big"]);
    expect(refusals(corsOrigins(), ",".repeat(1_000_000))).toEqual(["invalid_type"]);
  });
});

describe("originMatcher", () => {
  const allows = originMatcher(["https://app.example.com", "https://*.example.org", "http://*.example.org:8080"]);

  test.each([
    "https://app.example.com",
    "https://eu.example.org",
    "https://a-1.example.org",
    "http://x.example.org:8080",
  ])("allows %s", (origin) => expect(allows(origin)).toBe(true));

  test.each([
    undefined,
    "",
    "null",
    "*",
    "https://example.org",
    "https://a.b.example.org",
    "https://.example.org",
    "https://*.example.org",
    "https://evil.example/.example.org",
    "https://evil.example?.example.org",
    "https://-.example.org",
    "https://evilexample.org",
    "https://x.example.org.evil.example",
    "http://x.example.org",
    "https://x.example.org:8080",
    "https://app.example.com.evil.example",
    "https://evil.example#app.example.com",
    "http://app.example.com",
    "https://app.example.com/",
    "https://u@x.example.org",
    "x".repeat(100_000),
  ])("does not allow %s", (origin) => expect(allows(origin)).toBe(false));

  test("a value that is not a string does not match", () => {
    for (const origin of [null, 7, ["https://app.example.com"], {}]) expect(allows(origin as never)).toBe(false);
  });

  test("allows exactly the origins one label below a wildcard", () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 0, maxLength: 3 }), (labels) => {
        expect(allows(`https://${[...labels, "example", "org"].join(".")}`)).toBe(labels.length === 1);
      }),
    );
  });

  test("refuses a list that the schema would refuse", () => {
    expect(() => originMatcher(["null"])).toThrow(TypeError);
    expect(() => originMatcher("*" as never)).toThrow(TypeError);
    expect(() => originMatcher(["https://a.example", "https://b.example/"])).toThrow('got "https://b.example/"');
    expect(() => originMatcher(7 as never)).toThrow("must be an array of origins; got 7");
  });
});

describe("isOrigin", () => {
  test.each(["https://app.example.com", "http://localhost:8080", "https://[::1]:8443", "capacitor://localhost"])(
    "%s is an origin",
    (text) => expect(isOrigin(text)).toBe(true),
  );

  test.each([
    undefined,
    null,
    7,
    "",
    "null",
    "*",
    "https://*.example.com",
    "https://app.example.com/",
    "https://APP.example.com",
    "https://app.example.com:443",
    "https://u@app.example.com",
    "https://app.example.com?x",
    "https://app.example.com ",
    "file://",
    "data:text/plain,x",
    `https://${"a".repeat(5000)}.example`,
  ])("%s is not an origin", (value) => expect(isOrigin(value)).toBe(false));

  test("every origin that is not a wildcard matches a list of itself", () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ["http", "https"] }), (url) => {
        const { origin } = new URL(url);
        expect(isOrigin(origin)).toBe(true);
        expect(originMatcher([origin])(origin)).toBe(true);
      }),
    );
  });
});
