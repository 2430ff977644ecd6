import { systemClock, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  finiteNumber,
  optionalFunction,
  positiveDuration,
  showValue,
  soundClock,
  wholeNumber,
} from "@seaworthy/core/options";
import { checkName, otherwise, share } from "../internal/options.ts";
import { reportCallback } from "../internal/report.ts";
import type { BreakerOptions, BreakerSnapshot, GrowingOpenTime, SlowCallOptions } from "./breaker.ts";
import { VerdictWindow } from "./verdict-window.ts";

const DEFAULTS = {
  failureRate: 0.5,
  minimumCalls: 10,
  window: 10_000,
  openFor: 30_000,
  probes: 1,
  slowRate: 0.5,
  factor: 2,
  cap: 300_000,
} as const;
const LEAST_WINDOW = 10;
const KNOWN: readonly string[] = [
  ["name", "failureRate", "minimumCalls", "window", "openFor", "probes", "probeTimeout"],
  ["slowCall", "isFailure", "isFailedResult", "restore", "clock"],
].flat();
const SLOW: readonly string[] = ["duration", "rate"];
const GROWING: readonly string[] = ["base", "factor", "cap"];

/** A breaker's options, checked and resolved. */
export interface BreakerPlan {
  readonly name: string;
  readonly window: number;
  readonly probes: number;
  readonly probeTimeout: number | undefined;
  readonly slowAfter: number;
  readonly slowRate: number;
  readonly openFor: (openings: number) => number;
  readonly isFailure: ((error: unknown) => boolean) | undefined;
  readonly isFailedResult: ((value: unknown) => boolean) | undefined;
  readonly clock: NonNullable<BreakerOptions["clock"]>;
  readonly failures: VerdictWindow;
  readonly slow: VerdictWindow | undefined;
}

/** Checks the options of a breaker. */
export function planBreaker(options: BreakerOptions): BreakerPlan {
  checkOptions("createBreaker", options, KNOWN);
  const { clock = systemClock, slowCall } = options;
  const name = checkName(options.name, "createBreaker");
  soundClock("clock", clock);
  optionalFunction("isFailure", options.isFailure);
  optionalFunction("isFailedResult", options.isFailedResult);
  const window = toMilliseconds(otherwise(options.window, DEFAULTS.window), "window");
  if (window < LEAST_WINDOW)
    throw new TypeError(`window must be ${LEAST_WINDOW} ms or more; got ${showValue(options.window)}`);
  const minimumCalls = wholeNumber("minimumCalls", otherwise(options.minimumCalls, DEFAULTS.minimumCalls), 1);
  const common = { name, minimumCalls, window, clock };
  const failureRate = share("failureRate", otherwise(options.failureRate, DEFAULTS.failureRate));
  const slow = slowCall === undefined ? undefined : planSlow(slowCall);
  return {
    name,
    clock,
    window,
    probes: wholeNumber("probes", otherwise(options.probes, DEFAULTS.probes), 1, 1000),
    probeTimeout:
      options.probeTimeout === undefined ? undefined : positiveDuration("probeTimeout", options.probeTimeout),
    slowAfter: slow?.after ?? Number.POSITIVE_INFINITY,
    slowRate: slow?.rate ?? 1,
    openFor: planOpenFor(otherwise(options.openFor, DEFAULTS.openFor)),
    isFailure: options.isFailure?.bind(options),
    isFailedResult: options.isFailedResult?.bind(options),
    failures: new VerdictWindow({ ...common, rate: failureRate }),
    slow: slow && new VerdictWindow({ ...common, rate: slow.rate }),
  };
}

function planSlow(options: SlowCallOptions): { after: number; rate: number } {
  checkOptions("slowCall", options, SLOW);
  return {
    after: positiveDuration("slowCall.duration", options.duration),
    rate: share("slowCall.rate", otherwise(options.rate, DEFAULTS.slowRate)),
  };
}

function planOpenFor(openFor: NonNullable<BreakerOptions["openFor"]>): (openings: number) => number {
  if (typeof openFor === "function") {
    return (openings) => {
      try {
        return positiveDuration("openFor's answer", openFor(openings));
      } catch (error) {
        reportCallback(openFor, "openFor", error);
        return DEFAULTS.openFor;
      }
    };
  }
  if (typeof openFor === "object" && openFor !== null) return planGrowth(openFor);
  const fixed = positiveDuration("openFor", openFor);
  return () => fixed;
}

function planGrowth(growth: GrowingOpenTime): (openings: number) => number {
  checkOptions("openFor", growth, GROWING);
  const base = positiveDuration("openFor.base", growth.base);
  const factor = finiteNumber("openFor.factor", otherwise(growth.factor, DEFAULTS.factor), 1, 100);
  const cap = positiveDuration("openFor.cap", otherwise(growth.cap, DEFAULTS.cap));
  return (openings) => Math.min(cap, base * factor ** (openings - 1));
}

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
  for (const name of ["openings", "calls", "failures", "slow"] as const) wholeNumber(`restore.${name}`, taken[name], 0);
  return taken;
}
