import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWithin, networkOf, parseAddress, parseSubnet } from "./network.ts";

const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6());

describe("networkOf", () => {
  it("keeps a /24 of IPv4 and a /48 of IPv6, and what is asked for instead", () => {
    expect(networkOf("192.0.2.57")).toBe("192.0.2.0/24");
    expect(networkOf("192.0.2.57", { ipv4: 30 })).toBe("192.0.2.56/30");
    expect(networkOf("192.0.2.57", { ipv4: 0 })).toBe("0.0.0.0/0");
    expect(networkOf("2001:db8:1:2::57")).toBe("2001:db8:1::/48");
    expect(networkOf("2001:db8:1:2::57", { ipv6: 64 })).toBe("2001:db8:1:2::/64");
    expect(networkOf("2001:db8:1:ffff::57", { ipv6: 56 })).toBe("2001:db8:1:ff00::/56");
    expect(networkOf("2001:db8::57", { ipv6: 128 })).toBe("2001:db8:0:0:0:0:0:57/128");
    expect(networkOf("::1", { ipv6: 0 })).toBe("::/0");
  });

  it("gives one text for an address however it is written, and none for what is not an address", () => {
    expect(networkOf("2001:DB8:0:0:1::1")).toBe(networkOf("2001:db8::1:0:0:1"));
    expect(networkOf("fe80::1%eth0")).toBe(networkOf("fe80::1"));
    for (const text of ["", "127.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "[::1]", "::1::", "example.com", "10.0.0.0/8"])
      expect(networkOf(text), text).toBeUndefined();
  });

  it("is a subnet that holds the address, and that Node's own list agrees with", () => {
    const property = fc.property(anyAddress, anyAddress, fc.nat(32), fc.nat(128), (one, other, ipv4, ipv6) => {
      const text = networkOf(one, { ipv4, ipv6 }) as string;
      const subnet = parseSubnet(text);
      const address = parseAddress(one);
      if (subnet === undefined || address === undefined) throw new Error(`${text} does not parse`);
      expect(isWithin(address, subnet)).toBe(true);
      const list = new BlockList();
      const [base, length] = text.split("/") as [string, string];
      const family = (candidate: string): "ipv4" | "ipv6" => (candidate.includes(":") ? "ipv6" : "ipv4");
      list.addSubnet(base, Number(length), family(one));
      const second = parseAddress(other);
      // A list of Node takes a mapped address for the IPv4 address inside; here they are two.
      if (second !== undefined && family(one) === family(other) && !other.toLowerCase().startsWith("::ffff:"))
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
