import { isSeaworthyError, startTimer } from "@seaworthy/core";
import { errors } from "../errors.ts";
import { attemptEvent } from "../telemetry.ts";
import { CallView, type GuardedCall } from "./guarded-call.ts";

/** The innermost step of every pipeline: calls the operation, and stops waiting for it when the call is aborted. */
export function invoke(call: GuardedCall): Promise<unknown> {
  if (call.aborted) return Promise.reject(call.reason);
  call.root.calls += 1;
  return attemptEvent.active ? observed(call) : attempt(call);
}

/** The same for what stands in for the operation: no attempt, so neither counted nor told. */
export function invokeStandIn(call: GuardedCall): Promise<unknown> {
  return call.aborted ? Promise.reject(call.reason) : attempt(call);
}

function attempt(call: GuardedCall): Promise<unknown> {
  if (call.dueAt !== Number.POSITIVE_INFINITY && !call.armed) return attemptUntilDue(call);
  const work = begin(call);
  return call.abortable ? race(call, work) : work;
}

function begin(call: GuardedCall): Promise<unknown> {
  try {
    return Promise.resolve(call.operation(new CallView(call)));
  } catch (error) {
    return Promise.reject(error);
  }
}

function race(call: GuardedCall, work: Promise<unknown>): Promise<unknown> {
  if (call.aborted) {
    call.abandon(work);
    return Promise.reject(call.reason);
  }
  return new Promise((resolve, reject) => {
    call.waiter = (reason) => {
      call.abandon(work);
      reject(reason);
    };
    work.then(resolve, reject);
  });
}

/** A deadline from the context that no timeout of ours stands for. Only the attempt is aborted, so that a fallback can answer. */
async function attemptUntilDue(call: GuardedCall): Promise<unknown> {
  const child = call.derive(true);
  const left = Math.max(0, call.remaining());
  const cancel = startTimer(call.clock, left, () => child.abort(timeoutError(call.name, left)));
  try {
    return await race(child, begin(child));
  } finally {
    cancel();
    call.drop(child);
  }
}

/** The failure of an operation that took `after` milliseconds and was not over. */
export function timeoutError(policy: string, after: number): Error {
  return errors.RESILIENCE_TIMEOUT({ policy, after: Math.max(0, Math.round(after)) });
}

/** Whether this reason means that time was up, whoever set the limit; a caller's `AbortSignal.timeout` counts too. */
export function isTimeout(reason: unknown): boolean {
  if (isSeaworthyError(reason, "RESILIENCE_TIMEOUT")) return true;
  try {
    return reason instanceof Error && reason.name === "TimeoutError";
  } catch {
    return false;
  }
}

/** Whether the caller walked away: the call was aborted, and not because its time was up. */
export function isCancelled(call: GuardedCall, error: unknown): boolean {
  return call.aborted && error === call.reason && !isTimeout(error);
}

function observed(call: GuardedCall): Promise<unknown> {
  const startedAt = call.clock.monotonic();
  const outcome = attempt(call);
  const emit = (label: string, error?: unknown): void => {
    const seconds = (call.clock.monotonic() - startedAt) / 1000;
    const details = { attempt: call.attempt, ...(label === "ok" ? undefined : { error }) };
    attemptEvent.emit({ policy: call.name, outcome: label }, seconds, details);
  };
  outcome.then(
    () => emit("ok"),
    (error) => emit(isCancelled(call, error) ? "cancelled" : isTimeout(error) ? "timeout" : "failure", error),
  );
  return outcome;
}
