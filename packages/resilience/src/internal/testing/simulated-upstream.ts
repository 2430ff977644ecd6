import type { Distribution, SimulatedFault } from "../../testing/simulation.ts";
import { exponential, serviceTime } from "./random.ts";
import type { VirtualTime } from "./virtual-time.ts";

interface Job {
  readonly fails: boolean;
  readonly settle: (failed: boolean) => void;
}

const REFUSAL_TIME = 1;

/** An upstream of so many workers and an unbounded queue. It finishes every call that it has accepted, even if the caller has left. */
export class SimulatedUpstream {
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #workers: number;
  readonly #mean: number;
  readonly #distribution: Distribution;
  #queue: Job[] = [];
  #first = 0;
  #busy = 0;
  #fault: SimulatedFault | undefined;
  /** Calls received. */
  calls = 0;

  constructor(
    time: VirtualTime,
    random: () => number,
    { workers, mean, distribution }: { workers: number; mean: number; distribution: Distribution },
  ) {
    this.#time = time;
    this.#random = random;
    this.#workers = workers;
    this.#mean = mean;
    this.#distribution = distribution;
  }

  set fault(fault: SimulatedFault | undefined) {
    this.#fault = fault;
    this.#work();
  }

  /** One call. It rejects as soon as its signal aborts; the upstream does not notice that. */
  call(signal: AbortSignal): Promise<void> {
    this.calls += 1;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = (failed: boolean): void => (failed ? reject(new Error("the upstream failed")) : resolve());
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    const kind = this.#fault?.kind;
    if (kind === "hang") return promise;
    if (kind === "outage") this.#time.at(this.#time.now + REFUSAL_TIME, () => settle(true));
    else {
      this.#queue.push({ fails: kind === "errors" && this.#random() < amountOf(this.#fault), settle });
      this.#work();
    }
    return promise;
  }

  #work(): void {
    const brownout = this.#fault?.kind === "brownout" ? amountOf(this.#fault) : 1;
    const workers = Math.max(1, Math.round(this.#workers * brownout));
    while (this.#busy < workers && this.#first < this.#queue.length) {
      const job = this.#queue[this.#first++] as Job;
      this.#busy += 1;
      this.#time.at(this.#time.now + serviceTime(this.#distribution, this.#mean, this.#random), () => {
        this.#busy -= 1;
        job.settle(job.fails);
        this.#work();
      });
    }
    if (this.#first > 1000 && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
  }
}

const AMOUNTS = { spike: 2, brownout: 0.25, errors: 0.4 } as const;

/** The size of a fault: what was given, or the default of its kind. */
export function amountOf(fault: SimulatedFault | undefined): number {
  if (fault === undefined || fault.kind === "outage" || fault.kind === "hang") return 1;
  return fault.amount ?? AMOUNTS[fault.kind];
}

/** Calls back at the times of a Poisson process, whose rate is read before each call. */
export function arrivals(
  time: VirtualTime,
  random: () => number,
  rate: () => number,
  arrive: () => void,
): { stop(): void } {
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = time.at(time.now + exponential(1000 / rate(), random), () => {
      next();
      arrive();
    });
  };
  next();
  return { stop: () => cancel() };
}
