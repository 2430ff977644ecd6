import { formatAddress, parseAddress, unmapAddress } from "./ip-address.ts";
import { checkOptions, integer } from "./options.ts";

/** Options of {@link networkOf}. */
export interface NetworkOptions {
  /** The number of bits of an IPv4 address that are kept, 0 to 32. @default 24 */
  ipv4?: number;
  /**
   * The number of bits of an IPv6 address that are kept, 0 to 128. A subscriber usually has a /64 or a /56, and a site
   * has a /48. @default 48
   */
  ipv6?: number;
}

const OPTIONS = ["ipv4", "ipv6"];

/**
 * Returns the network of an address in CIDR notation, so that clients of one network can be counted or anonymized
 * together. Returns `undefined` if the string is not an address. All spellings of all addresses in one network give the
 * same result. An IPv4 address inside an IPv6 address (IPv4-mapped or NAT64) counts as the IPv4 address.
 *
 * @throws TypeError if an option is out of its bounds
 * @example
 * ```ts
 * import { networkOf } from "@seaworthy/core/addresses";
 * console.log(networkOf("192.0.2.57")); // 192.0.2.0/24
 * console.log(networkOf("2001:db8::57", { ipv6: 64 })); // 2001:db8::/64
 * ```
 */
export function networkOf(text: string, options: NetworkOptions = {}): string | undefined {
  checkOptions("networkOf", options, OPTIONS);
  const { ipv4 = 24, ipv6 = 48 } = options;
  integer("ipv4", ipv4, 0, 32);
  integer("ipv6", ipv6, 0, 128);
  const parsed = parseAddress(text);
  if (parsed === undefined) return undefined;
  const address = unmapAddress(parsed);
  const length = address.bits === 32 ? ipv4 : ipv6;
  const dropped = BigInt(address.bits - length);
  return `${formatAddress({ bits: address.bits, value: (address.value >> dropped) << dropped })}/${length}`;
}
