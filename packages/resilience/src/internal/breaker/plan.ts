import type { Clock, Duration } from "@seaworthy/core";
import { positiveDuration } from "@seaworthy/core/options";
import type { BreakerMode, BreakerOptions } from "../../breaker/breaker.ts";
import { reportCallback } from "../report.ts";
import type { WindowCounts } from "./rolling-statistics.ts";
import { tripsOn } from "./trip-rule.ts";

/** An open time: fixed, growing, or as a function of the host's says. */
export type OpenTime =
  | number
  | { readonly initial: number; readonly factor: number; readonly max: number }
  | ((openings: number) => Duration);

/** A breaker's options, checked and in milliseconds. */
export interface BreakerNumbers {
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly mode: BreakerMode;
  readonly windowKind: "time" | "calls" | "consecutive";
  readonly windowSize: number;
  readonly failureRate: number;
  readonly minimumCalls: number;
  readonly slowAfter: number;
  readonly slowRate: number;
  readonly probes: number;
  /** Failing probes that open it again. */
  readonly probeFailures: number;
  readonly fixedProbeTimeout: number | undefined;
  /** How long the policy waits for a call. */
  readonly patience: number;
  readonly ramp: number;
  readonly openJitter: number;
  readonly openTime: OpenTime;
  readonly isFailure: BreakerOptions["isFailure"];
  readonly isFailedResult: BreakerOptions["isFailedResult"];
}

const CAREFUL_OPEN_TIME = 30_000;

/** What a breaker decides by. Numbers and methods, no closures: there may be many thousands of breakers. */
export class BreakerPlan {
  readonly numbers: BreakerNumbers;

  constructor(numbers: BreakerNumbers) {
    this.numbers = numbers;
  }

  /** Whether what the window holds opens the breaker, and why. */
  trips(counts: WindowCounts): "failures" | "slow" | undefined {
    const { windowKind, windowSize } = this.numbers;
    if (windowKind !== "consecutive") return tripsOn(counts, this.numbers);
    if (counts.failures >= windowSize) return "failures";
    return counts.slow >= windowSize ? "slow" : undefined;
  }

  /** The limit of a probe, in an opening of so many milliseconds. */
  probeTimeout(openTime: number): number {
    return this.numbers.fixedProbeTimeout ?? Math.max(openTime, this.numbers.patience);
  }

  /** The open time of the opening of this number, shortened by chance. */
  openFor(openings: number): number {
    const { openJitter, random } = this.numbers;
    const time = this.#openTime(openings);
    return openJitter === 0 ? time : time * (1 - openJitter * (Math.min(1, Math.max(0, random())) || 0));
  }

  #openTime(openings: number): number {
    const { openTime } = this.numbers;
    if (typeof openTime === "number") return openTime;
    if (typeof openTime === "object")
      return Math.min(openTime.max, openTime.initial * openTime.factor ** (openings - 1));
    try {
      return positiveDuration("openFor's answer", openTime(openings));
    } catch (error) {
      reportCallback(openTime, "openFor", error);
      return CAREFUL_OPEN_TIME;
    }
  }

  /** The rule in words, for `explain`. */
  get rule(): string {
    const { windowKind, windowSize, failureRate, minimumCalls } = this.numbers;
    if (windowKind === "consecutive") return `${windowSize} failures in a row`;
    return `${Math.round(failureRate * 100)} % of at least ${minimumCalls} calls`;
  }

  /** The first open time, for `explain`; `undefined` if a function of the host's says it. */
  get firstOpenTime(): number | undefined {
    const { openTime } = this.numbers;
    return typeof openTime === "function" ? undefined : this.#openTime(1);
  }
}
