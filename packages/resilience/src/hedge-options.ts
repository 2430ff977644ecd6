import type { Duration } from "@seaworthy/core";
import type { RetryBudget } from "./retry-budget.ts";

/** When a second call is sent beside a slow one. */
export interface HedgeOptions {
  /**
   * How long to wait before calling again beside the first: a duration, or a quantile of the last 256 latencies such as
   * `"p95"`, which holds from the 20th call on; before that nothing is hedged.
   */
  after: Duration | `p${number}`;
  /** Calls beside the first one, 1 to 10, each `after` later than the last. @default 1 */
  max?: number;
  /** Whether the next call begins at once if one has failed, in place of waiting for `after`. @default false */
  onFailure?: boolean;
  /** Shared with retries; a hedge that it refuses is not made. */
  budget?: RetryBudget;
}
