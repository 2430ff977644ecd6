import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verdict } from "../test/refusals.ts";
import { publicUrl } from "./index.ts";

const url = publicUrl();

describe("publicUrl", () => {
  test.each([
    ["https://example.com", "https://example.com/"],
    ["HTTPS://Example.COM:443/Hook?a=1#b", "https://example.com/Hook?a=1#b"],
    ["http://example.com:8080/", "http://example.com:8080/"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://8.8.8.8/", "https://8.8.8.8/"],
    ["https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"],
    ["https://example.com./", "https://example.com./"],
    ["https://10.example.com/", "https://10.example.com/"],
    ["https://_dmarc.example.com/", "https://_dmarc.example.com/"],
    [`https://${"a".repeat(63)}.com/`, `https://${"a".repeat(63)}.com/`],
    [`https://${"a.".repeat(125)}com/`, `https://${"a.".repeat(125)}com/`],
  ])("lets %s through in canonical form", (text, canonical) => expect(url.parse(text)).toBe(canonical));

  test.each([
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0177.1",
    "１２７.0.0.1",
    "0",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:8.8.8.8]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::8.8.8.8]",
    "[64:ff9b:1::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[2002:7f00:1::]",
    "[2001:0:1::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[100::1]",
    "[5f00::1]",
    "[4000::1]",
  ])("refuses the address %s", (host) => {
    expect(verdict(url, `http://${host}/`)).toBe("address");
    expect(verdict(url, `http://${host}:8080/x`)).toBe("address");
  });

  test.each([
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "db",
    "printer.local",
    "metadata.google.internal",
    "router.home.arpa",
    "x.lan",
    "hidden.onion",
    "1.0.0.127.in-addr.arpa",
    "a..b",
    "kubernetes.default.svc",
    "x.test",
    "x.i2p",
    "x.alt",
  ])("refuses the name %s", (host) => expect(verdict(url, `http://${host}/`)).toBe("local_name"));

  test.each([
    ["https://user@example.com/", "credentials"],
    ["https://bank.example@evil.example/", "credentials"],
    ["https://:pw@example.com/", "credentials"],
    ["file:///etc/passwd", "scheme"],
    ["ftp://example.com/", "scheme"],
    ["gopher://example.com:70/_", "scheme"],
    ["javascript:alert(1)", "scheme"],
    ["data:text/html,x", "scheme"],
    ["blob:https://example.com/1", "scheme"],
    ["//example.com/", "invalid_url"],
    ["example.com", "invalid_url"],
    ["", "invalid_url"],
    ["https://", "invalid_url"],
    ["https://exa mple.com/", "invalid_url"],
    ["ht\ntps://example.com/", "invalid_url"],
    ["https://example.com/\t", "invalid_url"],
    [" https://example.com/", "invalid_url"],
    ["https:\\\\example.com\\", "invalid_url"],
    ["https://example.com\\@evil.example/", "invalid_url"],
    ["https://exam\u200dple.com/", "invalid_url"],
    ["https://example.com/\u202egpj", "invalid_url"],
    ["https://example.com/\ud800", "invalid_url"],
    ["https://example.com:99999/", "invalid_url"],
    ["https://example.com:0/", "port"],
    ["http://.com/", "invalid_url"],
    ["http://127.0.0.1!/", "invalid_url"],
    ["http://exa$mple.com/", "invalid_url"],
    ["http://-a.com/", "invalid_url"],
    [`http://${"a".repeat(64)}.com/`, "invalid_url"],
    [`http://${"a.".repeat(126)}com/`, "invalid_url"],
    [`https://example.com/${"a".repeat(2048)}`, "too_big"],
  ])("refuses %j", (text, code) => expect(verdict(url, text)).toBe(code));

  test("accepts other schemes and ports only if its options name them", () => {
    expect(verdict(publicUrl({ protocols: ["https"] }), "http://example.com/")).toBe("scheme");
    const ports = publicUrl({ ports: [8443] });
    expect(
      ["https://example.com/", "https://example.com:8443/", "https://example.com:22/"].map((text) =>
        verdict(ports, text),
      ),
    ).toEqual(["ok", "ok", "port"]);
  });

  test("lets through what is allowed by address, subnet or name, and nothing beside it", () => {
    const some = publicUrl({ allow: ["10.1.0.0/16", "::1", "hooks.internal"] });
    for (const host of ["10.1.2.3", "[::1]", "hooks.internal", "HOOKS.internal."])
      expect(verdict(some, `http://${host}/`)).toBe("ok");
    for (const host of ["10.2.0.1", "127.0.0.1"]) expect(verdict(some, `http://${host}/`)).toBe("address");
    for (const host of ["x.hooks.internal", "hooks.internal.evil.lan"])
      expect(verdict(some, `http://${host}/`)).toBe("local_name");
  });

  test("refuses a host with an empty label at its end, which some resolvers take for an address", () => {
    for (const host of ["127.0.0.1..", "localhost..", "example.com.."])
      expect(verdict(url, `http://${host}/`)).toBe("local_name");
    expect(verdict(url, "http://example.com./")).toBe("ok");
  });

  test("what it gives out has 2048 characters or fewer, however encoding lengthens it", () => {
    expect(verdict(url, `https://example.com/${"é".repeat(400)}`)).toBe("too_big");
    expect(url.parse(`https://example.com/${"é".repeat(338)}`)).toHaveLength(2048);
  });

  test("behind an allowed NAT64 prefix of the network's own the IPv4 address is judged where the prefix puts it", () => {
    const at = (prefix: string, host: string): string => verdict(publicUrl({ allow: [prefix] }), `http://[${host}]/`);
    // 8.8.8.8 and 10.0.0.1, as RFC 6052 embeds them.
    expect(at("64:ff9b:1::/96", "64:ff9b:1::808:808")).toBe("ok");
    expect(at("64:ff9b:1::/96", "64:ff9b:1::a00:1")).toBe("address");
    expect(at("64:ff9b:1::/48", "64:ff9b:1:808:8:800::")).toBe("ok");
    expect(at("64:ff9b:1::/48", "64:ff9b:1:a00:0:100::")).toBe("address");
    expect(at("64:ff9b:1:2200::/56", "64:ff9b:1:2208:8:808::")).toBe("ok");
    expect(at("64:ff9b:1:2200::/56", "64:ff9b:1:220a::1:0:0")).toBe("address");
    expect(at("64:ff9b:1:2222::/64", "64:ff9b:1:2222:8:808:800:0")).toBe("ok");
    expect(at("64:ff9b:1:2222::/64", "64:ff9b:1:2222:a:0:100:0")).toBe("address");
  });

  test("no IPv4 address of a refused range gets through in any spelling", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const ranges = fc.oneof(
      fc.tuple(fc.constantFrom(10, 127, 0), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
    );
    const spellings = ([a, b, c, d]: [number, number, number, number]): string[] => {
      const value = ((a * 256 + b) * 256 + c) * 256 + d;
      const hex = value.toString(16).padStart(8, "0");
      return [
        `${a}.${b}.${c}.${d}`,
        String(value),
        `0x${hex}`,
        `0${value.toString(8)}`,
        `${a}.${(b * 256 + c) * 256 + d}`,
        `${a}.${b}.${c * 256 + d}`,
        `0x${a.toString(16)}.0${b.toString(8)}.${c}.${d}`,
        `[::ffff:${a}.${b}.${c}.${d}]`,
        `[64:ff9b::${hex.slice(0, 4)}:${hex.slice(4)}]`,
      ];
    };
    fc.assert(
      fc.property(ranges, (parts) => {
        for (const host of spellings(parts)) expect(verdict(url, `http://${host}/`), host).toBe("address");
      }),
    );
  });

  test.each([
    { protocols: ["ftp"] },
    { protocols: "https" },
    { ports: [0] },
    { ports: 443 },
    { allow: "10.0.0.0/8" },
    { allow: ["10.0.0.0/33"] },
    { allow: ["a b"] },
    { allow: [7] },
    { allow: ["10.0.0"] },
    { allow: ["0x7f000001"] },
    { allow: ["db.0x7f"] },
    { schemes: [] },
  ])("refuses the options %j", (options) => expect(() => publicUrl(options as never)).toThrow(TypeError));
});
