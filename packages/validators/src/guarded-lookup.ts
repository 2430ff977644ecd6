import { type LookupAddress, type LookupOptions, lookup as systemLookup } from "node:dns";
import { showValue } from "@seaworthy/core/options";
import { codes } from "./errors.ts";
import { type AddressGuard, type AddressOptions, createAddressGuard } from "./internal/address-guard.ts";
import { addressRefused } from "./telemetry.ts";

/** Asks for all addresses of a host, as `dns.lookup` does. */
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

/** What is told of a lookup's result: one address and its family, or with `all` a list. */
export type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** What `net.connect`, `http.Agent` and undici take as `lookup`; it is called in all the ways that `dns.lookup` is. */
export interface GuardedLookup {
  (hostname: string, options: LookupOptions | number, callback: LookupCallback): void;
  (hostname: string, callback: LookupCallback): void;
}

/**
 * A DNS lookup that refuses every name one of whose addresses is not public, at the moment of connecting.
 *
 * Prevents server-side request forgery (OWASP A10:2021) where checking the URL cannot: a name that resolves to
 * 169.254.169.254, one that resolves to another address the second time (DNS rebinding), and the names that redirects
 * lead to. Refused are loopback, private, link-local, cloud metadata, CGNAT, NAT64, IPv4-mapped, tunnel, multicast,
 * reserved and documentation ranges. With `allow: ["64:ff9b::/96"]`, for networks that reach IPv4 by DNS64, or their
 * own prefix in 64:ff9b:1::/48 at its exact length (RFC 6052), the IPv4 address inside is judged in its place.
 *
 * Node does not look an address up that stands in the URL itself, as in `http://127.0.0.1/`: use {@link guardAgent} or
 * {@link guardConnector}, which refuse those too.
 *
 * @throws TypeError when an option is out of its bounds
 * @throws VALIDATION_ADDRESS_REFUSED (to the lookup's callback) when the host has an address that is not public
 * @example
 * ```ts
 * import { Agent } from "node:http";
 * import { guardedLookup } from "@seaworthy/validators";
 * const agent = new Agent({ lookup: guardedLookup() });
 * agent.destroy();
 * ```
 */
export function guardedLookup(options: GuardedLookupOptions = {}): GuardedLookup {
  const guard = createAddressGuard(options, "guardedLookup", ["resolve"]);
  const resolve = options.resolve ?? systemLookup;
  if (typeof resolve !== "function") throw new TypeError(`resolve must be a function; got ${showValue(resolve)}`);
  return (hostname: string, given: LookupOptions | number | LookupCallback, last?: LookupCallback): void => {
    const callback = typeof given === "function" ? given : (last as LookupCallback);
    const asked = typeof given === "number" ? { family: given } : typeof given === "function" ? {} : given;
    resolve(hostname, { ...asked, all: true }, (error, addresses) => {
      const fault = error ?? faultOf(guard, hostname, addresses);
      if (fault !== undefined) return callback(fault, []);
      if (asked?.all === true) return callback(null, addresses);
      const [first] = addresses as [LookupAddress];
      callback(null, first.address, first.family);
    });
  };
}

function faultOf(guard: AddressGuard, host: string, addresses: readonly LookupAddress[]): Error | undefined {
  if (!Array.isArray(addresses) || addresses.length === 0)
    return Object.assign(new Error(`The host ${showValue(host)} has no address`), { code: "ENOTFOUND" });
  if (guard.allowsHost(host)) return undefined;
  // One is enough: an answer that mixes public and private addresses is an attack, or a mistake as dangerous.
  for (const entry of addresses as readonly (LookupAddress | null | undefined)[]) {
    const refused = refusal(guard, host, String(entry?.address));
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** The error for an address that may not be connected to, or nothing. */
export function refusal(guard: AddressGuard, host: string, address: string): Error | undefined {
  const range = guard.refusedRange(address);
  return range === undefined ? undefined : refused(host, address, range);
}

/** The error for a connection that is not made; whoever listens is told. */
export function refused(host: string, address: string, range: string): Error {
  if (addressRefused.active) addressRefused.emit({ range }, undefined, { host, address });
  return codes.VALIDATION_ADDRESS_REFUSED({ host, address, range });
}
