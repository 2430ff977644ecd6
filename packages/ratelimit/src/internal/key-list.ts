import { type IpAddress, parseAddress, parseSubnet, unmapAddress } from "@seaworthy/core/addresses";
import { boundedString, showValue } from "@seaworthy/core/options";

/** Keys, addresses and subnets. */
export class KeyList {
  readonly #keys: ReadonlySet<string>;
  /** First bits of the subnets, by the family and the number of bits that are left out. */
  readonly #subnets = new Map<bigint, Map<number, Set<bigint>>>();

  /** @throws TypeError if an entry is not a string */
  constructor(option: string, entries: readonly string[]) {
    if (!Array.isArray(entries)) throw new TypeError(`${option} must be an array; got ${showValue(entries)}`);
    this.#keys = new Set(entries.map((entry) => boundedString(`${option} entry`, entry, 1, 1024)));
    for (const entry of this.#keys) this.#add(entry);
  }

  /** Whether the key is in the list, or is an address or a subnet that a subnet of the list contains. */
  has(key: string): boolean {
    if (this.#keys.has(key)) return true;
    if (this.#subnets.size === 0) return false;
    // A key of clientKey is a subnet if the address is an IPv6 one. Its first address decides.
    const slash = key.indexOf("/");
    const parsed = parseAddress(slash < 0 ? key : key.slice(0, slash));
    if (parsed === undefined) return false;
    const address = unmapAddress(parsed);
    for (const [shift, families] of this.#subnets)
      if (families.get(address.bits)?.has(address.value >> shift) === true) return true;
    return false;
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
    const families = this.#subnets.get(plain.shift) ?? new Map<number, Set<bigint>>();
    const bases = families.get(plain.bits) ?? new Set<bigint>();
    this.#subnets.set(plain.shift, families.set(plain.bits, bases.add(plain.value >> plain.shift)));
  }
}

/** An IPv4 subnet that is written as an IPv6 one counts as the IPv4 one. */
function unmapped(value: bigint, { bits, shift }: { bits: 32 | 128; shift: bigint }): IpAddress & { shift: bigint } {
  const address: IpAddress = { bits, value };
  const plain = shift <= 32n ? unmapAddress(address) : address;
  return { ...plain, shift };
}
