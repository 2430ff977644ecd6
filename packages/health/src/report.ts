import type { HealthStatus } from "./check.ts";

/** One check in a report. */
export interface CheckReport {
  status: HealthStatus;
  /** How long the run took, in milliseconds; how long it has been running if it has not answered. */
  latency: number;
  /** Time of the observation that is shown, in milliseconds since the Unix epoch. */
  observedAt: number;
  /** The data that the check returned, cleaned. It is frozen, because probes that share a run share it. */
  data?: Record<string, unknown>;
  /** A stable code. It is never a message, because messages name hosts and users. */
  error?: string;
  /**
   * How long the oldest run that has not answered within its timeout has been hanging, in milliseconds. A healthy
   * check has it as well, if a fresh run succeeded beside the one that hangs.
   */
  hangingFor?: number;
  /** Number of runs that hang. It is absent if no run hangs. */
  hungRuns?: number;
  /** Time of the last healthy run, in milliseconds since the Unix epoch. It is absent while the check is healthy. */
  lastHealthyAt?: number;
  /** Whether `data` and `observedAt` are from an earlier run, because this one has not answered, or its failure does not count yet. */
  stale?: boolean;
}

/** The state of a service or of one group of its checks. */
export interface HealthReport {
  /** `unhealthy` if a critical check fails, `degraded` if another check fails or any check is degraded. */
  status: HealthStatus;
  name?: string;
  version?: string;
  /** Why the service takes no requests although its checks allow it, such as `starting` or `draining`. */
  state?: string;
  /** By name, in the order in which they were added. */
  checks: Record<string, CheckReport>;
}

/**
 * The HTTP status of a report: 503 if it is unhealthy, otherwise 200. A degraded service still serves.
 *
 * @example
 * ```ts
 * import { createHealth, statusCode } from "@seaworthy/health";
 * console.log(statusCode(await createHealth().report("ready"))); // 200
 * ```
 */
export function statusCode(report: Pick<HealthReport, "status">): 200 | 503 {
  return report.status === "healthy" || report.status === "degraded" ? 200 : 503;
}
