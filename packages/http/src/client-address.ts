import { isIP, isIPv4 } from "node:net";
import { showValue } from "@seaworthy/core/options";
import {
  formatAddress,
  isWithin,
  networkOf,
  parseAddress,
  parseSubnet,
  type Subnet,
  unmapAddress,
} from "@seaworthy/validators/network";

/** How many proxies stand in front, or the subnets that they are in. `false` trusts none. */
export type TrustProxy = false | number | readonly string[];

/** Finds the client's address from the socket's and from `X-Forwarded-For`. */
export type ClientAddress = (socketAddress: string | undefined, forwardedFor: string | undefined) => string;

const MOST_HOPS = 32;
const LONGEST_HEADER = 4096;

/**
 * Returns a function that finds the client's address, as far as trusted proxies have written it. A client can write anything
 * into `X-Forwarded-For`; only the entries that trusted proxies appended count.
 *
 * @throws TypeError if `trustProxy` is `true` (which would trust the client), a negative number, or not an array of
 * addresses and subnets in CIDR form
 */
export function clientAddress(trustProxy: TrustProxy = false): ClientAddress {
  if (trustProxy === false || trustProxy === 0) return (socket) => plain(socket);
  if (typeof trustProxy === "number") {
    if (!Number.isInteger(trustProxy) || trustProxy < 0 || trustProxy > MOST_HOPS)
      throw new TypeError(
        `trustProxy must be false, 1 to ${MOST_HOPS} hops, or an array of subnets; got ${trustProxy}`,
      );
    return (socket, forwarded) => {
      const chain = chainOf(socket, forwarded);
      return chain[Math.min(trustProxy, chain.length - 1)] as string;
    };
  }
  if (!Array.isArray(trustProxy))
    throw new TypeError(
      `trustProxy must be false, 1 to ${MOST_HOPS} hops, or an array of subnets; got ${String(trustProxy)}`,
    );
  const trusted = subnetsOf(trustProxy);
  return (socket, forwarded) => {
    const chain = chainOf(socket, forwarded);
    const last = chain.findIndex((address) => !isTrusted(trusted, address));
    return (last < 0 ? chain.at(-1) : chain[last]) as string;
  };
}

/**
 * The key under which requests of an address are counted together: an IPv4 address, or the /64 of an IPv6 address, which
 * one subscriber has as a whole. An IPv4 address that is written as an IPv6 one, mapped (`::ffff:1.2.3.4`) or by NAT64
 * (`64:ff9b::1.2.3.4`), counts as the IPv4 address. Anything else is returned as it is.
 */
export function addressKey(address: string): string {
  const parsed = isIP(address) === 6 ? parseAddress(address) : undefined;
  if (parsed === undefined) return address;
  const plain = unmapAddress(parsed);
  return plain.bits === 32 ? formatAddress(plain) : (networkOf(address, { ipv6: 64 }) ?? address);
}

/** From the nearest hop outward, up to the first entry that is not an address. */
function chainOf(socket: string | undefined, forwarded: string | undefined): string[] {
  const chain = [plain(socket)];
  if (forwarded === undefined) return chain;
  // Proxies append, so the end is theirs. What a client wrote before it may have any length.
  for (const entry of forwarded.slice(-LONGEST_HEADER).split(",").reverse().slice(0, MOST_HOPS)) {
    const address = plain(entry.trim());
    if (isIP(address) === 0) break;
    chain.push(address);
  }
  return chain;
}

const MAPPED = "::ffff:";

/** Without a port, brackets or zone, in canonical form; an IPv4 address that is written as an IPv6 one becomes IPv4 again. */
function plain(text: string | undefined): string {
  if (text === undefined) return "";
  if (isIPv4(text)) return text;
  // What a listener on IPv6 sees of every IPv4 client.
  if (text.startsWith(MAPPED) && isIPv4(text.slice(MAPPED.length))) return text.slice(MAPPED.length);
  const unbracketed = text.startsWith("[") ? text.slice(1, text.indexOf("]")) : text;
  const portless = unbracketed.replace(/^([\d.]+):\d+$/, "$1");
  const address = parseAddress(portless);
  return address === undefined ? portless : formatAddress(unmapAddress(address));
}

function subnetsOf(texts: readonly unknown[]): readonly Subnet[] {
  return texts.map((text) => {
    const subnet = typeof text === "string" ? parseSubnet(text) : undefined;
    if (subnet !== undefined) return subnet;
    throw new TypeError(`trustProxy: ${showValue(text)} is not an address or a subnet such as "10.0.0.0/8"`);
  });
}

function isTrusted(subnets: readonly Subnet[], text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && subnets.some((subnet) => isWithin(address, subnet));
}
