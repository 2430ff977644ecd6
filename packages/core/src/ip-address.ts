import { isIPv4, isIPv6 } from "node:net";

/** An address as a number of 32 or 128 bits. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** All addresses that begin with the same bits. Use it with {@link isWithin}. */
export interface Subnet {
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly shift: bigint;
}

/**
 * Parses an IPv4 or IPv6 address. The zone of an IPv6 address (`%eth0`) is left out. Returns `undefined` if the string is
 * not an address. Short forms such as `127.1` are not addresses.
 *
 * @example
 * ```ts
 * import { parseAddress } from "@seaworthy/core/addresses";
 * console.log(parseAddress("::1")); // { bits: 128, value: 1n }
 * ```
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { bits: 32, value: quad(text) };
  return isIPv6(text) ? { bits: 128, value: hextets(text.replace(/%.*$/s, "")) } : undefined;
}

function quad(text: string): bigint {
  return text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function hextets(text: string): bigint {
  const [head = "", tail] = text.split("::", 2);
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = new Array<bigint>(8 - front.length - back.length).fill(0n);
  return [...front, ...middle, ...back].reduce((value, group) => (value << 16n) | group, 0n);
}

function groups(text: string): bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [BigInt(`0x${group}`)];
    const value = quad(group);
    return [value >> 16n, value & 0xffffn];
  });
}

/**
 * Parses a subnet: one address, or `address/length` (RFC 4632, RFC 4291). Returns `undefined` for any other string.
 *
 * @example
 * ```ts
 * import { parseSubnet } from "@seaworthy/core/addresses";
 * console.log(parseSubnet("10.0.0.0/8")?.bits, parseSubnet("10.0.0.0/33")); // 32 undefined
 * ```
 */
export function parseSubnet(text: string): Subnet | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const length = slash < 0 ? address.bits : wholeLength(text.slice(slash + 1));
  if (!(length <= address.bits)) return undefined;
  const shift = BigInt(address.bits - length);
  return { bits: address.bits, base: address.value >> shift, shift };
}

function wholeLength(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
}

/**
 * Returns whether an address is in a subnet.
 *
 * @example
 * ```ts
 * import { isWithin, parseAddress, parseSubnet } from "@seaworthy/core/addresses";
 * const proxies = parseSubnet("10.0.0.0/8");
 * const address = parseAddress("10.1.2.3");
 * console.log(proxies !== undefined && address !== undefined && isWithin(address, proxies)); // true
 * ```
 */
export function isWithin(address: IpAddress, subnet: Subnet): boolean {
  return address.bits === subnet.bits && address.value >> subnet.shift === subnet.base;
}

// `::ffff:0:0/96` holds IPv4-mapped addresses (RFC 4291), and `64:ff9b::/96` those of NAT64 (RFC 6052).
const HOLDERS_OF_IPV4: readonly bigint[] = [0xffffn, 0x64_ff9b_0000_0000_0000_0000n];

/**
 * Returns the IPv4 address inside an IPv4-mapped address (`::ffff:1.2.3.4`) or an address of NAT64 (`64:ff9b::1.2.3.4`),
 * and every other address as it is. Use it before addresses are compared or counted, because a server that listens on
 * IPv6 sees IPv4 clients as mapped addresses.
 *
 * @example
 * ```ts
 * import { formatAddress, parseAddress, unmapAddress } from "@seaworthy/core/addresses";
 * const address = parseAddress("::ffff:192.0.2.7");
 * console.log(address && formatAddress(unmapAddress(address))); // 192.0.2.7
 * ```
 */
export function unmapAddress(address: IpAddress): IpAddress {
  if (address.bits === 32 || !HOLDERS_OF_IPV4.includes(address.value >> 32n)) return address;
  return { bits: 32, value: address.value & 0xffff_ffffn };
}

/**
 * Returns the canonical spelling of an address: four decimal bytes, or for IPv6 what the WHATWG URL Standard writes
 * (RFC 5952 without dotted bytes).
 *
 * @example
 * ```ts
 * import { formatAddress, parseAddress } from "@seaworthy/core/addresses";
 * const address = parseAddress("2001:DB8:0:0:0:0:0:57");
 * console.log(address && formatAddress(address)); // 2001:db8::57
 * ```
 */
export function formatAddress({ bits, value }: IpAddress): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - i * 16)) & 0xffffn).toString(16));
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return groups.join(":");
  return `${groups.slice(0, zeros.start).join(":")}::${groups.slice(zeros.start + zeros.length).join(":")}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
