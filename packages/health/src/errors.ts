import { defineErrors, type ErrorFactory } from "@seaworthy/core";

const TITLES = {
  HEALTH_CHECK_FAILED: "The check failed",
  HEALTH_CHECK_TIMEOUT: "The check did not answer within its timeout",
  HEALTH_CHECK_HUNG: "Too many runs of the check hang",
  HEALTH_CHECK_PENDING: "The check has not answered yet",
  HEALTH_CHECK_RECOVERING: "The check passes again, but fewer times than successThreshold",
  HEALTH_CHECK_INVALID: "The check returned a status that is not one of the three, or could not be read",
  HEALTH_SLOW: "The answer took too long",
  HEALTH_NOT_CONNECTED: "The client is not connected",
  HEALTH_POOL_SATURATED: "Nearly all connections of the pool are in use",
  HEALTH_POOL_WAITING: "Too many callers wait for a connection of the pool",
  HEALTH_POOL_EXHAUSTED: "No connection of the pool became free in time",
  HEALTH_MEMORY_HIGH: "Memory use is close to its limit",
  HEALTH_HEAP_HIGH: "The JavaScript heap is close to its limit",
  HEALTH_READ_ONLY: "The server is read-only",
  HEALTH_WRITES_REFUSED: "The server refuses writes",
  HEALTH_PROBE_MISMATCH: "The value that was read is not the value that was written",
  HEALTH_QUEUE_DEEP: "A queue has too many messages",
  HEALTH_QUEUE_MISSING: "A queue does not exist",
  HEALTH_MODULE_MISSING: "The server has not loaded a module",
  HEALTH_INDEX_UNSUPPORTED: "The server has no vector search",
  HEALTH_INDEX_MISSING: "The index does not exist",
  HEALTH_INDEX_BUILDING: "The index is still being built",
  HEALTH_INDEX_INVALID: "The build of the index has failed",
  HEALTH_INDEX_TOO_SMALL: "The index has too few documents",
  HEALTH_HTTP_STATUS: "The dependency answered with an unexpected status",
  HEALTH_DISK_LOW: "The disk is nearly full",
  HEALTH_EVENT_LOOP_DELAYED: "The event loop is delayed",
  HEALTH_CERTIFICATE_EXPIRING: "A certificate expires soon",
  HEALTH_CERTIFICATE_EXPIRED: "A certificate has expired",
  HEALTH_CERTIFICATE_NOT_YET_VALID: "A certificate is not valid yet",
  HEALTH_CERTIFICATE_UNTRUSTED: "A certificate is not trusted",
  HEALTH_CERTIFICATE_UNREADABLE: "A certificate cannot be read",
  HEALTH_CIRCUIT_OPEN: "The circuit breaker is open",
  HEALTH_CIRCUIT_HALF_OPEN: "The circuit breaker is trying again",
} as const;

/** A code of this package: a check's `error` is one of these, or the code of what the check threw. */
export type HealthCode = keyof typeof TITLES;

/** The errors of this package, by code. Most of them are only reported, and never thrown. */
export const errors: Readonly<Record<HealthCode, ErrorFactory>> = defineErrors(
  Object.fromEntries(Object.entries(TITLES).map(([code, title]) => [code, { status: 503, title }])) as Record<
    HealthCode,
    { status: 503; title: string }
  >,
  { owner: "@seaworthy/health" },
);

/** What a code means, in a few words; `undefined` for a code of another package. */
export function titleOf(code: string): string | undefined {
  return Object.hasOwn(TITLES, code) ? TITLES[code as HealthCode] : undefined;
}
