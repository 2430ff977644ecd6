import type { Duration } from "@seaworthy/core";

/** The status of a check, a group or the whole service. */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** What a check returns if it reports more than "healthy". */
export interface CheckOutcome {
  status: HealthStatus;
  /** Plain facts. Credentials, host names, addresses and stacks are removed before a report shows them. */
  data?: Readonly<Record<string, unknown>> | undefined;
  /** Why it is not healthy: a stable code in upper snake case, never a sentence. */
  error?: string | undefined;
}

/**
 * One check. It may return a {@link CheckOutcome}. Any other value is healthy, such as the answer of a driver, except
 * `false`, a `Response` that is not ok, and an object with another string as its `status`. A check that throws or rejects
 * is unhealthy. The signal aborts when the timeout is over. The report is completed without the check then, whether it
 * listens to the signal or not.
 */
export interface Check {
  (signal: AbortSignal): unknown;
  /** Whether the answer depends on a remote system. Such a check is refused in group `live`. @default false */
  readonly remote?: boolean;
}

/** The three groups of the probes of Kubernetes, or a group of the host's own. */
export type HealthGroup = "live" | "ready" | "startup" | (string & {});

/** Options of `health.add`. */
export interface CheckOptions {
  /** Whether a failure makes the service unhealthy. Otherwise it makes the service degraded. @default true */
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
