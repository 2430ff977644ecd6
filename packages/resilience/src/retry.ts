import { type Clock, systemClock } from "@seaworthy/core";
import { soundClock } from "@seaworthy/core/options";
import { backoffDelay } from "./backoff.ts";
import type { Operation } from "./call.ts";
import { hasCode, type ResilienceErrorCode } from "./errors.ts";
import { Exit, type Leave } from "./internal/exit.ts";
import type { GuardedCall, Layer, Next } from "./internal/guarded-call.ts";
import { checkName, checkSignal, otherwise } from "./internal/options.ts";
import { pause } from "./internal/pause.ts";
import { createPipeline, startRun } from "./internal/pipeline.ts";
import { ask } from "./internal/report.ts";
import { FailedAttempt, retryLoop } from "./internal/retry-loop.ts";
import { timeoutLayer } from "./internal/timeout-layer.ts";
import { retryAfterOf } from "./retry-after.ts";
import { planRetry, RETRY_OPTIONS, type RetryOptions, type RetryPlan } from "./retry-options.ts";
import { budgetEvent } from "./telemetry.ts";

/** Options of {@link retry}. */
export interface RetryRunOptions<T = unknown> extends RetryOptions<T> {
  /** Label of the telemetry events. @default "retry" */
  name?: string;
  /** Ends the run at once, even in a wait: it rejects with the signal's reason and never calls again. */
  signal?: AbortSignal | undefined;
  /** @default systemClock */
  clock?: Clock;
}

const KNOWN: readonly string[] = [...RETRY_OPTIONS, "name", "signal", "clock"];
// What our own guards refused was not tried; trying it again at once is what they are there to prevent.
const REFUSALS: readonly ResilienceErrorCode[] = [
  "RESILIENCE_CIRCUIT_OPEN",
  "RESILIENCE_ISOLATED",
  "RESILIENCE_BULKHEAD_FULL",
  "RESILIENCE_BUDGET_SPENT",
];

/**
 * Calls `operation` until it succeeds, at most `attempts` times in all, and waits in between.
 *
 * What is thrown in the end is the operation's own last error, the very same object; with `retryResult`, what is
 * returned is its last result. A wait that would end after the deadline of core's context is not begun: the failure
 * is final at once.
 *
 * @throws TypeError when an option is wrong
 * @example
 * ```ts
 * import { retry } from "@seaworthy/resilience";
 * const answer = await retry(async ({ attempt }) => {
 *   if (attempt < 2) throw new Error("not yet");
 *   return attempt;
 * }, { attempts: 3, base: "5ms" });
 * console.log(answer); // 2
 * ```
 */
export async function retry<T>(operation: Operation<T>, options: RetryRunOptions<T> = {}): Promise<T> {
  const clock = soundClock("clock", otherwise(options?.clock, systemClock));
  const plan = planRetry(options, clock, KNOWN);
  checkSignal(options.signal);
  const pipeline = createPipeline(checkName(otherwise(options.name, "retry"), "retry"), clock, [retryLayer(plan)]);
  return startRun(pipeline, operation, { signal: options.signal });
}

/** Repeats what lies beneath. */
export function retryLayer(plan: RetryPlan): Layer {
  const { budget } = plan;
  const judge = plan.options.retryResult as ((value: unknown, attempt: number) => boolean) | undefined;
  return (next) => {
    const once = plan.attemptTimeout === undefined ? next : timeoutLayer(plan.attemptTimeout, plan.clock)(next);
    const leave: Leave = {
      returned: (call, value) =>
        judge !== undefined && ask(judge, "retryResult", false, value, 1)
          ? goOn(plan, once, call, new FailedAttempt(value, false))
          : undefined,
      threw: (call, error) => goOn(plan, once, call, new FailedAttempt(error, true)),
    };
    return (call, exit) => {
      budget?.deposit();
      return once(call, new Exit(leave, call, undefined, exit));
    };
  };
}

/** The first attempt has failed; most often nothing follows, and p-retry is not entered for that. */
function goOn(plan: RetryPlan, once: Next, call: GuardedCall, first: FailedAttempt): Promise<unknown> | undefined {
  if (isFinal(plan, call, first, 1)) return undefined;
  const decide = async (failure: FailedAttempt, attempt: number): Promise<boolean> => {
    // Asked above already for the first; a predicate is asked once an attempt.
    if (failure !== first && isFinal(plan, call, failure, attempt)) return false;
    const delay = delayFor(plan, failure, attempt);
    if (delay === undefined || delay >= call.remaining() || !spend(plan, call)) return false;
    await pause(call, delay);
    return true;
  };
  return repeat(plan, once, call, first, decide);
}

async function repeat(
  plan: RetryPlan,
  once: Next,
  call: GuardedCall,
  first: FailedAttempt,
  decide: (failure: FailedAttempt, attempt: number) => Promise<boolean>,
): Promise<unknown> {
  let last = first;
  const again = async (attempt: number): Promise<unknown> => {
    const result = await attemptAgain(plan, once, call, attempt);
    if (!(result instanceof FailedAttempt)) return result;
    // An attempt that a guard refused was not made: the last one that was made says more.
    if (!result.thrown || !isRefusal(result.outcome)) last = result;
    throw result;
  };
  try {
    return await retryLoop(first, plan.attempts, decide, again);
  } catch (error) {
    if (!(error instanceof FailedAttempt)) throw error;
    if (last.thrown) throw last.outcome;
    return last.outcome;
  }
}

async function attemptAgain(plan: RetryPlan, once: Next, call: GuardedCall, attempt: number): Promise<unknown> {
  const judge = plan.options.retryResult as ((value: unknown, attempt: number) => boolean) | undefined;
  const child = call.derive(false);
  child.attempt = attempt;
  try {
    const value = await once(child, undefined);
    const failed = judge !== undefined && ask(judge, "retryResult", false, value, attempt);
    return failed ? new FailedAttempt(value, false) : value;
  } catch (error) {
    return new FailedAttempt(error, true);
  } finally {
    call.drop(child);
  }
}

function isFinal(plan: RetryPlan, call: GuardedCall, failure: FailedAttempt, attempt: number): boolean {
  if (attempt >= plan.attempts || call.aborted || !call.root.idempotent) return true;
  if (!failure.thrown) return false;
  const { retryIf } = plan.options;
  if (retryIf === undefined) return isRefusal(failure.outcome);
  return !ask(retryIf as (error: unknown, attempt: number) => boolean, "retryIf", false, failure.outcome, attempt);
}

/** Whether one of our guards refused to make the call. */
export function isRefusal(error: unknown): boolean {
  return hasCode(error, ...REFUSALS);
}

/** `undefined` when the upstream wants to be left alone for longer than we are ready to wait. */
function delayFor(plan: RetryPlan, failure: FailedAttempt, attempt: number): number | undefined {
  const own = backoffDelay(plan, attempt, failure.outcome);
  if (plan.retryAfterLimit === undefined) return own;
  const asked = retryAfterOf(failure.outcome, plan.clock);
  if (asked === undefined) return own;
  return asked > plan.retryAfterLimit ? undefined : Math.max(own, asked);
}

function spend(plan: RetryPlan, call: GuardedCall): boolean {
  if (plan.budget === undefined) return true;
  const granted = plan.budget.tryTake();
  if (budgetEvent.active) budgetEvent.emit({ policy: call.name, outcome: granted ? "granted" : "refused" });
  return granted;
}
