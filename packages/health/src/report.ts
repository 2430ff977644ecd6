import type { HealthStatus } from "./check.ts";

/** What a report says of one check. */
export interface CheckReport {
  status: HealthStatus;
  /** How long the run took, in milliseconds; of one that has not answered, how long it has been running. */
  latency: number;
  /** When what is shown was observed, in milliseconds since the Unix epoch. */
  observedAt: number;
  /** What the check returned, cleaned, and frozen: probes that share a run share it. */
  data?: Record<string, unknown>;
  /** A stable code. Never a message: those name hosts and users. */
  error?: string;
  /**
   * How long the oldest run that has not answered within its timeout has been hanging, in milliseconds. A healthy
   * check has it as well, if a fresh run succeeded beside the one that hangs.
   */
  hangingFor?: number;
  /** How many runs hang. Absent if none does. */
  hungRuns?: number;
  /** When a run was healthy last, in milliseconds since the Unix epoch. Absent while the check is healthy. */
  lastHealthyAt?: number;
  /** Whether data and observedAt are of an earlier run, because this one has not answered or its failure does not count yet. */
  stale?: boolean;
}

/** The state of a service or of one group of its checks. */
export interface HealthReport {
  /** `unhealthy` when a critical check fails, `degraded` when another one does or any is degraded. */
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
