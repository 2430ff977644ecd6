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

/** Levels that a caller may ask for. */
export type OperatorLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/** A logger whose level can be set at run time and whose lines can be followed, such as `createLogger()` of `@seaworthy/logger`. */
export interface LoggerPort {
  level: string;
  /** A live view of the lines from now on. */
  tail?(filter?: { level?: OperatorLevel }): TailedLines;
}

/** Lines as they are written. */
export interface TailedLines extends AsyncIterable<unknown> {
  /** How many lines the reader was too slow for. */
  readonly dropped?: number;
  /** Ends the view; a pending read completes. */
  close(): void;
}
