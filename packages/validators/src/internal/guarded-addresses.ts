import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { type GuardedLookupOptions, guardedLookup } from "../guarded-lookup.ts";
import { createAddressGuard, plainHost } from "./address-guard.ts";
import { refusal } from "./address-refusal.ts";

/** Returns a function that resolves the host of a URL to addresses that may be connected to, and rejects if it is refused. */
export function guardedAddresses(options: GuardedLookupOptions): (hostname: string) => Promise<readonly string[]> {
  const guard = createAddressGuard(options, "publicFetch", ["resolve"]);
  const lookup = guardedLookup(options);
  return async (hostname) => {
    const host = plainHost(hostname);
    if (isIP(host) !== 0) {
      const refused = guard.allowsHost(host) ? undefined : refusal(guard, host, host);
      if (refused !== undefined) throw refused;
      return [host];
    }
    return await new Promise((resolve, reject) => {
      lookup(host, { all: true }, (error, found) => {
        if (error !== null) reject(error);
        else resolve((found as LookupAddress[]).map(({ address }) => address));
      });
    });
  };
}
