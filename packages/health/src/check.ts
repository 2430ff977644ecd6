import type { Duration } from "@seaworthy/core";

/** How a check, a group or the whole service is. */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** What a check returns to say more than "healthy". */
export interface CheckOutcome {
  status: HealthStatus;
  /** Plain facts. Credentials, host names, addresses and stacks are removed before a report shows them. */
  data?: Readonly<Record<string, unknown>> | undefined;
  /** Why it is not healthy: a stable upper-snake code, never a sentence. */
  error?: string | undefined;
}

/**
 * One check. A {@link CheckOutcome} is taken as it is; any other value that is returned or resolved is healthy, such as
 * what a driver answers; throwing or rejecting with anything is unhealthy. `false`, a `Response` that is not ok, and an
 * object with another string as its `status` are unhealthy too. The signal aborts when the timeout is over; the report
 * goes on without the check whether it listens or not.
 */
export interface Check {
  (signal: AbortSignal): unknown;
  /** Whether the answer depends on a remote system. Such a check is refused in group `live`. @default false */
  readonly remote?: boolean;
}

/** The three groups that Kubernetes probes ask for, or one of the host's own. */
export type HealthGroup = "live" | "ready" | "startup" | (string & {});

/** Options of `health.add`. */
export interface CheckOptions {
  /** Whether a failure makes the service unhealthy; otherwise it makes it degraded. @default true */
  critical?: boolean;
  /** The groups whose reports contain the check. @default ["ready"] */
  groups?: readonly HealthGroup[];
  /** How long one run may take, above 0, in milliseconds. @default the budget of a report less its reserve */
  timeout?: Duration;
  /** How long a result, good or bad, is reused, 0 or more, in milliseconds. @default 0 */
  cacheFor?: Duration;
  /** Failures in a row, 1 or more, before a check that was good counts as failing. @default 1 */
  failureThreshold?: number;
  /** Passes in a row, 1 or more, before a check that failed counts as good. @default 1 */
  successThreshold?: number;
}
