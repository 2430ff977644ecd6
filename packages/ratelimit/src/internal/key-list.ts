import { type IpAddress, parseAddress, parseSubnet, unmapAddress } from "@seaworthy/core/addresses";
import { boundedString, showValue } from "@seaworthy/core/options";

type Bases = Map<number, Set<bigint>>;

/** Keys, addresses and subnets. */
export class KeyList {
  readonly #keys: ReadonlySet<string>;
  /** First bits of the subnets, by the number of bits that are left out, and by the family. */
  readonly #subnets = new Map<bigint, Bases>();
  readonly #overlaps: boolean;
  /** First bits of all subnets that are narrower than a key's, by the number of bits that the key leaves out. */
  readonly #narrower = new Map<bigint, Bases>();

  /**
   * @param overlaps - whether a key that stands for a network is in the list if a part of that network is
   * @throws TypeError if an entry is not a string
   */
  constructor(option: string, entries: readonly string[], overlaps: boolean) {
    if (!Array.isArray(entries)) throw new TypeError(`${option} must be an array; got ${showValue(entries)}`);
    this.#overlaps = overlaps;
    this.#keys = new Set(entries.map((entry) => boundedString(`${option} entry`, entry, 1, 1024)));
    for (const entry of this.#keys) this.#add(entry);
  }

  /** Whether the key is in the list, or is an address or a subnet that a subnet of the list contains. */
  has(key: string): boolean {
    if (this.#keys.has(key)) return true;
    if (this.#subnets.size === 0) return false;
    const network = networkOfKey(key);
    if (network === undefined) return false;
    const { bits, value, shift: own } = network;
    for (const [shift, families] of this.#subnets)
      if (shift >= own && families.get(bits)?.has(value >> shift) === true) return true;
    return (
      this.#overlaps &&
      own > 0n &&
      this.#narrowerThan(own)
        .get(bits)
        ?.has(value >> own) === true
    );
  }

  #narrowerThan(own: bigint): Bases {
    const known = this.#narrower.get(own);
    if (known !== undefined) return known;
    const bases: Bases = new Map();
    for (const [shift, families] of this.#subnets) {
      if (shift >= own) continue;
      for (const [bits, values] of families) for (const value of values) addTo(bases, bits, (value << shift) >> own);
    }
    this.#narrower.set(own, bases);
    return bases;
  }

  #add(entry: string): void {
    const subnet = parseSubnet(entry);
    if (subnet === undefined) {
      // A typing error in a subnet must not become a key that no client has.
      if (/^[\d.]+\/|^[\da-f]*:[\da-f:.]*\//i.test(entry))
        throw new TypeError(`${showValue(entry)} is not a subnet such as "10.0.0.0/8"`);
      return;
    }
    const plain = unmapped(subnet.base << subnet.shift, subnet);
    const families: Bases = this.#subnets.get(plain.shift) ?? new Map();
    addTo(families, plain.bits, plain.value >> plain.shift);
    this.#subnets.set(plain.shift, families);
  }
}

function addTo(bases: Bases, bits: number, value: bigint): void {
  bases.set(bits, (bases.get(bits) ?? new Set<bigint>()).add(value));
}

/** The address or the network for which a key stands. `clientKey` makes networks of IPv6 addresses. */
function networkOfKey(key: string): (IpAddress & { shift: bigint }) | undefined {
  if (key.includes("/")) {
    const subnet = parseSubnet(key);
    return subnet && unmapped(subnet.base << subnet.shift, subnet);
  }
  const address = parseAddress(key);
  return address && { ...unmapAddress(address), shift: 0n };
}

/** An IPv4 subnet that is written as an IPv6 one counts as the IPv4 one. */
function unmapped(value: bigint, { bits, shift }: { bits: 32 | 128; shift: bigint }): IpAddress & { shift: bigint } {
  const address: IpAddress = { bits, value };
  const plain = shift <= 32n ? unmapAddress(address) : address;
  return { ...plain, shift };
}
