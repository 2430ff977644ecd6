import type { AsyncResource } from "node:async_hooks";
import { startTimer } from "@seaworthy/core";
import { errors, hasCode } from "../errors.ts";
import { attemptEvent } from "../telemetry.ts";
import { ExitFrame, type ExitHandler, exitWithError, exitWithValue, unwind } from "./exit-frames.ts";
import { CallView, type GuardedCall } from "./guarded-call.ts";
import { callerScope, runWithin } from "./surrounding-call.ts";

/** The innermost step of every pipeline: calls the operation, and stops waiting for it when the call is aborted. */
export function invoke(call: GuardedCall, exit?: ExitFrame): Promise<unknown> {
  if (call.aborted) return unwind(Promise.reject(call.reason), exit);
  call.root.calls += 1;
  if (!attemptEvent.active) return attempt(call, exit);
  return attempt(call, new ExitFrame(REPORT_ATTEMPT, call, call.clock.monotonic(), exit));
}

/** The same for what stands in for the operation: it is not an attempt, so it is neither counted nor reported. */
export function invokeFallback(call: GuardedCall, exit?: ExitFrame): Promise<unknown> {
  return call.aborted ? unwind(Promise.reject(call.reason), exit) : attempt(call, exit);
}

function attempt(call: GuardedCall, exit: ExitFrame | undefined): Promise<unknown> {
  if (call.dueAt !== Number.POSITIVE_INFINITY && !call.armed) return unwind(attemptUntilDue(call), exit);
  if (call.abortable) return race(call, exit);
  const { operation } = call;
  try {
    return unwind(Promise.resolve(operation(new CallView(call))), exit);
  } catch (error) {
    return unwind(Promise.reject(error), exit);
  }
}

/** The outcome of the operation, or the reason if the call is aborted before. The guards leave in the turn in which it ends. */
function race(call: GuardedCall, exit: ExitFrame | undefined): Promise<unknown> {
  const scope = callerScope();
  const work = begin(call, scope);
  if (call.aborted) {
    call.abandon(work);
    return unwind(Promise.reject(call.reason), exit);
  }
  return new Promise((resolve, reject) => {
    let wanted = true;
    call.waiter = (reason) => {
      if (!wanted) return;
      wanted = false;
      call.abandon(work);
      // Whatever aborts the call has a context of its own; the guards are left in the caller's.
      scope.runInAsyncScope(() => resolve(unwind(Promise.reject(reason), exit)));
    };
    work.then(
      (value) => {
        if (!wanted) return;
        wanted = false;
        try {
          resolve(exitWithValue(exit, value));
        } catch (error) {
          reject(error);
        }
      },
      (error) => {
        if (!wanted) return;
        wanted = false;
        try {
          resolve(exitWithError(exit, error));
        } catch (failure) {
          reject(failure);
        }
      },
    );
  });
}

function begin(call: GuardedCall, scope: AsyncResource): Promise<unknown> {
  try {
    return Promise.resolve(runWithin(scope, call));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** A deadline from the context that no timeout of ours stands for. Only the attempt is aborted, so that a fallback can answer. */
async function attemptUntilDue(call: GuardedCall): Promise<unknown> {
  const child = call.derive(true);
  const left = Math.max(0, call.remaining());
  const cancel = startTimer(call.clock, left, () => child.abort(timeoutError(call.name, left)), {
    keepAlive: true,
  });
  try {
    return await race(child, undefined);
  } finally {
    cancel();
    call.drop(child);
  }
}

/** The failure of an operation that took `after` milliseconds and was not over. */
export function timeoutError(policy: string, after: number): Error {
  const milliseconds = Math.max(0, Math.round(after));
  return errors.RESILIENCE_TIMEOUT(
    { policy, after: milliseconds },
    { message: `${policy}: the operation did not end within ${milliseconds} ms` },
  );
}

/** Whether this reason means that time was up, wherever the limit was set; a caller's `AbortSignal.timeout` counts too. */
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

const REPORT_ATTEMPT: ExitHandler<number> = {
  onReturn: (call, _value, startedAt) => reportAttempt(call, startedAt, "ok", undefined),
  onThrow(call, error, startedAt) {
    const outcome = isCancelled(call, error) ? "cancelled" : isTimeout(error) ? "timeout" : "failure";
    return reportAttempt(call, startedAt, outcome, { error });
  },
};

function reportAttempt(
  call: GuardedCall,
  startedAt: number,
  outcome: string,
  failure: { error: unknown } | undefined,
): undefined {
  const seconds = (call.clock.monotonic() - startedAt) / 1000;
  attemptEvent.emit({ policy: call.name, outcome }, seconds, { attempt: call.attempt, ...failure });
}
