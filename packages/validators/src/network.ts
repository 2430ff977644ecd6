// Addresses, origins and guarded connections. This entry point does not load zod.

export type { ConnectingAgent, Connector } from "./guarded-connect.ts";
export { guardAgent, guardConnector } from "./guarded-connect.ts";
export type { GuardedLookup, GuardedLookupOptions, LookupCallback, Resolver } from "./guarded-lookup.ts";
export { guardedLookup } from "./guarded-lookup.ts";
export type { AddressOptions } from "./internal/address-guard.ts";
export type { IpAddress, Subnet } from "./ip-address.ts";
export { formatAddress, isWithin, parseAddress, parseSubnet, unmapAddress } from "./ip-address.ts";
export type { NetworkOptions } from "./network-of.ts";
export { networkOf } from "./network-of.ts";
export { isOrigin, originMatcher } from "./origin-matcher.ts";
export type { PublicFetch, PublicFetchOptions } from "./public-fetch.ts";
export { publicFetch } from "./public-fetch.ts";
