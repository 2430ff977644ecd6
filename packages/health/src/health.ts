import type { Clock, Duration } from "@seaworthy/core";
import { boundedText, checkOptions, positiveDuration } from "@seaworthy/core/options";
import type { Check, CheckOptions, HealthGroup, HealthStatus } from "./check.ts";
import { Aggregator } from "./internal/aggregator.ts";
import { checkDetails, type DetailsDecision } from "./internal/entitlement.ts";
import { soundClock } from "./internal/sound-clock.ts";
import { withDefault } from "./internal/with-default.ts";
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
   * Who sees data and error codes of a report that was asked for with a request. `"never"` hides them from the host's
   * own code too. @default nobody with a request; the host's own code, which gives none, sees them
   */
  details?: "always" | "never" | DetailsDecision;
  /** @default systemClock */
  clock?: Clock;
}

/** Options of `health.report`. */
export interface ReportOptions {
  /** Whoever asks, in the host's terms; `details` decides on it what the report shows. */
  request?: unknown;
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
  /** The check's code, when it is not healthy. */
  error?: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

/** The health of a service: named checks, run together. */
export interface Health {
  /**
   * Adds a check; the function returned takes it out again.
   *
   * @throws TypeError when the name is taken or malformed, an option out of bounds, or a remote check put in group `live`
   */
  add(name: string, check: Check, options?: CheckOptions): () => void;
  /**
   * Runs the checks of one group, or all, concurrently, and answers within the budget whatever they do. A run under
   * way is joined; one that hangs is not started again.
   *
   * @throws TypeError when no check has joined a group of that name
   */
  report(group?: HealthGroup, options?: ReportOptions): Promise<HealthReport>;
  /** Calls `listener` whenever a check's status changes; the function returned ends that. One that throws is isolated. */
  onChange(listener: (change: HealthChange) => void): () => void;
}

const BUDGET = "800ms";
const OPTIONS = ["name", "version", "timeout", "details", "clock"];

/**
 * A set of health checks. It holds nothing: no timer waits between two reports.
 *
 * @throws TypeError when an option is unknown or out of bounds
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
  const clock = soundClock(options.clock);
  if (name !== undefined) boundedText("name", name);
  if (version !== undefined) boundedText("version", version);
  checkDetails(details);
  return new Aggregator({
    identity: { ...(name === undefined ? undefined : { name }), ...(version === undefined ? undefined : { version }) },
    timeout: positiveDuration("timeout", withDefault(options.timeout, BUDGET)),
    details,
    clock,
  });
}
