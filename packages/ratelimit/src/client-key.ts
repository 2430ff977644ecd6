import { formatAddress, networkOf, parseAddress, unmapAddress } from "@seaworthy/core/addresses";
import { checkOptions, integer, showValue, withDefault } from "@seaworthy/core/options";

/** Options of {@link clientKey}. */
export interface ClientKeyOptions {
  /** How many bits of an IPv6 address are counted together, 32 to 128. @default 64 */
  ipv6Prefix?: number;
  /** How many bits of an IPv4 address are counted together, 8 to 32. @default 32 */
  ipv4Prefix?: number;
}

const OPTIONS = ["ipv6Prefix", "ipv4Prefix"];

/**
 * The key under which the calls of an address are counted. A subscriber has at least a /64 of IPv6, so that whole network
 * is one client. An IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.7`, NAT64) is the IPv4 address.
 *
 * Pass the address of the socket, or the one that your proxies have written: `request.address` of `@seaworthy/http`, or
 * `req.ip` of an Express app whose `trust proxy` names them. A header such as `X-Forwarded-For` is whatever a client says.
 *
 * @throws TypeError if the string is not an address, or an option is out of its bounds
 * @example
 * ```ts
 * import { clientKey } from "@seaworthy/ratelimit";
 * console.log(clientKey("::ffff:192.0.2.7")); // 192.0.2.7
 * console.log(clientKey("2001:db8::1"), clientKey("2001:db8::2")); // 2001:db8::/64 2001:db8::/64
 * ```
 */
export function clientKey(address: string | undefined, options: ClientKeyOptions = {}): string {
  checkOptions("clientKey", options, OPTIONS);
  const ipv6 = integer("ipv6Prefix", withDefault(options.ipv6Prefix, 64), 32, 128);
  const ipv4 = integer("ipv4Prefix", withDefault(options.ipv4Prefix, 32), 8, 32);
  const parsed = typeof address === "string" ? parseAddress(address) : undefined;
  if (parsed === undefined) throw new TypeError(`address must be an IP address; got ${showValue(address)}`);
  const plain = unmapAddress(parsed);
  const text = formatAddress(plain);
  const isWhole = plain.bits === (plain.bits === 32 ? ipv4 : ipv6);
  return isWhole ? text : (networkOf(text, { ipv4, ipv6 }) ?? text);
}
