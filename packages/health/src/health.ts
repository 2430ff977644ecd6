import type { Clock, Duration } from "@seaworthy/core";
import type { Check, CheckOptions, HealthGroup, HealthStatus } from "./check.ts";
import type { HealthReport } from "./report.ts";

// Written as a method, so that a function of a framework's own request type fits.
/** Whether the sender of this request may see details. Any answer other than `true`, and an error, means no. */
export type DetailsDecision = { decide(request: unknown): boolean | Promise<boolean> }["decide"];

/** Options of {@link createHealth}. */
export interface HealthOptions {
  /** Name of the service, shown in reports. */
  name?: string;
  /** Version of the service, shown in reports. */
  version?: string;
  /**
   * Budget of a whole report, above 0, in milliseconds. A report is complete 5 % before the budget is spent (at most
   * 50 ms), with what is known then. @default "800ms", because Kubernetes gives a probe 1 s
   */
  timeout?: Duration;
  /**
   * Who sees the data of checks in a report for a request. `"never"` hides the data from the host's own code as well.
   * Codes of failures are always shown. @default only the host's own code, which passes no request
   */
  details?: "always" | "never" | DetailsDecision;
  /** @default systemClock */
  clock?: Clock;
}

/** Options of `health.report`. */
export interface ReportOptions {
  /** The request, of the host's own type. `details` decides by it what the report shows. */
  request?: unknown;
}

/** Options of `health.poll`. */
export interface PollOptions {
  /** Time from the end of one round to the next, above 0, in milliseconds. */
  every: Duration;
  /** Share of `every`, 0 to 1, by which each wait is longer or shorter at random, so that replicas do not run together. @default 0.1 */
  jitter?: number;
  /** Returns a number from 0 to 1, 1 excluded. @default Math.random */
  random?: () => number;
}

/** A check's status changed. */
export interface HealthChange {
  /** Name of the check. */
  check: string;
  status: HealthStatus;
  /** Undefined for a check whose first run was not healthy. */
  previous: HealthStatus | undefined;
  /** Status over all checks, after the change. */
  overall: HealthStatus;
  /** The check's code, if it is not healthy. */
  error?: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

/** The health of a service: named checks that run together. */
export interface Health {
  /**
   * Adds a check. Returns a function that removes it.
   *
   * @throws TypeError if the name is taken or malformed, an option is out of bounds, or a remote check is put in group `live`
   */
  add(name: string, check: Check, options?: CheckOptions): () => void;
  /**
   * Runs the checks of one group, or all, concurrently, and resolves within the budget whatever they do. A run under way
   * is joined. A run that hangs is superseded by a fresh one; at most two runs that hang are outstanding beside it.
   *
   * @throws TypeError if no check has joined a group of that name
   */
  report(group?: HealthGroup, options?: ReportOptions): Promise<HealthReport>;
  /** Calls `listener` whenever the status of a check changes. Returns a function that unsubscribes. A listener that throws is isolated. */
  onChange(listener: (change: HealthChange) => void): () => void;
  /** The last 100 changes, the oldest first. */
  history(): readonly HealthChange[];
  /**
   * Runs all checks in the background, so that `onChange`, the history and the metrics also see what happens between
   * two probes. If `cacheFor` of a check is above `every`, probes are answered from the last round. Returns a function
   * that stops this. The timer does not keep the process alive.
   *
   * @throws TypeError if an option is out of bounds
   */
  poll(options: PollOptions): () => void;
}
