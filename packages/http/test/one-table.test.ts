// One table of origins and one of addresses, through both packages: what is decided about them must not differ.
import { addressKey, clientAddress, createCors } from "@seaworthy/http";
import { corsOrigins } from "@seaworthy/validators";
import { formatAddress, originMatcher, parseAddress, unmapAddress } from "@seaworthy/validators/network";
import { describe, expect, test } from "vitest";

const LISTED = ["https://app.example.com", "https://*.shop.example", "http://localhost:3000", "capacitor://localhost"];

const ORIGINS: [origin: string, isAdmitted: boolean][] = [
  ["https://app.example.com", true],
  ["https://a.shop.example", true],
  ["https://a-b.shop.example", true],
  ["http://localhost:3000", true],
  ["capacitor://localhost", true],
  ["http://app.example.com", false],
  ["https://app.example.com:8443", false],
  ["https://app.example.com/", false],
  ["https://app.example.com.evil.example", false],
  ["https://evil-app.example.com", false],
  ["https://APP.example.com", false],
  ["https://shop.example", false],
  ["https://a.b.shop.example", false],
  ["https://.shop.example", false],
  ["https://-a.shop.example", false],
  ["https://*.shop.example", false],
  ["https://a.shop.example:443", false],
  ["https://a@a.shop.example", false],
  ["https://a.shop.example\r\n", false],
  ["http://localhost", false],
  ["capacitor://evil", false],
  ["null", false],
  ["", false],
  [`https://${"a".repeat(5000)}.shop.example`, false],
];

describe("an origin is decided alike by validators and by the edge", () => {
  const listed = corsOrigins().parse(LISTED);
  const matches = originMatcher(listed);
  const cors = createCors({ origins: LISTED });
  test.each(ORIGINS)("%s: %s", (origin, isAdmitted) => {
    expect(matches(origin)).toBe(isAdmitted);
    expect(cors.admits(origin)).toBe(isAdmitted);
    expect(cors.preflight(origin) !== undefined).toBe(isAdmitted);
  });
});

test.each([
  ["*.example.com"],
  ["https://*"],
  ["https://example.com/x"],
  ["null"],
  ["https://*.com"],
  ["ftp://a.example"],
])("both refuse %s as an origin to list", (origin) => {
  expect(corsOrigins().safeParse([origin]).success).toBe(false);
  expect(() => createCors({ origins: [origin] })).toThrow(TypeError);
});

const ADDRESSES: [written: string, plain: string, key: string][] = [
  ["203.0.113.7", "203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"],
  ["::ffff:cb00:7107", "203.0.113.7", "203.0.113.7"],
  ["::FFFF:CB00:7107", "203.0.113.7", "203.0.113.7"],
  ["0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"],
  ["64:ff9b::cb00:7107", "203.0.113.7", "203.0.113.7"],
  ["64:ff9b::203.0.113.7", "203.0.113.7", "203.0.113.7"],
  ["2001:DB8:0:0:0:0:0:57", "2001:db8::57", "2001:db8::/64"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "fe80::1", "fe80::/64"],
  ["::1", "::1", "::/64"],
  ["::203.0.113.7", "::cb00:7107", "::/64"],
];

test.each(ADDRESSES)("the address %s is read alike by validators and by the edge", (written, plain, key) => {
  const parsed = parseAddress(written);
  expect(parsed && formatAddress(unmapAddress(parsed))).toBe(plain);
  expect(clientAddress()(written, undefined)).toBe(plain);
  expect(clientAddress(1)("10.0.0.9", written)).toBe(plain);
  expect(addressKey(written)).toBe(key);
  expect(clientAddress([`${plain}`])(written, "198.51.100.1")).toBe("198.51.100.1");
});

test.each(["", "127.1", "0x7f.0.0.1", "1.2.3.4.5", "::ffff:1.2.3", "g::1", "[::1]", "unknown"])(
  "%j is not an address to either of them",
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(addressKey(text)).toBe(text);
    expect(() => clientAddress([text])).toThrow(/trustProxy/);
  },
);
