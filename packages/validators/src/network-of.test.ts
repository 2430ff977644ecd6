import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, isWithin, networkOf, parseAddress, parseSubnet, unmapAddress } from "./network.ts";

const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6());

describe("networkOf", () => {
  it("keeps a /24 of IPv4 and a /48 of IPv6, and what is asked for instead", () => {
    expect(networkOf("192.0.2.57")).toBe("192.0.2.0/24");
    expect(networkOf("192.0.2.57", { ipv4: 30 })).toBe("192.0.2.56/30");
    expect(networkOf("192.0.2.57", { ipv4: 0 })).toBe("0.0.0.0/0");
    expect(networkOf("2001:db8:1:2::57")).toBe("2001:db8:1::/48");
    expect(networkOf("2001:db8:1:2::57", { ipv6: 64 })).toBe("2001:db8:1:2::/64");
    expect(networkOf("2001:db8:1:ffff::57", { ipv6: 56 })).toBe("2001:db8:1:ff00::/56");
    expect(networkOf("2001:db8::57", { ipv6: 128 })).toBe("2001:db8::57/128");
    expect(networkOf("::1", { ipv6: 0 })).toBe("::/0");
  });

  it("gives one text for an address however it is written, and none for what is not an address", () => {
    expect(networkOf("2001:DB8:0:0:1::1")).toBe(networkOf("2001:db8::1:0:0:1"));
    expect(networkOf("fe80::1%eth0")).toBe(networkOf("fe80::1"));
    for (const text of ["", "127.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "[::1]", "::1::", "example.com", "10.0.0.0/8"])
      expect(networkOf(text), text).toBeUndefined();
  });

  it("counts an IPv4 address inside an IPv6 address as the IPv4 address", () => {
    for (const text of ["::ffff:192.0.2.57", "::ffff:c000:239", "64:ff9b::192.0.2.57", "::FFFF:192.0.2.57%eth0"])
      expect(networkOf(text), text).toBe("192.0.2.0/24");
    expect(networkOf("64:ff9b:1::192.0.2.57")).toBe("64:ff9b:1::/48");
    expect(networkOf("::192.0.2.57")).toBe("::/48");
  });

  it("is a subnet that holds the address, and that Node's own list agrees with", () => {
    const property = fc.property(anyAddress, anyAddress, fc.nat(32), fc.nat(128), (one, other, ipv4, ipv6) => {
      const text = networkOf(one, { ipv4, ipv6 }) as string;
      const subnet = parseSubnet(text);
      const parsed = parseAddress(one);
      if (subnet === undefined || parsed === undefined) throw new Error(`${text} does not parse`);
      const address = unmapAddress(parsed);
      expect(isWithin(address, subnet)).toBe(true);
      const list = new BlockList();
      const [base, length] = text.split("/") as [string, string];
      const family = (candidate: string): "ipv4" | "ipv6" => (candidate.includes(":") ? "ipv6" : "ipv4");
      list.addSubnet(base, Number(length), family(base));
      const second = parseAddress(other);
      // A list of Node takes a mapped address for the IPv4 address inside; here they are two.
      if (second !== undefined && family(base) === family(other) && !other.toLowerCase().startsWith("::ffff:"))
        expect(isWithin(second, subnet), `${other} in ${text}`).toBe(list.check(other, family(other)));
    });
    fc.assert(property, { numRuns: 500 });
  });

  it("refuses options that are out of bounds", () => {
    expect(() => networkOf("::1", { ipv6: 129 })).toThrow("ipv6 must be");
    expect(() => networkOf("::1", { ipv4: -1 })).toThrow("ipv4 must be");
    expect(() => networkOf("::1", { ipv5: 1 } as never)).toThrow("ipv5");
  });
});

describe("formatAddress and unmapAddress", () => {
  it.each([
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"],
    ["0:0:1:2:3:4:5:6", "::1:2:3:4:5:6"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["255.0.10.1", "255.0.10.1"],
  ])("writes %s as %s", (text, canonical) => {
    const address = parseAddress(text);
    expect(address && formatAddress(address)).toBe(canonical);
  });

  it("writes an IPv6 address as the URL parser does, and gives the same address back", () => {
    const sparse = fc
      .array(fc.constantFrom("0", "0", "1", "ffff"), { minLength: 8, maxLength: 8 })
      .map((groups) => groups.join(":"));
    const property = fc.property(fc.oneof(fc.ipV6(), sparse), (text) => {
      const address = parseAddress(text);
      if (address === undefined) throw new Error(`${text} does not parse`);
      const written = formatAddress(address);
      expect(`[${written}]`).toBe(new URL(`http://[${text}]/`).hostname);
      expect(parseAddress(written)).toEqual(address);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it("takes an IPv4 address out of every mapped or NAT64 address, and leaves all others", () => {
    const property = fc.property(fc.ipV4(), fc.constantFrom("::ffff:", "64:ff9b::"), (text, prefix) => {
      const address = parseAddress(`${prefix}${text}`);
      expect(address && unmapAddress(address)).toEqual(parseAddress(text));
    });
    fc.assert(property);
    for (const text of [
      "::1.2.3.4",
      "::fffe:1.2.3.4",
      "::1:ffff:1.2.3.4",
      "64:ff9b::1:0:0",
      "64:ff9b:1::1",
      "10.0.0.1",
    ]) {
      const address = parseAddress(text);
      expect(address && unmapAddress(address), text).toEqual(address);
    }
  });
});
