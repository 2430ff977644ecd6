import type { Clock, Duration } from "@seaworthy/core";
import { boundedString, checkOptions, clockOption, positiveDuration, withDefault } from "@seaworthy/core/options";
import type { Check, CheckOptions, HealthGroup, HealthStatus } from "./check.ts";
import { Aggregator } from "./internal/aggregator.ts";
import { checkDetails, type DetailsDecision } from "./internal/entitlement.ts";
import type { HealthReport } from "./report.ts";

/** Options of {@link createHealth}. */
export interface HealthOptions {
  /** Name of the service, shown in reports. */
  name?: string;
  /** Version of the service, shown in reports. */
  version?: string;
  /**
   * Budget of a whole report, above 0, in milliseconds. A report answers 5 % before it is spent (at most 50 ms), with
   * what it knows then. @default "800ms", since Kubernetes gives a probe 1 s
   */
  timeout?: Duration;
  /**
   * Who sees the data of checks in a report that was asked for with a request. `"never"` hides them from the host's own
   * code too. Codes of failures are always shown. @default no caller with a request; the host's own code, which gives
   * none, sees them
   */
  details?: "always" | "never" | DetailsDecision;
  /** @default systemClock */
  clock?: Clock;
}

/** Options of `health.report`. */
export interface ReportOptions {
  /** The request, of the host's own type; `details` decides by it what the report shows. */
  request?: unknown;
}

/** Options of `health.poll`. */
export interface PollOptions {
  /** Time from the end of one round to the next, above 0, in milliseconds. */
  every: Duration;
  /** Share of `every`, 0 to 1, by which each wait is longer or shorter at random, so that replicas do not ask together. @default 0.1 */
  jitter?: number;
  /** A number from 0 to 1, 1 excluded. @default Math.random */
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

/** The health of a service: named checks, run together. */
export interface Health {
  /**
   * Adds a check. Returns a function that takes it out again.
   *
   * @throws TypeError if the name is taken or malformed, an option is out of bounds, or a remote check is put in group `live`
   */
  add(name: string, check: Check, options?: CheckOptions): () => void;
  /**
   * Runs the checks of one group, or all, concurrently, and answers within the budget whatever they do. A run under
   * way is joined. One that hangs is superseded by a fresh one; at most two that hang are outstanding beside it.
   *
   * @throws TypeError if no check has joined a group of that name
   */
  report(group?: HealthGroup, options?: ReportOptions): Promise<HealthReport>;
  /**
   * Calls `listener` whenever a check's status changes. Returns a function that ends this. A listener that throws is
   * isolated.
   */
  onChange(listener: (change: HealthChange) => void): () => void;
  /** The last 100 changes, the oldest first. */
  history(): readonly HealthChange[];
  /**
   * Runs all checks in the background, so that `onChange`, the history and the metrics also see what happens between
   * two probes. Give the checks a `cacheFor` above `every`, and probes are answered from the last round. Returns a
   * function that ends this; the timer does not hold the process.
   *
   * @throws TypeError if an option is out of bounds
   */
  poll(options: PollOptions): () => void;
}

const BUDGET = "800ms";
const OPTIONS = ["name", "version", "timeout", "details", "clock"];

/**
 * A set of health checks. It holds nothing: no timer waits between two reports, unless `poll()` was called.
 *
 * @throws TypeError if an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, statusCode } from "@seaworthy/health";
 * const health = createHealth({ name: "harbor" });
 * health.add("mail", () => ({ status: "degraded", data: { queued: 12 } }), { critical: false });
 * const report = await health.report("ready");
 * console.log(report.status, statusCode(report)); // degraded 200
 * ```
 */
export function createHealth(options: HealthOptions = {}): Health {
  checkOptions("createHealth", options, OPTIONS);
  const { name, version, details } = options;
  const clock = clockOption("clock", options.clock);
  if (name !== undefined) boundedString("name", name);
  if (version !== undefined) boundedString("version", version);
  checkDetails(details);
  return new Aggregator({
    identity: { ...(name === undefined ? undefined : { name }), ...(version === undefined ? undefined : { version }) },
    timeout: positiveDuration("timeout", withDefault(options.timeout, BUDGET)),
    details,
    clock,
  });
}
