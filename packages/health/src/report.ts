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
  /** How long a run that has not answered within its timeout has been hanging, in milliseconds. */
  hangingFor?: number;
  /** Whether data and observedAt are of an earlier run, because this one has not answered or its failure does not count yet. */
  stale?: boolean;
}

/** The state of a service or of one group of its checks. */
export interface HealthReport {
  /** `unhealthy` when a critical check fails, `degraded` when another one does or any is degraded. */
  status: HealthStatus;
  name?: string;
  version?: string;
  /** By name, in the order in which they were added. */
  checks: Record<string, CheckReport>;
}

/**
 * The HTTP status of a report: 503 when unhealthy, otherwise 200. A degraded service still serves.
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
