import { isIPv4, isIPv6 } from "node:net";

/** An address as a number of 32 or 128 bits. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** All addresses that begin with the same bits. */
export interface Subnet {
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly shift: bigint;
}

/** The address that `text` writes in full; a zone (`%eth0`) is left out. Nothing for any other text. */
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

/** The subnet that `text` writes, as one address or as `address/length`. Nothing for any other text. */
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

export function isWithin(address: IpAddress, subnet: Subnet): boolean {
  return address.bits === subnet.bits && address.value >> subnet.shift === subnet.base;
}

/**
 * The IPv4 address behind an IPv6 prefix of that many bits (RFC 6052, section 2.2): after the prefix, around the octet at
 * bit 64 that stays zero, or in the last 32 bits.
 */
export function embeddedAddress(address: IpAddress, prefix: number): IpAddress {
  const before = prefix === 48 || prefix === 56 || prefix === 64 ? BigInt(64 - prefix) : undefined;
  if (before === undefined) return { bits: 32, value: address.value & 0xffff_ffffn };
  const after = 32n - before;
  const high = (address.value >> 64n) & ((1n << before) - 1n);
  const low = (address.value >> (56n - after)) & ((1n << after) - 1n);
  return { bits: 32, value: (high << after) | low };
}
