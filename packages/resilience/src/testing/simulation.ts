import type { Clock, Duration } from "@seaworthy/core";
import type { Runner } from "../call.ts";

/** How service times scatter around their mean. */
export type Distribution = "constant" | "exponential" | "lognormal" | "bimodal";

/** The upstream of a simulation: workers that each do one call at a time, and a queue before them. */
export interface SimulatedUpstreamOptions {
  /** Calls that it works on at once, 1 to 10 000. @default 20 */
  workers?: number;
  /** How long a worker takes for one call, on average; more than 0. @default "50ms" */
  service?: Duration;
  /** How the service times scatter. @default "exponential" */
  distribution?: Distribution;
}

/** What goes wrong during a simulation, and when. */
export interface SimulatedFault {
  /**
   * `"outage"`: every call is refused at once. `"hang"`: no call is answered. `"spike"`: the load is `amount` times as high.
   * `"brownout"`: only the share `amount` of the workers works. `"errors"`: the share `amount` of the calls fails.
   */
  kind: "outage" | "hang" | "spike" | "brownout" | "errors";
  /** When it begins. @default "30s" */
  from?: Duration;
  /** When it ends. @default "60s" */
  until?: Duration;
  /** Its size; not for an outage and a hang. @default 2 for a spike, 0.25 for a brownout, 0.4 for errors */
  amount?: number;
}

/** What a policy is made with in a simulation. */
export interface SimulationContext {
  /** The virtual clock. */
  clock: Clock;
  /** A seeded source of numbers from 0 to 1. */
  random: () => number;
}

/** Options of {@link simulate}. */
export interface SimulationOptions {
  /** Makes the policy of one process, or any other guard with `run()`. */
  policy(context: SimulationContext): Runner;
  /** @default 20 workers of 50 ms, exponential: 400 calls per second */
  upstream?: SimulatedUpstreamOptions;
  /** @default none */
  fault?: SimulatedFault;
  /** Runs offered per second, as a Poisson process; more than 0. @default 70 % of what the upstream can do */
  load?: number;
  /** Processes that share the load, each with a policy of its own, 1 to 10 000. @default 1 */
  processes?: number;
  /** How long the load lasts, in virtual time. @default "90s" after the end of the fault, or "60s" without a fault */
  duration?: Duration;
  /** An integer from 0 to 2^32-1. The same seed gives the same result. @default 1 */
  seed?: number;
  /**
   * Whether the global timers, `Date.now` and `performance.now` run in virtual time meanwhile, for guards that take no
   * clock. Nothing else may use them until the simulation has ended.
   * @default false
   */
  globals?: boolean;
}

/** What happened in one part of a simulation. */
export interface SimulationPhase {
  /** Runs that began. */
  readonly offered: number;
  /** Of those, the runs that resolved, at the latest ten seconds after the end of the load. */
  readonly answered: number;
  /** Calls that the upstream received. */
  readonly calls: number;
  /** Share of answered runs, 0 to 1; 0 if none was offered. */
  readonly goodput: number;
  /** Answered runs per second. */
  readonly answeredPerSecond: number;
  /** Calls of the upstream per offered run; 0 if none was offered. */
  readonly amplification: number;
  /** Mean time of the answered runs, in milliseconds. */
  readonly latency: number;
}

/** The result of {@link simulate}. */
export interface SimulationResult {
  /** Until the fault began, or the whole simulation. */
  readonly before: SimulationPhase;
  /** While the fault lasted. */
  readonly during: SimulationPhase;
  /** Since the fault ended. */
  readonly after: SimulationPhase;
  /** Milliseconds from the end of the fault to the first five seconds in which 95 % of the runs were answered; `Infinity` if there were none. */
  readonly recovery: number;
}
