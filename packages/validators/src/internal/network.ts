import { parseAddress } from "./ip-address.ts";

/** The network of an address, as who is given a share of one gets it: a /24 of IPv4, a /48 of IPv6. */
export function networkOf(text: string): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  if (address.bits === 32) return `${text.slice(0, text.lastIndexOf("."))}.0/24`;
  const groups = [112n, 96n, 80n].map((shift) => ((address.value >> shift) & 0xffffn).toString(16));
  return `${groups.join(":")}::/48`;
}
