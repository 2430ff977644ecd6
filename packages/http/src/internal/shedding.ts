import { type Clock, type Duration, toMilliseconds } from "@seaworthy/core";
import { warnOfCallback } from "@seaworthy/core/listeners";
import { checkOptions, finiteNumber, oneOf, requiredFunction, showValue, withDefault } from "@seaworthy/core/options";
import type { LoadSignal, Priority, ShedOptions } from "../load.ts";
import type { EdgeRequest } from "../messages.ts";
import { loadGauge } from "../telemetry.ts";
import { loopDelay } from "./loop-delay.ts";
import { pathMatcher } from "./path-matcher.ts";

/** Decides which requests are refused. */
export interface Load {
  /** Why a request is refused, or `undefined` if it is let in. */
  refusal(request: EdgeRequest): { readonly priority: Priority; readonly signal: string } | undefined;
  readonly retryAfter: number;
}

const OPTIONS = ["delay", "retryAfter", "priority", "signals", "thresholds"];
const PRIORITIES: readonly Priority[] = ["critical", "normal", "background"];
const THRESHOLD_OPTIONS: readonly Priority[] = PRIORITIES;
const DEFAULT_THRESHOLDS: Readonly<Record<Priority, number>> = { background: 0.5, normal: 0.8, critical: 1 };
const EVENT_LOOP = "event_loop";
const SAMPLE_EVERY = 50;

/** A signal as a function that always returns a number from 0 to 1. */
interface Signal {
  readonly name: string;
  /** Called for each request. */
  read(): number;
  /** Called for the gauge. */
  peek(): number;
}

/** @throws TypeError if an option is malformed */
export function createLoad(options: ShedOptions, clock: Clock): Load {
  checkOptions("shed", options, OPTIONS);
  const { delay = "500ms", signals: own = {}, thresholds: given = {} } = options;
  const retryAfter = toMilliseconds(withDefault(options.retryAfter, "1s"), "shed.retryAfter");
  const thresholds = checkThresholds(given);
  const least = Math.min(...Object.values(thresholds));
  const priorityOf = priorities(options.priority);
  const signals = [eventLoop(delay, thresholds.normal, clock), ...ownSignals(own, thresholds.normal, clock)];
  trackSignals(signals);
  return {
    retryAfter,
    refusal(request) {
      let highest: string = EVENT_LOOP;
      let load = 0;
      for (const signal of signals) {
        const now = signal.read();
        if (now > load) [highest, load] = [signal.name, now];
      }
      if (load < least) return undefined; // almost always; then the priority does not matter
      const priority = priorityOf(request);
      return load >= thresholds[priority] ? { priority, signal: highest } : undefined;
    },
  };
}

/** The gauge does not keep an edge alive: only this file's callers hold the array. */
function trackSignals(signals: readonly Signal[]): void {
  const held = new WeakRef(signals);
  for (const [i, { name }] of signals.entries()) loadGauge.track({ signal: name }, () => held.deref()?.[i]?.peek());
}

/** At the given delay the load is that at which normal requests are refused, and at twice the delay it is 1. */
function eventLoop(delay: Duration, normal: number, clock: Clock): Signal {
  const limit = toMilliseconds(delay, "shed.delay");
  if (!(limit >= 1)) throw new TypeError(`shed.delay must be at least 1 ms; got ${limit}`);
  const measured = loopDelay(clock);
  const loadOf = (milliseconds: number): number => {
    const share = milliseconds / limit;
    return share < 1 ? share * normal : Math.min(1, normal + (share - 1) * (1 - normal));
  };
  return { name: EVENT_LOOP, read: () => loadOf(measured.touch()), peek: () => loadOf(measured.peek()) };
}

function ownSignals(given: unknown, normal: number, clock: Clock): Signal[] {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new TypeError(`shed.signals must be functions by name; got ${showValue(given)}`);
  return Object.entries(given).map(([name, signal]) => {
    if (!/^[a-z][a-z0-9_]*$/.test(name) || name === EVENT_LOOP)
      throw new TypeError(
        `shed.signals: a name must have lower-case letters, digits and underscores; got ${showValue(name)}`,
      );
    return ownSignal(name, requiredFunction(`shed.signals.${name}`, signal as LoadSignal), normal, clock);
  });
}

function ownSignal(name: string, signal: LoadSignal, normal: number, clock: Clock): Signal {
  const description = { name: `The signal ${name} of shed`, code: "HTTP_LOAD_SIGNAL" };
  let load = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  const read = (): number => {
    const now = clock.monotonic();
    if (now - readAt < SAMPLE_EVERY) return load;
    readAt = now;
    load = 0; // a signal that fails must not refuse requests
    try {
      const given: unknown = signal();
      if (typeof given === "boolean") load = given ? normal : 0;
      else if (typeof given === "number" && !Number.isNaN(given)) load = Math.min(1, Math.max(0, given));
      else throw new TypeError(`it must return a number from 0 to 1 or a boolean; got ${showValue(given)}`);
    } catch (error) {
      warnOfCallback(signal, description, error);
    }
    return load;
  };
  return { name, read, peek: read };
}

function checkThresholds(given: NonNullable<ShedOptions["thresholds"]>): Readonly<Record<Priority, number>> {
  checkOptions("shed.thresholds", given, THRESHOLD_OPTIONS);
  const thresholds = { ...DEFAULT_THRESHOLDS };
  for (const priority of PRIORITIES) {
    const value = given[priority];
    if (value === undefined) continue;
    thresholds[priority] = finiteNumber(`shed.thresholds.${priority}`, value, Number.MIN_VALUE, 1);
  }
  const { background, normal, critical } = thresholds;
  if (background > normal || normal > critical)
    throw new TypeError(
      `shed.thresholds must grow from background to critical; got ${background}, ${normal} and ${critical}`,
    );
  return thresholds;
}

function priorities(given: ShedOptions["priority"]): (request: EdgeRequest) => Priority {
  if (given === undefined) return () => "normal";
  if (typeof given === "function") return (request) => decided(given, request);
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new TypeError(`shed.priority must be priorities by path or a function; got ${showValue(given)}`);
  const rules = Object.entries(given).map(([match, priority]) => ({
    matches: pathMatcher("shed.priority: a key", match),
    priority: oneOf(`shed.priority ${match}`, priority, PRIORITIES),
  }));
  return (request) => rules.find(({ matches }) => matches(request))?.priority ?? "normal";
}

/** A function that fails makes the request a normal one, because overload must not cause further failures. */
function decided(priority: (request: EdgeRequest) => Priority | undefined, request: EdgeRequest): Priority {
  try {
    const given = priority(request) ?? "normal";
    return oneOf("what the function returns", given, PRIORITIES);
  } catch (error) {
    warnOfCallback(priority, { name: "The function shed.priority", code: "HTTP_LOAD_PRIORITY" }, error);
    return "normal";
  }
}
