import { BlockList, isIP } from "node:net";

/** How many proxies stand in front, or the subnets that they are in. `false` trusts none. */
export type TrustProxy = false | number | readonly string[];

/** Finds the client's address from the socket's and from `X-Forwarded-For`. */
export type ClientAddress = (socketAddress: string | undefined, forwardedFor: string | undefined) => string;

const MOST_HOPS = 32;
const LONGEST_HEADER = 4096;

/**
 * Tells the client's address as far as the named proxies can be trusted to have written it. A client can write anything
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
  const trusted = blockListOf(trustProxy);
  return (socket, forwarded) => {
    const chain = chainOf(socket, forwarded);
    const last = chain.findIndex((address) => !includes(trusted, address));
    return (last < 0 ? chain.at(-1) : chain[last]) as string;
  };
}

/**
 * The key under which requests of an address are counted together: an IPv4 address, or the /64 of an IPv6 address, which
 * one subscriber has whole. An IPv4 address that is written as an IPv6 one, mapped (`::ffff:1.2.3.4`) or by NAT64
 * (`64:ff9b::1.2.3.4`), counts as the IPv4 address. Anything else is returned as it is.
 */
export function addressKey(address: string): string {
  const bare = address.split("%", 1)[0] as string;
  if (isIP(bare) !== 6) return address;
  const groups = groupsOf(bare);
  return (
    embeddedIPv4(groups) ??
    `${groups
      .slice(0, 4)
      .map((group) => group.toString(16))
      .join(":")}::/64`
  );
}

/** The eight groups of a sound IPv6 address. */
function groupsOf(address: string): number[] {
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_text, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = "", tail = ""] = hexadecimal.split("::");
  const [before, after] = [head, tail].map((text) => (text === "" ? [] : text.split(":"))) as [string[], string[]];
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

/** The IPv4 address in a mapped one (`::ffff:0:0/96`) or in one of NAT64 (`64:ff9b::/96`, RFC 6052). */
function embeddedIPv4([a, b, c, d, e, f, high = 0, low = 0]: readonly number[]): string | undefined {
  if (c !== 0 || d !== 0 || e !== 0) return undefined;
  const isMapped = a === 0 && b === 0 && f === 0xffff;
  const isNat64 = a === 0x64 && b === 0xff9b && f === 0;
  if (!isMapped && !isNat64) return undefined;
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** From the nearest hop outward, up to the first entry that is no address. */
function chainOf(socket: string | undefined, forwarded: string | undefined): string[] {
  const chain = [plain(socket)];
  if (forwarded === undefined) return chain;
  // Proxies append, so the end is theirs; whatever a client put before it may be as long as it likes.
  for (const entry of forwarded.slice(-LONGEST_HEADER).split(",").reverse().slice(0, MOST_HOPS)) {
    const address = plain(entry.trim());
    if (isIP(address) === 0) break;
    chain.push(address);
  }
  return chain;
}

/** Without a port, brackets or zone; an IPv4 address that is written as an IPv6 one becomes IPv4 again. */
function plain(text: string | undefined): string {
  if (text === undefined) return "";
  const unbracketed = text.startsWith("[") ? text.slice(1, text.indexOf("]")) : text;
  const portless = /^\d+\.\d+\.\d+\.\d+:\d+$/.test(unbracketed)
    ? unbracketed.slice(0, unbracketed.indexOf(":"))
    : unbracketed;
  const zoneless = portless.split("%", 1)[0] as string;
  return isIP(zoneless) === 6 ? (embeddedIPv4(groupsOf(zoneless)) ?? zoneless) : zoneless;
}

function blockListOf(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of subnets) {
    const [address = "", prefix] = String(text).split("/");
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? most : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (family === 0 || !(bits >= 0 && bits <= most))
      throw new TypeError(`trustProxy: ${JSON.stringify(text)} is not an address or a subnet such as "10.0.0.0/8"`);
    list.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}

function includes(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
}
