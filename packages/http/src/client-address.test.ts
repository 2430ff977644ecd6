import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressKey, clientAddress, type TrustProxy } from "./client-address.ts";

describe("the client's address", () => {
  test("is the IPv4 address wherever one is written as an IPv6 address", () => {
    expect(clientAddress(1)("10.0.0.9", "::ffff:808:808")).toBe("8.8.8.8");
    expect(clientAddress(["10.0.0.0/8"])("::ffff:a00:9", "64:ff9b::808:808")).toBe("8.8.8.8");
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        const hexadecimal = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
        for (const written of [`::ffff:${address}`, `::ffff:${hexadecimal}`, `64:ff9b::${hexadecimal}`]) {
          expect(clientAddress()(written, undefined)).toBe(address);
          expect(addressKey(written)).toBe(address);
        }
      }),
    );
  });

  test("is the socket's unless proxies are trusted, whatever a header says", () => {
    expect(clientAddress()("10.0.0.9", "1.2.3.4")).toBe("10.0.0.9");
    expect(clientAddress(0)("::ffff:10.0.0.9", "1.2.3.4")).toBe("10.0.0.9");
    expect(clientAddress(false)(undefined, "1.2.3.4")).toBe("");
  });

  test("is counted in hops from the socket, so that what a client puts in front changes nothing", () => {
    const addressOf = clientAddress(1);
    expect(addressOf("10.0.0.9", "203.0.113.7")).toBe("203.0.113.7");
    expect(addressOf("10.0.0.9", "6.6.6.6, 203.0.113.7")).toBe("203.0.113.7");
    expect(addressOf("10.0.0.9", undefined)).toBe("10.0.0.9");
    expect(clientAddress(2)("10.0.0.9", "6.6.6.6, 203.0.113.7, 10.0.0.8")).toBe("203.0.113.7");
    expect(clientAddress(3)("10.0.0.9", "203.0.113.7")).toBe("203.0.113.7");
  });

  test("is the first address outside the trusted subnets", () => {
    const addressOf = clientAddress(["10.0.0.0/8", "fd00::/8", "192.0.2.1"]);
    expect(addressOf("10.0.0.9", "6.6.6.6, 203.0.113.7, 10.1.2.3")).toBe("203.0.113.7");
    expect(addressOf("203.0.113.9", "6.6.6.6")).toBe("203.0.113.9");
    expect(addressOf("fd00::1", "2001:db8::7, 192.0.2.1")).toBe("2001:db8::7");
    expect(addressOf("10.0.0.9", "10.0.0.1, 10.0.0.2")).toBe("10.0.0.1");
  });

  test("stops at an entry that is not an address; ports, brackets and zones are taken off", () => {
    const addressOf = clientAddress(["10.0.0.0/8", "fe80::/10"]);
    expect(addressOf("10.0.0.9", "203.0.113.7, unknown, 10.0.0.8")).toBe("10.0.0.8");
    expect(addressOf("10.0.0.9", "203.0.113.7:4711")).toBe("203.0.113.7");
    expect(addressOf("10.0.0.9", "[2001:db8::7]:4711")).toBe("2001:db8::7");
    expect(addressOf("fe80::1%eth0", "203.0.113.7")).toBe("203.0.113.7");
    expect(addressOf("::ffff:10.0.0.9", "203.0.113.7")).toBe("203.0.113.7");
  });

  test("cannot be moved by whatever a client writes before the entry of the trusted proxy", () => {
    const addressOf = clientAddress(1);
    fc.assert(
      fc.property(fc.string({ maxLength: 6000 }), (text) => {
        expect(addressOf("10.0.0.9", `${text}, 203.0.113.7`)).toBe("203.0.113.7");
      }),
    );
  });

  test.each([
    [true],
    [-1],
    [1.5],
    [33],
    [Number.NaN],
    ["1"],
    [["10.0.0.0/33"]],
    [["localhost"]],
    [["10.0.0.0/"]],
    [[7]],
  ])("a trustProxy of %j is refused", (value) => {
    expect(() => clientAddress(value as unknown as TrustProxy)).toThrow(/trustProxy/);
  });
});

test("an IPv6 subscriber is one key, an IPv4 address another, and anything else itself", () => {
  expect(addressKey("203.0.113.7")).toBe("203.0.113.7");
  expect(addressKey("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(addressKey("2001:db8:1:2::")).toBe("2001:db8:1:2::/64");
  expect(addressKey("2001:DB8::1")).toBe("2001:db8::/64");
  expect(addressKey("::1")).toBe("::/64");
  expect(addressKey("64:ff9b::203.0.113.7")).toBe("203.0.113.7");
  expect(addressKey("64:ff9b::cb00:7107")).toBe("203.0.113.7");
  expect(addressKey("::ffff:203.0.113.7")).toBe("203.0.113.7");
  expect(addressKey("::FFFF:cb00:7107")).toBe("203.0.113.7");
  expect(addressKey("0:0:0:0:0:ffff:203.0.113.7")).toBe("203.0.113.7");
  expect(addressKey("::203.0.113.7")).toBe("::/64");
  expect(addressKey("fe80::1%eth0")).toBe("fe80::/64");
  expect(addressKey("")).toBe("");
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (a, b) => {
      expect(addressKey(a)).toMatch(/^[0-9a-f:]+::\/64$|^::\/64$|^\d+\.\d+\.\d+\.\d+$/);
      if (a === b) expect(addressKey(a)).toBe(addressKey(b));
    }),
  );
});
