import { toMilliseconds } from "@seaworthy/core";
import type { Backoff, BackoffFunction, Jitter } from "../backoff.ts";
import { reportCallback } from "./report.ts";

const CAREFUL = 10_000;

/** How long to wait, in milliseconds, everything resolved. */
export interface BackoffPlan {
  readonly backoff: Backoff;
  readonly initialDelay: number;
  readonly maxDelay: number;
  readonly jitter: Jitter;
  readonly random: () => number;
}

/** The wait before retry `retry`: the backoff, limited to `maxDelay`, then spread by the jitter, so that no jitter is lost at the limit. */
export function backoffDelay(plan: BackoffPlan, retry: number, error: unknown): number {
  const capped = Math.min(plan.maxDelay, grown(plan, retry, error));
  if (plan.jitter === "none") return capped;
  const chance = Math.min(1, Math.max(0, plan.random())) || 0;
  return capped * (plan.jitter === "full" ? chance : 0.5 + chance / 2);
}

function grown(plan: BackoffPlan, retry: number, error: unknown): number {
  const { backoff, initialDelay } = plan;
  if (backoff === "constant" || initialDelay === 0)
    return typeof backoff === "function" ? delayFromFunction(plan, backoff, retry, error) : initialDelay;
  if (backoff === "linear") return initialDelay * retry;
  if (backoff === "exponential") return initialDelay * 2 ** (retry - 1);
  return delayFromFunction(plan, backoff, retry, error);
}

/** A function of the host's that throws, or answers no duration, must not end the retries: a long wait is the careful choice. */
function delayFromFunction(plan: BackoffPlan, backoff: BackoffFunction, retry: number, error: unknown): number {
  try {
    return toMilliseconds(backoff(retry, error), "the backoff function's answer");
  } catch (failure) {
    reportCallback(backoff, "backoff", failure);
    return Math.min(plan.maxDelay, CAREFUL);
  }
}
