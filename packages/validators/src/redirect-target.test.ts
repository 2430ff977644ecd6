import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verdict } from "../test/refusals.ts";
import { redirectTarget } from "./index.ts";

const base = "https://app.example.com";
const target = redirectTarget({ base, origins: ["https://docs.example.com"] });

describe("redirectTarget", () => {
  test.each([
    ["/", "/"],
    ["/orders?page=2#last", "/orders?page=2#last"],
    ["orders", "/orders"],
    ["?tab=1", "/?tab=1"],
    ["/a/../b", "/b"],
    ["/a//b", "/a//b"],
    ["/%2f%2fevil.example", "/%2f%2fevil.example"],
    ["https://app.example.com", "https://app.example.com/"],
    ["https://APP.example.com:443/x", "https://app.example.com/x"],
    ["https://docs.example.com/guide", "https://docs.example.com/guide"],
    ["//docs.example.com/guide", "https://docs.example.com/guide"],
  ])("lets %s through", (text, location) => expect(target.parse(text)).toBe(location));

  test.each([
    ["//evil.example", "origin"],
    ["///evil.example", "origin"],
    ["////evil.example", "origin"],
    ["https://evil.example", "origin"],
    ["https:evil.example", "origin"],
    ["https:/evil.example", "origin"],
    ["https:app.example.com/x", "origin"],
    ["http://app.example.com/", "origin"],
    ["https://app.example.com:8443/", "origin"],
    ["https://app.example.com.evil.example/", "origin"],
    ["https://app.example.com@evil.example/", "credentials"],
    ["https://user:pw@app.example.com/", "credentials"],
    ["https://evil.example#https://app.example.com", "origin"],
    ["/.//evil.example", "origin"],
    ["/a/..//evil.example", "origin"],
    ["/%2e//evil.example", "origin"],
    [".//evil.example", "origin"],
    ["javascript:alert(1)", "origin"],
    ["data:text/html,x", "origin"],
    ["blob:https://app.example.com/1", "origin"],
    ["\\\\evil.example", "invalid_url"],
    ["/\\evil.example", "invalid_url"],
    ["/\t/evil.example", "invalid_url"],
    ["\u0001//evil.example", "invalid_url"],
    ["/\r\nSet-Cookie:a=b", "invalid_url"],
    ["https://[", "invalid_url"],
    [`/${"a".repeat(2048)}`, "too_big"],
  ])("refuses %j", (text, code) => expect(verdict(target, text)).toBe(code));

  test("starts relative targets from the path of the base", () => {
    expect(redirectTarget({ base: "https://app.example.com/shop/cart" }).parse("pay")).toBe("/shop/pay");
  });

  test("whatever comes out leads to an allowed origin, for a browser that starts from any page of the service", () => {
    const part = fc.constantFrom(
      "/",
      "//",
      "\\",
      ".",
      "..",
      "%2e",
      "evil.example",
      "app.example.com",
      "@",
      ":",
      "https:",
      "http:",
      "?",
      "#",
      "javascript:",
      "\t",
      "blob:",
      "x",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 7 }), (parts) => {
        const result = target.safeParse(parts.join(""));
        if (!result.success) return;
        for (const page of [base, `${base}/deep/page?x=1`])
          expect([base, "https://docs.example.com"]).toContain(new URL(result.data, page).origin);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    {},
    { base: "app.example.com" },
    { base: "javascript:1" },
    { base: "https://a:b@app.example.com" },
    { base, origins: ["null"] },
    { base, origins: "https://x.example" },
    { base, origins: ["https://*.x.example"] },
    { base, origins: ["https://x.example/path"] },
    { base, allow: [] },
  ])("refuses the options %j", (options) => expect(() => redirectTarget(options as never)).toThrow(TypeError));
});
