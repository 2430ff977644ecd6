import { withoutUndefined } from "@seaworthy/core/objects";
import type { HealthStatus } from "./check.ts";
import { titleOf } from "./errors.ts";
import type { CheckReport, HealthReport } from "./report.ts";

/** Media type of {@link toHealthJson}'s documents. */
export const HEALTH_JSON = "application/health+json";

/** One measurement in a {@link HealthJson}. */
export interface HealthJsonCheck {
  status: "pass" | "warn" | "fail";
  /** ISO 8601, UTC. */
  time: string;
  observedValue: number;
  observedUnit: "ms";
  /** The code and what it means. Absent if the check passes. */
  output?: string;
  data?: Record<string, unknown>;
  hangingFor?: number;
  hungRuns?: number;
  lastHealthyAt?: number;
  stale?: boolean;
}

/** A document of `draft-inadarei-api-health-check`. */
export interface HealthJson {
  status: "pass" | "warn" | "fail";
  serviceId?: string;
  version?: string;
  releaseId?: string;
  /** Why the service takes no requests although its checks allow it. */
  output?: string;
  /** Keys are `name:responseTime`. */
  checks?: Record<string, HealthJsonCheck[]>;
}

const WORDS: Readonly<Record<HealthStatus, HealthJsonCheck["status"]>> = {
  healthy: "pass",
  degraded: "warn",
  unhealthy: "fail",
};

/**
 * The report as `application/health+json` (draft-inadarei-api-health-check-06). It contains what the report contains.
 *
 * @example
 * ```ts
 * import { createHealth, toHealthJson } from "@seaworthy/health";
 * const health = createHealth({ version: "1.4.2" });
 * console.log(toHealthJson(await health.report()).status); // pass
 * ```
 */
export function toHealthJson(report: HealthReport): HealthJson {
  const checks = Object.entries(report.checks).map(([name, check]) => [`${name}:responseTime`, [checkJson(check)]]);
  const { status, name: serviceId, version, state } = report;
  const output = state === undefined ? undefined : `The service is ${state}`;
  const shown = checks.length === 0 ? undefined : Object.fromEntries(checks);
  const optional = { serviceId, version, releaseId: version, output, checks: shown };
  return { status: WORDS[status], ...withoutUndefined(optional) };
}

function checkJson({ status, latency, observedAt, error, ...rest }: CheckReport): HealthJsonCheck {
  return {
    status: WORDS[status],
    time: new Date(observedAt).toISOString(),
    observedValue: latency,
    observedUnit: "ms",
    ...withoutUndefined({ output: error === undefined ? undefined : explained(error) }),
    ...rest,
  };
}

function explained(code: string): string {
  const title = titleOf(code);
  return title === undefined ? code : `${code}: ${title}`;
}
