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
 * import { parseAddress } from "@seaworthy/validators/network";
 * console.log(parseAddress("::1")); // { bits: 128, value: 1n }
 * ```
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { bits: 32, value: quad(text) };
  return isIPv6(text) ? { bits: 128, value: hextets(text.split("%", 1)[0] as string) } : undefined;
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
 * import { parseSubnet } from "@seaworthy/validators/network";
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
 * import { isWithin, parseAddress, parseSubnet } from "@seaworthy/validators/network";
 * const proxies = parseSubnet("10.0.0.0/8");
 * const address = parseAddress("10.1.2.3");
 * console.log(proxies !== undefined && address !== undefined && isWithin(address, proxies)); // true
 * ```
 */
export function isWithin(address: IpAddress, subnet: Subnet): boolean {
  return address.bits === subnet.bits && address.value >> subnet.shift === subnet.base;
}
