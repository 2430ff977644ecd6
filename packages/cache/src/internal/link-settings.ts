import type { ByteSize, Duration } from "@seaworthy/core";
import { toBytes, toMilliseconds } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import {
  checkOptions,
  integer,
  positiveDuration,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { CacheKeys } from "../keys.ts";
import type { LeaseOptions, RemoteTier } from "../remote-tier.ts";

/** The settings of a remote tier, in milliseconds and bytes. */
export interface LinkSettings {
  readonly deadline: number;
  readonly failures: number;
  readonly retryAfter: number;
  readonly unsyncedTtl: number;
  readonly lease: { readonly ttl: number; readonly wait: number };
  readonly compressAbove: number;
  readonly valueLimit: number;
  readonly encryption: CacheKeys | undefined;
}

/** The names of the options that every remote tier has. */
export const TIER_OPTIONS: readonly string[] = [
  "deadline",
  "failures",
  "retryAfter",
  "unsyncedTtl",
  "lease",
  "compressAbove",
  "valueLimit",
  "encryption",
];
const LEASE_OPTIONS = ["ttl", "wait"];
const SHORTEST_LEASE = 100;
// A load claims its key also if no process waits for another one, so that a write can win over it.
const UNWAITED_LEASE = 2000;

/**
 * Reads the options of a remote tier.
 *
 * @throws TypeError if one is unknown or out of bounds
 */
export function linkSettings(tier: RemoteTier): LinkSettings {
  requiredFunction("remote.open", readMember(tier, "open"));
  return {
    deadline: positiveDuration("remote.deadline", withDefault<Duration | undefined, Duration>(tier.deadline, "50ms")),
    failures: integer("remote.failures", withDefault(tier.failures, 3), 1, 1000),
    retryAfter: positiveDuration(
      "remote.retryAfter",
      withDefault<Duration | undefined, Duration>(tier.retryAfter, 500),
    ),
    unsyncedTtl: toMilliseconds(
      withDefault<Duration | undefined, Duration>(tier.unsyncedTtl, "5s"),
      "remote.unsyncedTtl",
    ),
    lease: leaseOf(tier.lease),
    compressAbove:
      tier.compressAbove === undefined ? Number.POSITIVE_INFINITY : size("remote.compressAbove", tier.compressAbove),
    valueLimit: size("remote.valueLimit", withDefault(tier.valueLimit, "8mib")),
    encryption: keysOf(tier.encryption),
  };
}

function leaseOf(lease: LeaseOptions | false | undefined): LinkSettings["lease"] {
  if (lease === false) return { ttl: UNWAITED_LEASE, wait: 0 };
  const { ttl = "2s", wait = "10s" } = checkedLease(withDefault(lease, {}));
  const milliseconds = toMilliseconds(ttl, "remote.lease.ttl");
  if (milliseconds < SHORTEST_LEASE)
    throw new TypeError(`remote.lease.ttl must be at least ${SHORTEST_LEASE} ms; got ${showValue(ttl)}`);
  return { ttl: milliseconds, wait: toMilliseconds(wait, "remote.lease.wait") };
}

function checkedLease(lease: LeaseOptions): LeaseOptions {
  checkOptions("remote.lease", lease, LEASE_OPTIONS);
  return lease;
}

function size(name: string, value: ByteSize): number {
  const bytes = toBytes(value, name);
  if (bytes < 1) throw new TypeError(`${name} must be at least 1 byte; got ${showValue(value)}`);
  return bytes;
}

function keysOf(keys: CacheKeys | undefined): CacheKeys | undefined {
  if (keys === undefined) return undefined;
  requiredFunction("remote.encryption.current", keys?.current);
  requiredFunction("remote.encryption.find", keys?.find);
  return keys;
}
