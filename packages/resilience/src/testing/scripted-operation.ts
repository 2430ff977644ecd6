import { type Clock, type Duration, sleep, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, showValue } from "@seaworthy/core/options";
import type { Call } from "../call.ts";

/** What one call does: exactly one of `value`, `error` and `hang`. */
export interface ScriptStep<T> {
  /** Returns this. */
  value?: T;
  /** Throws this. */
  error?: unknown;
  /** Never ends, and ignores its signal. */
  hang?: true;
  /** Ends only after this long, and ignores its signal meanwhile. @default at once */
  after?: Duration;
}

/** An operation that does what its script says. */
export interface ScriptedOperation<T> {
  (call?: Call): Promise<T>;
  /** The calls made so far, in order. */
  readonly calls: readonly {
    readonly attempt: number;
    readonly at: number;
    readonly signal: AbortSignal | undefined;
  }[];
}

const STEP_OPTIONS: readonly string[] = ["value", "error", "hang", "after"];

/**
 * An operation for tests of your own policies: call n does what step n says; the last step repeats.
 *
 * @throws TypeError if there is no step, or one does not say exactly what it does
 * @example
 * ```ts
 * import { retry } from "@seaworthy/resilience";
 * import { scriptedOperation } from "@seaworthy/resilience/testing";
 * const operation = scriptedOperation([{ error: new Error("busy") }, { value: "done" }]);
 * console.log(await retry(operation, { initialDelay: 1 }), operation.calls.length); // done 2
 * ```
 */
export function scriptedOperation<T>(
  steps: readonly ScriptStep<T>[],
  options: { clock?: Clock } = {},
): ScriptedOperation<T> {
  const { clock = systemClock } = options;
  clockOption("clock", clock);
  if (!Array.isArray(steps) || steps.length === 0)
    throw new TypeError(`scriptedOperation takes a list of steps; got ${showValue(steps)}`);
  for (const step of steps) checkStep(step);
  const calls: { attempt: number; at: number; signal: AbortSignal | undefined }[] = [];
  const operation = async (call?: Call): Promise<T> => {
    const step = steps[Math.min(calls.length, steps.length - 1)] as ScriptStep<T>;
    calls.push({ attempt: call?.attempt ?? 1, at: clock.now(), signal: call?.signal });
    if (step.after !== undefined) await sleep(toMilliseconds(step.after), { clock, keepAlive: true });
    if (step.hang) return new Promise<never>(() => undefined);
    if ("error" in step) throw step.error;
    return step.value as T;
  };
  return Object.assign(operation, { calls });
}

function checkStep(step: ScriptStep<unknown>): void {
  checkOptions("a step", step, STEP_OPTIONS);
  const said = ["value", "error", "hang"].filter((name) => name in step);
  if (said.length !== 1)
    throw new TypeError(`a step says one of value, error and hang; got ${said.join(", ") || "none"}`);
  if (step.after !== undefined) toMilliseconds(step.after, "after");
}
