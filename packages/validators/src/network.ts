// Addresses, origins and guarded connections. This entry point does not load zod.

export type { IpAddress, NetworkOptions, Subnet } from "@seaworthy/core/addresses";
export {
  formatAddress,
  isWithin,
  networkOf,
  parseAddress,
  parseSubnet,
  unmapAddress,
} from "@seaworthy/core/addresses";
export type { ConnectingAgent, Connector } from "./guarded-connect.ts";
export { guardAgent, guardConnector } from "./guarded-connect.ts";
export type { GuardedLookup, GuardedLookupOptions, LookupCallback, Resolver } from "./guarded-lookup.ts";
export { guardedLookup } from "./guarded-lookup.ts";
export type { AddressOptions } from "./internal/address-guard.ts";
export { isOrigin, originMatcher } from "./origin-matcher.ts";
export type { PublicFetch, PublicFetchOptions } from "./public-fetch.ts";
export { publicFetch } from "./public-fetch.ts";
