import { toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  finiteNumber,
  flag,
  integer,
  oneOf,
  positiveDuration,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { Runner } from "../call.ts";
import { createWithin } from "../internal/creation-scope.ts";
import { seeded } from "../internal/testing/random.ts";
import { amountOf, arrivals, SimulatedUpstream } from "../internal/testing/simulated-upstream.ts";
import { replacePlatformTime, VirtualTime } from "../internal/testing/virtual-time.ts";
import type {
  Distribution,
  SimulatedFault,
  SimulatedUpstreamOptions,
  SimulationOptions,
  SimulationPhase,
  SimulationResult,
} from "./simulation.ts";

const OPTIONS: readonly string[] = ["policy", "upstream", "fault", "load", "processes", "duration", "seed", "globals"];
const UPSTREAM_OPTIONS: readonly string[] = ["workers", "service", "distribution"];
const FAULT_OPTIONS: readonly string[] = ["kind", "until", "amount", "from"];
const DEFAULTS = {
  workers: 20,
  service: 50,
  distribution: "exponential",
  utilization: 0.7,
  from: 30_000,
  until: 60_000,
  rest: 90_000,
  healthy: 60_000,
} as const;
const RECOVERED = 0.95;
const RECOVERY_SECONDS = 5;
// Runs that began shortly before the end are answered as well.
const LAST_RUNS = 10_000;

/**
 * Runs a policy against a simulated upstream in virtual time, and reports what the policy made of a fault: the share of
 * answered runs, the calls that the upstream received, and how long the recovery took. Minutes of traffic take about a
 * second, and the same seed gives the same result.
 *
 * @throws TypeError if an option is wrong
 * @example
 * ```ts
 * import { policy } from "@seaworthy/resilience";
 * import { simulate } from "@seaworthy/resilience/testing";
 * const { during } = await simulate({
 *   policy: ({ clock, random }) => policy("search", { timeout: "1s", breaker: { openFor: "5s" }, clock, random }),
 *   fault: { kind: "outage", from: "10s", until: "20s" },
 *   duration: "30s",
 * });
 * console.log(during.amplification < 0.5); // true
 * ```
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const plan = planSimulation(options);
  const time = new VirtualTime();
  const restore = plan.globals ? replacePlatformTime(time) : undefined;
  try {
    return await runSimulation(plan, time);
  } finally {
    restore?.();
  }
}

interface SimulationPlan {
  readonly policy: SimulationOptions["policy"];
  readonly upstream: {
    workers: number;
    mean: number;
    distribution: Distribution;
  };
  readonly fault: SimulatedFault | undefined;
  readonly from: number;
  readonly until: number;
  readonly load: number;
  readonly processes: number;
  readonly duration: number;
  readonly seed: number;
  readonly globals: boolean;
}

function planSimulation(options: SimulationOptions): SimulationPlan {
  checkOptions("simulate", options, OPTIONS);
  const { policy, fault } = options;
  if (typeof policy !== "function") throw new TypeError(`policy must be a function; got ${showValue(policy)}`);
  const upstream = planUpstream(withDefault(options.upstream, {}));
  const { from, until } = planFault(fault);
  const capacity = (upstream.workers / upstream.mean) * 1000;
  const length = fault === undefined ? DEFAULTS.healthy : until + DEFAULTS.rest;
  const duration = positiveDuration("duration", withDefault(options.duration, length));
  return {
    policy: policy.bind(options),
    upstream,
    fault,
    from: Math.min(from, duration),
    until: Math.min(until, duration),
    load: finiteNumber("load", withDefault(options.load, capacity * DEFAULTS.utilization), 0.001, 1_000_000),
    processes: integer("processes", withDefault(options.processes, 1), 1, 10_000),
    duration,
    seed: integer("seed", withDefault(options.seed, 1), 0, 0xffff_ffff),
    globals: options.globals !== undefined && flag("globals", options.globals),
  };
}

function planUpstream(options: SimulatedUpstreamOptions): SimulationPlan["upstream"] {
  checkOptions("upstream", options, UPSTREAM_OPTIONS);
  return {
    workers: integer("upstream.workers", withDefault(options.workers, DEFAULTS.workers), 1, 10_000),
    mean: positiveDuration("upstream.service", withDefault(options.service, DEFAULTS.service)),
    distribution: oneOf("upstream.distribution", withDefault(options.distribution, DEFAULTS.distribution), [
      "constant",
      "exponential",
      "lognormal",
      "bimodal",
    ]),
  };
}

function planFault(fault: SimulatedFault | undefined): { from: number; until: number } {
  if (fault === undefined) return { from: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };
  checkOptions("fault", fault, FAULT_OPTIONS);
  oneOf("fault.kind", fault.kind, ["outage", "hang", "spike", "brownout", "errors"]);
  if (fault.amount !== undefined) finiteNumber("fault.amount", fault.amount, 0, 1000);
  const from = toMilliseconds(withDefault(fault.from, DEFAULTS.from), "fault.from");
  const until = toMilliseconds(withDefault(fault.until, DEFAULTS.until), "fault.until");
  if (until <= from) throw new TypeError(`fault.until must be after fault.from; got ${showValue(fault.until)}`);
  return { from, until };
}

async function runSimulation(plan: SimulationPlan, time: VirtualTime): Promise<SimulationResult> {
  // Separate sources: a policy that draws numbers for its jitter must not change what the upstream does.
  const random = seeded(plan.seed);
  const chance = seeded((plan.seed ^ 0x9e37_79b9) >>> 0);
  const upstream = new SimulatedUpstream(time, seeded((plan.seed ^ 0x85eb_ca6b) >>> 0), plan.upstream);
  const runners = Array.from({ length: plan.processes }, () =>
    createWithin({ keyed: false, gauges: false }, () => plan.policy({ clock: time.clock, random: chance })),
  );
  const record = new Record(plan.duration);
  let surge = 1;
  const setFault = (fault: SimulatedFault | undefined): void => {
    surge = fault?.kind === "spike" ? amountOf(fault) : 1;
    upstream.fault = fault;
  };
  if (plan.fault !== undefined) {
    time.at(plan.from, () => setFault(plan.fault));
    time.at(plan.until, () => setFault(undefined));
  }
  const arrive = (): void => {
    const runner = runners[Math.floor(random() * runners.length)] as Runner;
    const second = record.offer(time.now);
    const startedAt = time.now;
    const operation = ({ signal }: { signal: AbortSignal }): Promise<void> => {
      record.call(time.now);
      return upstream.call(signal);
    };
    runner.run(operation).then(
      () => record.answer(second, time.now - startedAt),
      () => undefined,
    );
  };
  const load = arrivals(time, random, () => plan.load * surge, arrive);
  await time.run(plan.duration);
  load.stop();
  await time.run(plan.duration + LAST_RUNS);
  return record.result(plan.from, plan.until);
}

/** Counts per second of virtual time. */
class Record {
  readonly #seconds: { offered: number; answered: number; calls: number; latency: number }[];
  readonly #duration: number;

  constructor(duration: number) {
    this.#duration = duration;
    const zeros = () => ({ offered: 0, answered: 0, calls: 0, latency: 0 });
    this.#seconds = Array.from({ length: Math.ceil(duration / 1000) + 1 }, zeros);
  }

  offer(now: number): number {
    const second = Math.floor(now / 1000);
    this.#at(second).offered += 1;
    return second;
  }

  call(now: number): void {
    if (now < this.#duration) this.#at(Math.floor(now / 1000)).calls += 1;
  }

  /** An answer belongs to the second in which its run began. */
  answer(second: number, latency: number): void {
    const counts = this.#at(second);
    counts.answered += 1;
    counts.latency += latency;
  }

  #at(second: number): { offered: number; answered: number; calls: number; latency: number } {
    return this.#seconds[second] as { offered: number; answered: number; calls: number; latency: number };
  }

  result(from: number, until: number): SimulationResult {
    return {
      before: this.#phase(0, from),
      during: this.#phase(from, until),
      after: this.#phase(until, this.#duration),
      recovery: this.#recovery(until),
    };
  }

  #phase(from: number, until: number): SimulationPhase {
    // Whole seconds are counted.
    const first = Math.round(from / 1000);
    const end = Math.round(Math.min(until, this.#duration) / 1000);
    let [offered, answered, calls, latency] = [0, 0, 0, 0];
    for (const counts of this.#seconds.slice(first, end)) {
      offered += counts.offered;
      answered += counts.answered;
      calls += counts.calls;
      latency += counts.latency;
    }
    return {
      offered,
      answered,
      calls,
      goodput: offered === 0 ? 0 : answered / offered,
      answeredPerSecond: end > first ? answered / (end - first) : 0,
      amplification: offered === 0 ? 0 : calls / offered,
      latency: answered === 0 ? 0 : latency / answered,
    };
  }

  #recovery(until: number): number {
    const first = Math.ceil(until / 1000);
    const last = Math.floor(this.#duration / 1000) - RECOVERY_SECONDS;
    for (let second = first; second <= last; second++) {
      const { goodput } = this.#phase(second * 1000, (second + RECOVERY_SECONDS) * 1000);
      if (goodput >= RECOVERED) return second * 1000 - until;
    }
    return Number.POSITIVE_INFINITY;
  }
}
