import { type IpAddress, isWithin, parseAddress, parseSubnet, type Subnet } from "@seaworthy/core/addresses";
import { checkOptions, showValue } from "@seaworthy/core/options";
import { embeddedAddress } from "./embedded-address.ts";
import { stringArray } from "./options.ts";

/** Options of all functions that refuse addresses that are not public. */
export interface AddressOptions {
  /**
   * Exceptions: addresses (`"10.0.0.7"`), subnets (`"10.1.0.0/16"`) and host names. A host name is accepted whatever it
   * resolves to, so use names whose DNS you control. @default none
   */
  allow?: readonly string[];
}

/** Decides on hosts and addresses. */
export interface AddressGuard {
  /** The kind of special range that the address is in, or undefined if the address may be used. */
  refusedRange(address: string): string | undefined;
  /** Whether a host name is accepted whatever it resolves to. */
  allowsHost(host: string): boolean;
}

// The special-purpose registries of IANA (RFC 6890 and its updates), and where clouds keep their metadata.
const RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1"],
  unspecified: ["0.0.0.0/8", "::"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"],
  metadata: ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::/32"],
  link_local: ["169.254.0.0/16", "fe80::/10"],
  cgnat: ["100.64.0.0/10"],
  nat64: ["64:ff9b::/96", "64:ff9b:1::/48"],
  ipv4_mapped: ["::ffff:0:0/96", "::ffff:0:0:0/96", "::/96"],
  tunnel: ["2001::/32", "2002::/16", "192.88.99.0/24"],
  multicast: ["224.0.0.0/4", "ff00::/8"],
  reserved: ["192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "2001::/23", "100::/64", "5f00::/16"],
  documentation: ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"],
};
const TABLE: readonly (readonly [string, Subnet])[] = order(
  Object.entries(RANGES).flatMap(([kind, texts]) => texts.map((text) => [kind, subnet(text)] as const)),
);
const GLOBAL_UNICAST = subnet("2000::/3");
// These prefixes are followed by an IPv4 address, which is checked too if the prefix itself is allowed.
const EMBEDDING = ["64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0/96"].map(subnet);

function subnet(text: string): Subnet {
  const parsed = parseSubnet(text);
  if (parsed === undefined) throw new TypeError(`${text} is not a subnet`);
  return parsed;
}

/** The narrowest subnet comes first, so that an address gets the most specific name. */
function order(table: (readonly [string, Subnet])[]): readonly (readonly [string, Subnet])[] {
  return table.sort(([, a], [, b]) => Number(a.shift - b.shift));
}

/** @throws TypeError if an entry of `allow` is neither an address, a subnet nor a host name */
export function createAddressGuard(options: AddressOptions, owner: string, more: readonly string[] = []): AddressGuard {
  checkOptions(owner, options, ["allow", ...more]);
  const subnets: Subnet[] = [];
  const hosts = new Set<string>();
  const { allow = [] } = options;
  for (const item of stringArray("allow", allow)) {
    const found = parseSubnet(item);
    if (found !== undefined) subnets.push(found);
    else hosts.add(checkHost(item));
  }
  return {
    refusedRange(address) {
      const parsed = parseAddress(address);
      return parsed === undefined ? "unknown" : judge(parsed, subnets);
    },
    allowsHost: (host) => hosts.has(plainHost(host)),
  };
}

function judge(address: IpAddress, allowed: readonly Subnet[]): string | undefined {
  const allowing = allowed.find((subnet) => isWithin(address, subnet));
  if (allowing !== undefined) {
    if (!EMBEDDING.some((prefix) => isWithin(address, prefix))) return undefined;
    return judge(embeddedAddress(address, address.bits - Number(allowing.shift)), allowed);
  }
  const found = TABLE.find(([, subnet]) => isWithin(address, subnet))?.[0];
  if (found !== undefined) return found;
  return address.bits === 128 && !isWithin(address, GLOBAL_UNICAST) ? "reserved" : undefined;
}

/** A host name as it is compared: in lower case, without a final dot and without the brackets of an IPv6 literal. */
export function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^\[(.*)\]$/, "$1");
}

// URL parsers read such a host as an IPv4 address, so the entry would never match.
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

function checkHost(text: string): string {
  const host = plainHost(text);
  if (!/^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/.test(host) || ENDS_IN_NUMBER.test(host))
    throw new TypeError(`allow must be an array of addresses, subnets and host names; got ${showValue(text)}`);
  return host;
}
