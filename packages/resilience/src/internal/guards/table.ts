import { breakerGuard } from "./breaker-guard.ts";
import { bulkheadGuard } from "./bulkhead-guard.ts";
import { fallbackGuard } from "./fallback-guard.ts";
import type { Guard } from "./guard.ts";
import { hedgeGuard } from "./hedge-guard.ts";
import { propagationGuard } from "./propagation-guard.ts";
import { retryGuard } from "./retry-guard.ts";
import { timeoutGuard } from "./timeout-guard.ts";

/**
 * The guards of a policy, the outermost first. The table decides the names of the options, their checks and the order; a
 * new guard is one file and one row. `docs/explanation/how-a-guard-is-written.md` shows how.
 */
export const GUARDS: readonly Guard[] = [
  fallbackGuard,
  timeoutGuard,
  retryGuard,
  hedgeGuard,
  breakerGuard,
  bulkheadGuard,
  propagationGuard,
];
