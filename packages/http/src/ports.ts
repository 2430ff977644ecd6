import type { HealthReport } from "@seaworthy/health";

/** Aggregated health, such as `createHealth()` of `@seaworthy/health` returns. */
export interface HealthPort {
  report(group?: string, options?: { request?: unknown }): Promise<HealthReport>;
}

/** Metrics as text, such as `createMetrics()` of `@seaworthy/metrics` returns. */
export interface MetricsPort {
  render(accept?: string): Promise<{ body: string; contentType: string }>;
}

/** Whether the service takes new work, such as `createLifecycle()` of `@seaworthy/lifecycle` says. */
export interface LifecyclePort {
  ready(): boolean;
  /** Shown by readiness while the service does not take work. */
  readonly state?: string;
}

/** An object whose level can be set at run time, such as a logger. */
export interface LevelPort {
  level: string;
}
