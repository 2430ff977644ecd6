import { startTimer } from "@seaworthy/core";
import { errors, hasCode } from "../errors.ts";
import { attemptEvent } from "../telemetry.ts";
import { Exit, type Leave, unwind } from "./exit.ts";
import { CallView, type GuardedCall } from "./guarded-call.ts";

/** The innermost step of every pipeline: calls the operation, and stops waiting for it when the call is aborted. */
export function invoke(call: GuardedCall, exit?: Exit): Promise<unknown> {
  if (call.aborted) return unwind(Promise.reject(call.reason), exit);
  call.root.calls += 1;
  if (!attemptEvent.active) return attempt(call, exit);
  return attempt(call, new Exit(TELL, call, call.clock.monotonic(), exit));
}

/** The same for what stands in for the operation: no attempt, so neither counted nor told. */
export function invokeStandIn(call: GuardedCall, exit?: Exit): Promise<unknown> {
  return call.aborted ? unwind(Promise.reject(call.reason), exit) : attempt(call, exit);
}

function attempt(call: GuardedCall, exit: Exit | undefined): Promise<unknown> {
  if (call.dueAt !== Number.POSITIVE_INFINITY && !call.armed) return unwind(attemptUntilDue(call), exit);
  const work = begin(call);
  return unwind(call.abortable ? race(call, work) : work, exit);
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
  if (hasCode(reason, "RESILIENCE_TIMEOUT")) return true;
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

const TELL: Leave<number> = {
  returned: (call, _value, startedAt) => tell(call, startedAt, "ok", undefined),
  threw(call, error, startedAt) {
    const outcome = isCancelled(call, error) ? "cancelled" : isTimeout(error) ? "timeout" : "failure";
    return tell(call, startedAt, outcome, { error });
  },
};

function tell(
  call: GuardedCall,
  startedAt: number,
  outcome: string,
  failure: { error: unknown } | undefined,
): undefined {
  const seconds = (call.clock.monotonic() - startedAt) / 1000;
  attemptEvent.emit({ policy: call.name, outcome }, seconds, { attempt: call.attempt, ...failure });
}
