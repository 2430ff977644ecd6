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
 * @throws TypeError when `trustProxy` is `true` (which would trust the client), a negative number, or not a list of
 * addresses and subnets in CIDR form
 */
export function clientAddress(trustProxy: TrustProxy = false): ClientAddress {
  if (trustProxy === false || trustProxy === 0) return (socket) => plain(socket);
  if (typeof trustProxy === "number") {
    if (!Number.isInteger(trustProxy) || trustProxy < 0 || trustProxy > MOST_HOPS)
      throw new TypeError(`trustProxy must be false, 1 to ${MOST_HOPS} hops, or a list of subnets; got ${trustProxy}`);
    return (socket, forwarded) => {
      const chain = chainOf(socket, forwarded);
      return chain[Math.min(trustProxy, chain.length - 1)] as string;
    };
  }
  if (!Array.isArray(trustProxy))
    throw new TypeError(
      `trustProxy must be false, 1 to ${MOST_HOPS} hops, or a list of subnets; got ${String(trustProxy)}`,
    );
  const trusted = blockListOf(trustProxy);
  return (socket, forwarded) => {
    const chain = chainOf(socket, forwarded);
    const last = chain.findIndex((address) => !includes(trusted, address));
    return (last < 0 ? chain.at(-1) : chain[last]) as string;
  };
}

/**
 * Whose requests are counted together: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has whole.
 * Anything else is returned as it is.
 */
export function addressKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail = ""] = address
    .toLowerCase()
    .replace(/\d+\.\d+\.\d+\.\d+$/, "0:0")
    .split("::");
  const [before, after] = [head, tail].map((text) => (text === "" ? [] : text.split(":"))) as [string[], string[]];
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  const groups = [...before, ...zeros, ...after].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${groups.join(":")}::/64`;
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

/** Without a port, brackets or zone, and an IPv4-mapped address as IPv4. */
function plain(text: string | undefined): string {
  if (text === undefined) return "";
  const unbracketed = text.startsWith("[") ? text.slice(1, text.indexOf("]")) : text;
  const portless = /^\d+\.\d+\.\d+\.\d+:\d+$/.test(unbracketed)
    ? unbracketed.slice(0, unbracketed.indexOf(":"))
    : unbracketed;
  const zoneless = portless.split("%", 1)[0] as string;
  return zoneless.toLowerCase().startsWith("::ffff:") && isIP(zoneless.slice(7)) === 4 ? zoneless.slice(7) : zoneless;
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
