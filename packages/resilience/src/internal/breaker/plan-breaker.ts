import { systemClock, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  finiteNumber,
  integer,
  oneOf,
  optionalFunction,
  positiveDuration,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { BreakerMode, BreakerOptions, BreakerWindow, SlowCallOptions } from "../../breaker/breaker.ts";
import { checkName, share } from "../options.ts";
import { type BreakerNumbers, BreakerPlan, type OpenTime } from "./plan.ts";

const DEFAULTS = {
  failureRate: 0.5,
  minimumCalls: 10,
  window: 10_000,
  openFor: 30_000,
  openJitter: 0.1,
  probes: 1,
  slowRate: 0.5,
  factor: 2,
  max: 300_000,
} as const;
const LEAST_WINDOW = 10;
const MODES: readonly BreakerMode[] = ["enforcing", "metrics-only", "disabled"];
const OPTIONS: readonly string[] = [
  "name",
  "failureRate",
  "minimumCalls",
  "window",
  "openFor",
  "openJitter",
  "probes",
  "probeFailureRate",
  "probeTimeout",
  "ramp",
  "slowCall",
  "isFailure",
  "isFailedResult",
  "restore",
  "mode",
  "clock",
  "random",
];
const WINDOW_OPTIONS: readonly string[] = ["calls", "consecutive"];
const SLOW_OPTIONS: readonly string[] = ["duration", "rate"];
const GROWING_OPTIONS: readonly string[] = ["initial", "factor", "max"];

/**
 * Checks the options of a breaker.
 *
 * @param patience - how long its policy waits for a call, in milliseconds
 */
export function planBreaker(options: BreakerOptions, patience = 0): BreakerPlan {
  checkOptions("createBreaker", options, OPTIONS);
  const { clock = systemClock, random = Math.random, slowCall } = options;
  const name = checkName(options.name, "createBreaker");
  clockOption("clock", clock);
  for (const member of ["isFailure", "isFailedResult", "random"] as const) optionalFunction(member, options[member]);
  const slow = slowCall === undefined ? undefined : planSlow(slowCall);
  const probes = integer("probes", withDefault(options.probes, DEFAULTS.probes), 1, 1000);
  const tolerated = options.probeFailureRate;
  return new BreakerPlan({
    name,
    clock,
    random,
    mode: oneOf("mode", withDefault(options.mode, "enforcing"), MODES),
    ...planWindow(options),
    slowAfter: slow?.after ?? Number.POSITIVE_INFINITY,
    slowRate: slow?.rate ?? 1,
    probes,
    probeFailures: tolerated === undefined ? 1 : Math.ceil(share("probeFailureRate", tolerated) * probes - 1e-9),
    fixedProbeTimeout:
      options.probeTimeout === undefined ? undefined : positiveDuration("probeTimeout", options.probeTimeout),
    patience,
    ramp: toMilliseconds(withDefault(options.ramp, 0), "ramp"),
    openJitter: finiteNumber("openJitter", withDefault(options.openJitter, DEFAULTS.openJitter), 0, 1),
    openTime: planOpenTime(withDefault(options.openFor, DEFAULTS.openFor)),
    isFailure: options.isFailure?.bind(options),
    isFailedResult: options.isFailedResult?.bind(options),
  });
}

function planWindow(
  options: BreakerOptions,
): Pick<BreakerNumbers, "windowKind" | "windowSize" | "failureRate" | "minimumCalls"> {
  const window: BreakerWindow = withDefault(options.window, DEFAULTS.window);
  const failureRate = share("failureRate", withDefault(options.failureRate, DEFAULTS.failureRate));
  const atLeast = (byDefault: number): number =>
    integer("minimumCalls", withDefault(options.minimumCalls, byDefault), 1);
  if (typeof window !== "object" || window === null) {
    const windowSize = toMilliseconds(window, "window");
    if (windowSize < LEAST_WINDOW)
      throw new TypeError(`window must be ${LEAST_WINDOW} ms or more; got ${showValue(options.window)}`);
    return { windowKind: "time", windowSize, failureRate, minimumCalls: atLeast(DEFAULTS.minimumCalls) };
  }
  checkOptions("window", window, WINDOW_OPTIONS);
  if ("calls" in window && !("consecutive" in window)) {
    const windowSize = integer("window.calls", window.calls, 1, 100_000);
    const minimumCalls = atLeast(Math.min(windowSize, DEFAULTS.minimumCalls));
    if (minimumCalls > windowSize)
      throw new TypeError(`minimumCalls must be at most window.calls; got ${minimumCalls} of ${windowSize}`);
    return { windowKind: "calls", windowSize, failureRate, minimumCalls };
  }
  if ("calls" in window) throw new TypeError(`window must have one of calls and consecutive; got ${showValue(window)}`);
  for (const name of ["failureRate", "minimumCalls"] as const) {
    if (options[name] !== undefined)
      throw new TypeError(`${name} has no meaning for a consecutive window; got ${showValue(options[name])}`);
  }
  const windowSize = integer("window.consecutive", window.consecutive, 1, 1_000_000);
  return { windowKind: "consecutive", windowSize, failureRate: 1, minimumCalls: windowSize };
}

function planSlow(options: SlowCallOptions): { after: number; rate: number } {
  checkOptions("slowCall", options, SLOW_OPTIONS);
  return {
    after: positiveDuration("slowCall.duration", options.duration),
    rate: share("slowCall.rate", withDefault(options.rate, DEFAULTS.slowRate)),
  };
}

function planOpenTime(openFor: NonNullable<BreakerOptions["openFor"]>): OpenTime {
  if (typeof openFor === "function") return openFor;
  if (typeof openFor !== "object" || openFor === null) return positiveDuration("openFor", openFor);
  checkOptions("openFor", openFor, GROWING_OPTIONS);
  return {
    initial: positiveDuration("openFor.initial", openFor.initial),
    factor: finiteNumber("openFor.factor", withDefault(openFor.factor, DEFAULTS.factor), 1, 100),
    max: positiveDuration("openFor.max", withDefault(openFor.max, DEFAULTS.max)),
  };
}
