import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, finiteNumber, optionalFunction, withDefault } from "@seaworthy/core/options";
import type { Operation, Runner, RunOptions } from "../call.ts";
import { detached, type Layer } from "../internal/layer.ts";
import { pause } from "../internal/pause.ts";
import { createPipeline, exposePipeline, startRun } from "../internal/pipeline.ts";
import { seeded } from "../internal/testing/random.ts";

/** What goes wrong, and how often. At least one of `fault`, `latency`, `outcome`. */
export interface ChaosOptions {
  /** Share of calls that it happens to, 0 to 1. @default 1 */
  rate?: number;
  /** Thrown in place of the call; a function makes one each time. */
  fault?: unknown;
  /** Waited before the call, or before the fault or outcome. */
  latency?: Duration;
  /** Returned in place of the call; a function makes one each time. */
  outcome?: unknown;
  /** An integer from 0 to 2^32-1; the same seed picks the same calls. @default chance */
  seed?: number;
  /** A number from 0 to 1 for each call; instead of a seed. */
  random?: () => number;
  /** @default systemClock */
  clock?: Clock;
}

/** A guard that does harm. Put it innermost in a `compose`, or around a client. */
export interface Chaos extends Runner {
  /** Off it does nothing. @default true */
  enabled: boolean;
  /** Calls it happened to. */
  readonly injected: number;
  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T>;
  /** A function of the same signature that it happens to. */
  wrap<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => Promise<Awaited<R>>;
}

const OPTIONS: readonly string[] = ["rate", "fault", "latency", "outcome", "seed", "random", "clock"];

/**
 * Injects faults, latency or outcomes into a share of calls, for tests and for drills.
 *
 * @throws TypeError if an option is wrong, or nothing is to be injected
 * @example
 * ```ts
 * import { compose, policy } from "@seaworthy/resilience";
 * import { chaos } from "@seaworthy/resilience/testing";
 * const storm = chaos({ rate: 0.5, fault: () => new Error("injected"), seed: 7 });
 * const guarded = compose(policy("search", { retry: { attempts: 5, initialDelay: 1 } }), storm);
 * console.log(await guarded.run(async () => "through")); // through
 * ```
 */
export function chaos(options: ChaosOptions): Chaos {
  checkOptions("chaos", options, OPTIONS);
  const { clock = systemClock } = options;
  clockOption("clock", clock);
  optionalFunction("random", options.random);
  const rate = finiteNumber("rate", withDefault(options.rate, 1), 0, 1);
  const latency = options.latency === undefined ? undefined : toMilliseconds(options.latency, "latency");
  if (latency === undefined && !("fault" in options) && !("outcome" in options))
    throw new TypeError("chaos: give a fault, a latency or an outcome");
  const random = options.random ?? (options.seed === undefined ? Math.random : seeded(options.seed));
  const state = { enabled: true, injected: 0 };
  const layer: Layer = (next) =>
    detached(async (call) => {
      if (!state.enabled || random() >= rate) return next(call, undefined);
      state.injected += 1;
      if (latency !== undefined) await pause(call, latency);
      if ("fault" in options) throw made(options.fault);
      return "outcome" in options ? made(options.outcome) : next(call, undefined);
    });
  return chaosOf(layer, state, clock);
}

function made(given: unknown): unknown {
  return typeof given === "function" ? (given as () => unknown)() : given;
}

function chaosOf(layer: Layer, state: { enabled: boolean; injected: number }, clock: Clock): Chaos {
  const pipeline = createPipeline("chaos", clock, [layer]);
  const run = <T>(operation: Operation<T>, options?: RunOptions): Promise<T> => startRun(pipeline, operation, options);
  const made: Chaos = {
    get enabled() {
      return state.enabled;
    },
    set enabled(on) {
      state.enabled = on;
    },
    get injected() {
      return state.injected;
    },
    run,
    wrap<A extends unknown[], R>(fn: (...args: A) => R) {
      return function harmed(this: unknown, ...args: A) {
        return run(() => fn.apply(this, args) as Awaited<R>);
      };
    },
  };
  exposePipeline(made, pipeline);
  return made;
}
