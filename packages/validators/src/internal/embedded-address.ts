import type { IpAddress } from "@seaworthy/core/addresses";

/**
 * Returns the IPv4 address behind an IPv6 prefix of this many bits (RFC 6052, section 2.2): directly after the prefix but
 * without the octet at bit 64, which is zero, or in the last 32 bits.
 */
export function embeddedAddress(address: IpAddress, prefix: number): IpAddress {
  const before = prefix === 48 || prefix === 56 || prefix === 64 ? BigInt(64 - prefix) : undefined;
  if (before === undefined) return { bits: 32, value: address.value & 0xffff_ffffn };
  const after = 32n - before;
  const high = (address.value >> 64n) & ((1n << before) - 1n);
  const low = (address.value >> (56n - after)) & ((1n << after) - 1n);
  return { bits: 32, value: (high << after) | low };
}
