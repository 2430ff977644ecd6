import { readMember } from "@seaworthy/core/objects";
import type { BreakerOpening, BreakerOptions } from "../../breaker/breaker.ts";
import { hasCode } from "../../errors.ts";
import type { GuardedCall } from "../guarded-call.ts";
import { isCancelled } from "../invoke.ts";
import { reportCallback } from "../report.ts";
import type { WindowCounts } from "./rolling-statistics.ts";

/** What one call says about the upstream. */
export type Verdict = "success" | "failure" | "ignored";

/** Judges an error by the host's predicate, if the call says anything at all. */
export function judgeError(error: unknown, call: GuardedCall, isFailure: BreakerOptions["isFailure"]): Verdict {
  // A call that never left a queue says nothing about the upstream, nor does one that its caller cancelled.
  if (call.queued || isCancelled(call, error) || hasCode(error, "RESILIENCE_BULKHEAD_FULL")) return "ignored";
  try {
    if (isFailure === undefined) return isAbort(error) ? "ignored" : "failure";
    const answer: unknown = isFailure(error);
    if (answer === "success") return "success";
    if (typeof answer === "object" && answer !== null) {
      Promise.resolve(answer).catch(() => undefined);
      throw new TypeError(`it must return a boolean or "success" at once; got an object`);
    }
    return answer ? "failure" : "ignored";
  } catch (failure) {
    // A predicate that throws leaves the question open; the call did fail.
    if (isFailure !== undefined) reportCallback(isFailure, "isFailure", failure);
    return "failure";
  }
}

/** An operation that was aborted by a signal of its own was given up by somebody on this side. */
function isAbort(error: unknown): boolean {
  // The name first: `DOMException` is a lazy global, and most errors are not one.
  return readMember(error, "name") === "AbortError" && error instanceof DOMException;
}

/** Why a breaker opens, as a value. */
export function openingOf(
  reason: BreakerOpening["reason"],
  { calls, failures, slow }: WindowCounts,
  lastError: unknown,
  at: number,
): BreakerOpening {
  const failureRate = calls === 0 ? 0 : failures / calls;
  const slowRate = calls === 0 ? 0 : slow / calls;
  return Object.freeze({ reason, at, calls, failures, slow, failureRate, slowRate, lastError });
}

const LONGEST = 64;

/** An error's code, or else its name: what can be shown without a risk of showing a secret. */
export function shownError(error: unknown): string | undefined {
  try {
    const { code, name }: { code?: unknown; name?: unknown } = error ?? {};
    const shown = typeof code === "string" ? code : name;
    return typeof shown === "string" ? shown.slice(0, LONGEST) : undefined;
  } catch {
    return undefined;
  }
}
