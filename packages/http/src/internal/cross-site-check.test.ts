import { expect, test } from "vitest";
import type { CrossSiteOptions } from "../cross-site.ts";
import { crossSiteCheck } from "./cross-site-check.ts";
import type { EdgeExchange } from "./exchange-parts.ts";

interface Sent {
  method?: string;
  path?: string;
  site?: string;
  origin?: string;
  cookie?: string;
}

function isRefused(options: CrossSiteOptions, sent: Sent, mayCall = (_origin: string): boolean => false): boolean {
  const { method = "POST", path = "/transfer", site, origin, cookie = "session=1" } = sent;
  const headers: Record<string, string | undefined> = { "sec-fetch-site": site, origin, cookie: cookie || undefined };
  const request = { method, path, host: "shop.example:8443", header: (name: string) => headers[name] };
  return crossSiteCheck(options, mayCall)(request as EdgeExchange);
}

test.each<[string, Sent, boolean]>([
  ["a client that is not a browser", {}, false],
  ["the service's own page", { site: "same-origin", origin: "https://shop.example:8443" }, false],
  ["the user, by a bookmark", { site: "none" }, false],
  ["a page of another site", { site: "cross-site", origin: "https://evil.example" }, true],
  ["a page of another host of the site", { site: "same-site", origin: "https://blog.shop.example" }, true],
  ["a page of another site that hides its origin", { site: "cross-site" }, true],
  ["a browser of an unknown kind", { site: "elsewhere" }, true],
  ["two headers at once", { site: "same-origin, cross-site" }, true],
  ["an older browser on the own page", { origin: "https://shop.example:8443" }, false],
  ["an older browser on the own page, behind a proxy that ends TLS", { origin: "http://shop.example:8443" }, false],
  ["an older browser on another port", { origin: "https://shop.example" }, true],
  ["an older browser on another site", { origin: "https://evil.example" }, true],
  ["a sandboxed document", { origin: "null" }, true],
  ["a host that only begins like the own one", { origin: "https://shop.example:8443.evil.example" }, true],
])("a POST of %s", (_name, sent, refused) => {
  expect(isRefused({}, sent)).toBe(refused);
});

test("requests that change nothing are let in, and so are those without cookies unless all are checked", () => {
  const evil = { site: "cross-site", origin: "https://evil.example" };
  for (const method of ["GET", "HEAD", "OPTIONS"]) expect(isRefused({}, { ...evil, method })).toBe(false);
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "TRACE", "MOVE", "get"])
    expect(isRefused({}, { ...evil, method }), method).toBe(true);
  expect(isRefused({}, { ...evil, cookie: "" })).toBe(false);
  expect(isRefused({ requests: "all" }, { ...evil, cookie: "" })).toBe(true);
});

test("listed origins, and those that cors admits with credentials, may send requests", () => {
  const options = { origins: ["https://app.example", "https://*.tenants.example"] };
  const from = (origin: string): boolean => isRefused(options, { site: "cross-site", origin });
  expect(from("https://app.example")).toBe(false);
  expect(from("https://acme.tenants.example")).toBe(false);
  expect(from("https://app.example.evil.example")).toBe(true);
  expect(from("null")).toBe(true);
  const partner = { site: "cross-site", origin: "https://partner.example" };
  expect(isRefused({}, partner, (origin) => origin === "https://partner.example")).toBe(false);
});

test("a bypassed path is not checked, and no other spelling of a path gets the same treatment", () => {
  const to = (path: string): boolean =>
    isRefused({ bypass: ["/saml/acs"] }, { site: "cross-site", origin: "https://idp.example", path });
  for (const path of ["/saml/acs", "/saml/acs/acme"]) expect(to(path), path).toBe(false);
  for (const path of [
    "/saml/acsx",
    "/SAML/ACS",
    "/saml/acs/../../transfer",
    "/saml/acs/%2e%2e/transfer",
    "/saml/acs//transfer",
    "/saml/acs\\..\\transfer",
    "//saml/acs",
    "/transfer",
  ])
    expect(to(path), path).toBe(true);
});

test.each<[unknown, RegExp]>([
  [{ requests: "none" }, /crossSite\.requests/],
  [{ origins: "https://a.example" }, /crossSite\.origins must be an array/],
  [{ origins: ["a.example"] }, /crossSite\.origins: an entry/],
  [{ bypass: "/a" }, /crossSite\.bypass must be an array/],
  [{ bypass: ["a"] }, /crossSite\.bypass: an entry/],
  [{ bypass: ["/"] }, /crossSite\.bypass: an entry/],
  [{ bypass: ["/a/../b"] }, /crossSite\.bypass: an entry/],
  [{ bypass: [/a/] }, /crossSite\.bypass: an entry/],
  [{ tokens: true }, /tokens/],
])("the option crossSite %j is refused", (options, message) => {
  expect(() => crossSiteCheck(options as CrossSiteOptions, () => false)).toThrow(TypeError);
  expect(() => crossSiteCheck(options as CrossSiteOptions, () => false)).toThrow(message);
});
