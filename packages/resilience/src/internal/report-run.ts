import { runEvent } from "../telemetry.ts";
import { ExitFrame, type ExitHandler } from "./exit-frames.ts";
import type { GuardedCall } from "./guarded-call.ts";
import { isCancelled, isTimeout } from "./invoke.ts";
import { isRefusal } from "./refusal.ts";

/** The outermost frame of a run that is reported; `undefined` while no listener wants to know. */
export function runFrame(call: GuardedCall): ExitFrame | undefined {
  return runEvent.active ? new ExitFrame(REPORT_RUN, call, call.clock.monotonic(), undefined) : undefined;
}

const REPORT_RUN: ExitHandler<number> = {
  onReturn: (call, _value, startedAt) => report(call, startedAt, answeredBy(call), undefined),
  onThrow: (call, error, startedAt) => report(call, startedAt, failedBy(call, error), { error }),
};

function answeredBy(call: GuardedCall): string {
  if (call.notes?.replaced !== undefined) return "fallback";
  return call.calls > 1 ? "recovered" : "ok";
}

function failedBy(call: GuardedCall, error: unknown): string {
  if (isCancelled(call, error)) return "cancelled";
  if (isTimeout(error)) return "timeout";
  return isRefusal(error) ? "refused" : "failure";
}

function report(
  call: GuardedCall,
  startedAt: number,
  outcome: string,
  failure: { error: unknown } | undefined,
): undefined {
  const seconds = (call.clock.monotonic() - startedAt) / 1000;
  runEvent.emit({ policy: call.name, outcome }, seconds, { attempts: call.calls, ...failure });
}
