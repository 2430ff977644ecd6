import { finiteNumber, integer, showValue } from "@seaworthy/core/options";
import type { BreakerSnapshot } from "../../breaker/breaker.ts";

const STATES: readonly string[] = ["closed", "open", "half-open", "isolated"];

/** A snapshot comes from a file or another process: it is checked like any input. */
export function checkSnapshot(snapshot: unknown): BreakerSnapshot {
  if (typeof snapshot !== "object" || snapshot === null)
    throw new TypeError(`restore must be a breaker's snapshot; got ${showValue(snapshot)}`);
  const taken = snapshot as BreakerSnapshot;
  if (!STATES.includes(taken.state))
    throw new TypeError(`restore.state must be a breaker's state; got ${showValue(taken.state)}`);
  finiteNumber("restore.at", taken.at, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  finiteNumber("restore.openRemaining", taken.openRemaining, 0, Number.MAX_SAFE_INTEGER);
  for (const name of ["openings", "calls", "failures", "slow"] as const) integer(`restore.${name}`, taken[name], 0);
  if (taken.window !== undefined) checkSamples(taken.window);
  return taken;
}

const MOST_SAMPLES = 100_000;

function checkSamples(window: NonNullable<BreakerSnapshot["window"]>): void {
  const { slice, samples } = window ?? {};
  finiteNumber("restore.window.slice", slice, 0, Number.MAX_SAFE_INTEGER);
  if (!Array.isArray(samples) || samples.length > MOST_SAMPLES)
    throw new TypeError(`restore.window.samples must be an array; got ${showValue(samples)}`);
  for (const sample of samples as readonly (readonly number[])[]) {
    if (!Array.isArray(sample) || sample.length !== 3)
      throw new TypeError(`restore.window.samples must hold [calls, failures, slow]; got ${showValue(sample)}`);
    for (const count of sample) integer("restore.window.samples", count, 0);
  }
}
