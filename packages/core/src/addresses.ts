// Addresses and subnets, for packages that count or admit clients by their address.

export type { IpAddress, Subnet } from "./ip-address.ts";
export { formatAddress, isWithin, parseAddress, parseSubnet, unmapAddress } from "./ip-address.ts";
export type { NetworkOptions } from "./network-of.ts";
export { networkOf } from "./network-of.ts";
