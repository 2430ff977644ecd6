import { type LookupAddress, type LookupOptions, lookup as systemLookup } from "node:dns";
import { readMember } from "@seaworthy/core/objects";
import { showValue } from "@seaworthy/core/options";
import { type AddressGuard, type AddressOptions, createAddressGuard } from "./internal/address-guard.ts";
import { refusal } from "./internal/address-refusal.ts";

/** Resolves a host to all of its addresses, as `dns.lookup` does. */
export type Resolver = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Options of {@link guardedLookup}. */
export interface GuardedLookupOptions extends AddressOptions {
  /** Resolves names. @default `dns.lookup` of `node:dns` */
  resolve?: Resolver;
}

/** Called with the result of a lookup: one address and its family, or an array if `all` was set. */
export type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** A `lookup` option for `net.connect`, `http.Agent` and undici. It has the signatures of `dns.lookup`. */
export interface GuardedLookup {
  (hostname: string, options: LookupOptions | number, callback: LookupCallback): void;
  (hostname: string, callback: LookupCallback): void;
}

// Those that go beyond AddressOptions.
const OPTIONS = ["resolve"];

/**
 * Returns a DNS lookup that refuses a name, at the moment of connecting, if one of its addresses is not public.
 *
 * Prevents server-side request forgery (OWASP A10:2021) that a check of the URL cannot prevent: a name that resolves to
 * 169.254.169.254, a name that resolves to another address the second time (DNS rebinding), and names that redirects lead
 * to. Loopback, private, link-local, cloud metadata, CGNAT, NAT64, IPv4-mapped, tunnel, multicast, reserved and
 * documentation ranges are refused. In a network that reaches IPv4 through DNS64, set `allow: ["64:ff9b::/96"]`, or the
 * network's own prefix in 64:ff9b:1::/48 at its exact length (RFC 6052): the embedded IPv4 address is then checked.
 *
 * Node does not look up an address that is in the URL itself, as in `http://127.0.0.1/`. {@link guardAgent} and
 * {@link guardConnector} refuse those too.
 *
 * @throws TypeError if an option is out of its bounds
 * @throws VALIDATION_ADDRESS_REFUSED (to the lookup's callback) if the host has an address that is not public
 * @example
 * ```ts
 * import { Agent } from "node:http";
 * import { guardedLookup } from "@seaworthy/validators";
 * const agent = new Agent({ lookup: guardedLookup() });
 * agent.destroy();
 * ```
 */
export function guardedLookup(options: GuardedLookupOptions = {}): GuardedLookup {
  const guard = createAddressGuard(options, "guardedLookup", OPTIONS);
  const { resolve = systemLookup } = options;
  if (typeof resolve !== "function") throw new TypeError(`resolve must be a function; got ${showValue(resolve)}`);
  return (hostname: string, given: LookupOptions | number | LookupCallback, last?: LookupCallback): void => {
    const callback = typeof given === "function" ? given : (last as LookupCallback);
    const asked = typeof given === "number" ? { family: given } : typeof given === "function" ? {} : given;
    resolve(hostname, { ...asked, all: true }, (error, addresses) => {
      const fault = error ?? faultOf(guard, hostname, addresses);
      if (fault !== undefined) return callback(fault, []);
      if (asked?.all === true) return callback(null, addresses);
      const [{ address, family } = { address: "", family: 0 }] = addresses;
      callback(null, address, family);
    });
  };
}

function faultOf(guard: AddressGuard, host: string, addresses: readonly LookupAddress[]): Error | undefined {
  if (!Array.isArray(addresses) || addresses.length === 0)
    return Object.assign(new Error(`The host ${showValue(host)} has no address`), { code: "ENOTFOUND" });
  if (guard.allowsHost(host)) return undefined;
  // One such address is enough: an answer that mixes public and private addresses is an attack or a dangerous mistake.
  for (const entry of addresses) {
    const refused = refusal(guard, host, String(readMember(entry, "address")));
    if (refused !== undefined) return refused;
  }
  return undefined;
}
