import { hasCode, type ResilienceErrorCode } from "../errors.ts";

// What a guard of ours refused was not tried; to try it again at once is what the guard is there to prevent.
const REFUSALS: readonly ResilienceErrorCode[] = [
  "RESILIENCE_CIRCUIT_OPEN",
  "RESILIENCE_ISOLATED",
  "RESILIENCE_BULKHEAD_FULL",
  "RESILIENCE_BUDGET_SPENT",
];

/** Whether one of our guards refused to make the call. */
export function isRefusal(error: unknown): boolean {
  return hasCode(error, ...REFUSALS);
}
