import { readMember } from "@seaworthy/core/objects";
import { budgetEvent, retryEvent } from "../telemetry.ts";
import { backoffDelay } from "./backoff-delay.ts";
import { ExitFrame, type ExitHandler } from "./exit-frames.ts";
import type { GuardFacts } from "./facts.ts";
import { isFinalError } from "./final-errors.ts";
import type { GuardedCall } from "./guarded-call.ts";
import type { Layer, Next } from "./layer.ts";
import { pause, unlessAborted } from "./pause.ts";
import { isRefusal } from "./refusal.ts";
import { callPredicate, reportCallback } from "./report.ts";
import { retryAfterOf } from "./requested-wait.ts";
import { FailedAttempt, retryLoop } from "./retry-loop.ts";
import type { RetryPlan } from "./retry-plan.ts";
import { timeoutLayer } from "./timeout-layer.ts";
import { wasNeverSent } from "./unsent.ts";

/** Repeats what lies beneath. */
export function retryLayer(plan: RetryPlan, keepAlive = true): Layer {
  const { budget, attemptTimeout } = plan;
  const judge = plan.options.retryResult;
  return (next) => {
    const once = attemptTimeout === undefined ? next : timeoutLayer(attemptTimeout, plan.clock, keepAlive)(next);
    const handler: ExitHandler = {
      onReturn: (call, value) =>
        judge !== undefined && callPredicate(judge, "retryResult", false, value, 1)
          ? afterFirst(plan, once, call, new FailedAttempt(value, false))
          : undefined,
      onThrow: (call, error) => afterFirst(plan, once, call, new FailedAttempt(error, true)),
    };
    return (call, exit) => {
      budget?.deposit();
      return once(call, new ExitFrame(handler, call, undefined, exit));
    };
  };
}

/** What `explain` says of retries. */
export function retryFacts(plan: RetryPlan): GuardFacts {
  const { budget, attempts, attemptTimeout } = plan;
  return { guard: "retry", attempts, attemptTimeout, waits: longestWaits(plan), ratio: budget?.ratio };
}

/** The waits of all retries together without chance; what a backoff function answers is not known. */
function longestWaits(plan: RetryPlan): number {
  if (plan.attempts === Number.POSITIVE_INFINITY || typeof plan.backoff === "function") return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let retry = 1; retry < plan.attempts; retry++)
    sum += backoffDelay({ ...plan, jitter: "none" }, retry, undefined);
  return sum;
}

/** The first attempt has failed; most often no other follows, and p-retry is not entered for that. */
function afterFirst(
  plan: RetryPlan,
  once: Next,
  call: GuardedCall,
  first: FailedAttempt,
): Promise<unknown> | undefined {
  const final = isFinal(plan, call, first, 1);
  if (final === true) return undefined;
  const decide = async (failure: FailedAttempt, attempt: number): Promise<boolean> => {
    // The first one was judged above; a predicate is called once per attempt.
    const over = failure === first ? final : isFinal(plan, call, failure, attempt);
    if (typeof over === "boolean" ? over : await unlessAborted(call, over)) return false;
    const delay = delayFor(plan, failure, attempt);
    if (delay === undefined || delay >= call.remaining() || !spend(plan, call)) return false;
    announce({ plan, call, failure, attempt, delay });
    await pause(call, delay);
    return true;
  };
  return repeat({ plan, once, call, first, decide });
}

interface Repetition {
  readonly plan: RetryPlan;
  readonly once: Next;
  readonly call: GuardedCall;
  readonly first: FailedAttempt;
  /** Waits after a failed attempt; returns whether to go on. */
  readonly decide: (failure: FailedAttempt, attempt: number) => Promise<boolean>;
}

async function repeat({ plan, once, call, first, decide }: Repetition): Promise<unknown> {
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
  const judge = plan.options.retryResult;
  const child = call.derive(false);
  child.attempt = attempt;
  try {
    const value = await once(child, undefined);
    const failed = judge !== undefined && callPredicate(judge, "retryResult", false, value, attempt);
    return failed ? new FailedAttempt(value, false) : value;
  } catch (error) {
    return new FailedAttempt(error, true);
  } finally {
    call.drop(child);
  }
}

type Predicate = (error: unknown, attempt: number) => boolean | PromiseLike<boolean>;

function isFinal(
  plan: RetryPlan,
  call: GuardedCall,
  failure: FailedAttempt,
  attempt: number,
): boolean | Promise<boolean> {
  if (attempt >= plan.attempts || call.aborted) return true;
  // A request that never left this process may be repeated, whatever it would have done.
  if (!call.root.idempotent && !(failure.thrown && wasNeverSent(failure.outcome))) return true;
  if (!failure.thrown) return false;
  if (isFinalError(failure.outcome)) return true;
  const { retryIf } = plan.options;
  if (retryIf === undefined) return isRefusal(failure.outcome) || isOwnAbort(failure.outcome);
  return judged(retryIf, failure.outcome, attempt);
}

/** An operation that was aborted, though not by us, has been given up by somebody: to repeat it is not what they want. */
function isOwnAbort(error: unknown): boolean {
  try {
    return readMember(error, "name") === "AbortError" && error instanceof DOMException;
  } catch {
    return false; // a hostile getter says nothing
  }
}

/** Whether the predicate ends the retries; one that throws, or rejects, does. */
function judged(retryIf: Predicate, error: unknown, attempt: number): boolean | Promise<boolean> {
  const failed = (failure: unknown): boolean => {
    reportCallback(retryIf, "retryIf", failure);
    return true;
  };
  try {
    const answer = retryIf(error, attempt);
    if (typeof answer !== "object" || answer === null) return !answer;
    return Promise.resolve(answer).then((again) => !again, failed);
  } catch (failure) {
    return failed(failure);
  }
}

/** `undefined` if the upstream wants to be left alone for longer than we are ready to wait. */
function delayFor(plan: RetryPlan, failure: FailedAttempt, attempt: number): number | undefined {
  const own = backoffDelay(plan, attempt, failure.outcome);
  if (plan.retryAfterLimit === undefined) return own;
  const requested = retryAfterOf(failure.outcome, plan.clock, plan.retryAfter);
  if (requested === undefined) return own;
  if (requested > plan.retryAfterLimit) return undefined;
  // All callers were given the same time: without chance they would all come back in the same millisecond.
  const spread = plan.jitter === "none" ? 0 : Math.min(1, Math.max(0, plan.random())) || 0;
  return Math.max(own, requested + (spread * requested) / 4);
}

function spend(plan: RetryPlan, call: GuardedCall): boolean {
  if (plan.budget === undefined) return true;
  const granted = plan.budget.tryTake();
  if (!granted) call.root.note().refused += 1;
  if (budgetEvent.active) budgetEvent.emit({ policy: call.name, outcome: granted ? "granted" : "refused" });
  return granted;
}

interface Announcement {
  readonly plan: RetryPlan;
  readonly call: GuardedCall;
  readonly failure: FailedAttempt;
  /** The attempt that failed. */
  readonly attempt: number;
  /** The wait for the next attempt, in milliseconds. */
  readonly delay: number;
}

function announce({ plan, call, failure, attempt, delay }: Announcement): void {
  const error = failure.thrown ? failure.outcome : undefined;
  if (retryEvent.active) retryEvent.emit({ policy: call.name }, delay / 1000, { attempt, error });
  const { onRetry } = plan.options;
  if (onRetry === undefined) return;
  const report = (problem: unknown): void => reportCallback(onRetry, "onRetry", problem);
  try {
    const result: unknown = onRetry({
      attempt: attempt + 1,
      delay,
      error,
      result: failure.thrown ? undefined : failure.outcome,
    });
    if (result instanceof Promise) result.catch(report);
  } catch (problem) {
    report(problem);
  }
}
