import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  integer,
  optionalFunction,
  positiveDuration,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { Operation, Runner, RunOptions } from "./call.ts";
import { createWithin } from "./internal/creation-scope.ts";
import { optionalFlag } from "./internal/options.ts";

/** Options of {@link keyed}. */
export interface KeyedOptions<I> {
  /** Returns the key of an input. @default the input itself, as a string */
  by?(input: I): string;
  /** Guards that are kept, 1 to 10 000 000; one more takes the place of the one that was used longest ago. @default 10 000 */
  max?: number;
  /** A guard that was not used for so long is dropped; more than 0. @default "10m" */
  idle?: Duration;
  /** Whether the guards show their state in gauges; for a small number of keys. @default false */
  gauges?: boolean;
  /** @default systemClock */
  clock?: Clock;
}

/** A guard per key. */
export interface Keyed<I, R extends Runner> {
  /** Guards that are kept. */
  readonly size: number;
  /** The guard of an input; it is made if there is none. */
  for(input: I): R;
  /** Runs an operation under the guard of an input. */
  run<T>(input: I, operation: Operation<T>, options?: RunOptions): ReturnType<R["run"]> & Promise<T>;
  /** The guards that are kept, the one that was used longest ago first. */
  entries(): IterableIterator<[key: string, guard: R]>;
  /** Drops the guard of a key, and calls its `dispose()` if it has one. Returns whether there was a guard. */
  delete(key: string): boolean;
  /** Drops all guards. */
  dispose(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const OPTIONS: readonly string[] = ["by", "max", "idle", "gauges", "clock"];
const DEFAULTS = { max: 10_000, idle: 600_000 } as const;
// Few enough that no call pays much for the idle ones, and more than one, so that they go faster than new ones come.
const SWEEP = 2;

/**
 * Keeps a guard per key, such as a policy per tenant or a breaker per host, and drops those that are idle or too many. It
 * owns no timer: idle guards are dropped when others are used. A run that is under way keeps its guard.
 *
 * @param make - makes the guard of a key
 * @throws TypeError if an argument is wrong
 * @example
 * ```ts
 * import { keyed, policy } from "@seaworthy/resilience";
 * const hosts = keyed((host) => policy(host, { timeout: "2s", breaker: true }), { by: (url: URL) => url.host, max: 1000 });
 * const answer = await hosts.run(new URL("https://a.example/items"), async () => "answer");
 * console.log(answer, hosts.size, hosts.for(new URL("https://a.example/")).name); // answer 1 a.example
 * hosts.dispose();
 * ```
 */
export function keyed<R extends Runner, I = string>(
  make: (key: string) => R,
  options: KeyedOptions<I> = {},
): Keyed<I, R> {
  if (typeof make !== "function")
    throw new TypeError(`keyed takes a function that makes a guard; got ${showValue(make)}`);
  checkOptions("keyed", options, OPTIONS);
  optionalFunction("by", options.by);
  const { clock = systemClock } = options;
  clockOption("clock", clock);
  optionalFlag("gauges", options.gauges);
  const scope = { keyed: true, gauges: options.gauges === true };
  return new GuardMap<I, R>({
    make: (key) => createWithin(scope, () => make(key)),
    by: options.by?.bind(options) ?? String,
    max: integer("max", withDefault(options.max, DEFAULTS.max), 1, 10_000_000),
    idle: positiveDuration("idle", withDefault(options.idle, DEFAULTS.idle)),
    clock,
  });
}

interface Entry<R> {
  readonly guard: R;
  usedAt: number;
}

interface GuardMapOptions<I, R> {
  readonly make: (key: string) => R;
  readonly by: (input: I) => string;
  readonly max: number;
  readonly idle: number;
  readonly clock: Clock;
}

class GuardMap<I, R extends Runner> implements Keyed<I, R> {
  readonly #make: (key: string) => R;
  readonly #by: (input: I) => string;
  readonly #max: number;
  readonly #idle: number;
  readonly #clock: Clock;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry<R>>();

  constructor({ make, by, max, idle, clock }: GuardMapOptions<I, R>) {
    this.#make = make;
    this.#by = by;
    this.#max = max;
    this.#idle = idle;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  for(input: I): R {
    const key = this.#by(input);
    if (typeof key !== "string") throw new TypeError(`by must return a string; got ${showValue(key)}`);
    const now = this.#clock.monotonic();
    this.#sweep(now);
    const found = this.#entries.get(key);
    if (found !== undefined) {
      found.usedAt = now;
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found.guard;
    }
    const guard = this.#make(key);
    if (typeof guard?.run !== "function")
      throw new TypeError(`keyed: the function must return a guard with run(); got ${showValue(guard)}`);
    if (this.#entries.size >= this.#max) this.#dropOldest();
    this.#entries.set(key, { guard, usedAt: now });
    return guard;
  }

  run<T>(input: I, operation: Operation<T>, options?: RunOptions): ReturnType<R["run"]> & Promise<T> {
    try {
      return this.for(input).run(operation, options) as ReturnType<R["run"]> & Promise<T>;
    } catch (error) {
      return Promise.reject(error) as ReturnType<R["run"]> & Promise<T>;
    }
  }

  *entries(): IterableIterator<[string, R]> {
    for (const [key, { guard }] of this.#entries) yield [key, guard];
  }

  delete(key: string): boolean {
    const found = this.#entries.get(key);
    if (found === undefined) return false;
    this.#entries.delete(key);
    (found.guard as { dispose?: () => void }).dispose?.();
    return true;
  }

  dispose(): void {
    for (const key of [...this.#entries.keys()]) this.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
  }

  #sweep(now: number): void {
    for (let swept = 0; swept < SWEEP; swept++) {
      const [oldest] = this.#entries;
      if (oldest === undefined || now - oldest[1].usedAt < this.#idle) return;
      this.delete(oldest[0]);
    }
  }

  #dropOldest(): void {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.delete(oldest);
  }
}
