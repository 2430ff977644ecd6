/**
 * The two values of one measured quantity at which the status of a check changes. Both are inclusive. `"never"` turns a
 * threshold off. `unhealthyAt` must not be reached before `degradedAt`.
 */
export interface Thresholds<Value> {
  /** The value at which the check is degraded. */
  degradedAt?: Value | "never";
  /** The value at which the check is unhealthy. */
  unhealthyAt?: Value | "never";
}
