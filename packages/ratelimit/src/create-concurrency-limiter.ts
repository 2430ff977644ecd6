import { randomUUID } from "node:crypto";
import { type Clock, currentContext, remainingTime, sleep, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  integer,
  oneOf,
  positiveDuration,
  requiredFunction,
  showValue,
  signalOption,
  withDefault,
} from "@seaworthy/core/options";
import type {
  ConcurrencyLease,
  ConcurrencyLimiter,
  ConcurrencyLimiterOptions,
  LeaseOptions,
} from "./concurrency-limiter.ts";
import { errors } from "./errors.ts";
import { HeldConcurrencyLease } from "./internal/held-lease.ts";
import { checkName } from "./internal/plan.ts";
import { type Leases, localLeases, SharedLeases } from "./internal/shared-leases.ts";
import { memoryLimitStore } from "./stores/memory-store.ts";
import { inUseGauge, leaseEvent } from "./telemetry.ts";

const OPTIONS = ["name", "limit", "ttl", "store", "onStoreFailure", "storeTimeout", "clock"];
const LEASE_OPTIONS = ["maxWait", "signal"];
const TTL = "30s";
const SHORTEST_TTL = 100;
const LONGEST_TTL = 86_400_000;
const STORE_TIMEOUT = "50ms";
/** A wait asks this often, since a release of another process is not announced. */
const POLL_EVERY = 100;

interface Parts {
  readonly name: string;
  readonly limit: number;
  readonly ttl: number;
  readonly leases: Leases;
  readonly clock: Clock;
}

/**
 * Limits how much work a key has running at the same time, in this process or in all processes that share a store. The
 * leases of a process that dies end after `ttl`.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createConcurrencyLimiter } from "@seaworthy/ratelimit";
 * await using exports = createConcurrencyLimiter({ name: "export", limit: 2 });
 * console.log(await exports.run("tenant-7", async (signal) => (signal.aborted ? "lost" : "done"))); // done
 * ```
 */
export function createConcurrencyLimiter(options: ConcurrencyLimiterOptions): ConcurrencyLimiter {
  checkOptions("createConcurrencyLimiter", options, OPTIONS);
  const name = checkName("name", options.name);
  const clock = clockOption("clock", options.clock);
  const limit = integer("limit", options.limit, 1, 100_000);
  const ttl = toMilliseconds(withDefault(options.ttl, TTL), "ttl");
  if (ttl < SHORTEST_TTL || ttl > LONGEST_TTL)
    throw new TypeError(`ttl must be from 100 ms to 1 day; got ${showValue(options.ttl)}`);
  const modes = ["memory", "open", "closed"] as const;
  const onStoreFailure = oneOf("onStoreFailure", withDefault(options.onStoreFailure, "memory"), modes);
  const storeTimeout = positiveDuration("storeTimeout", withDefault(options.storeTimeout, STORE_TIMEOUT));
  const store = options.store === undefined ? memoryLimitStore({ clock }) : options.store;
  requiredFunction("store.lease", store?.lease);
  const leases = store.local
    ? localLeases(store)
    : new SharedLeases({ limiter: name, store, onStoreFailure, storeTimeout, clock });
  return new LeasingLimiter({ name, limit, ttl, leases, clock });
}

class LeasingLimiter implements ConcurrencyLimiter {
  readonly name: string;
  readonly #parts: Parts;
  readonly #held = new Set<ConcurrencyLease>();
  readonly #closing = new AbortController();
  readonly #untrack: () => void;

  constructor(parts: Parts) {
    this.name = parts.name;
    this.#parts = parts;
    const held = this.#held;
    this.#untrack = inUseGauge.track({ limiter: parts.name }, () => held.size);
  }

  async acquire(key: string, options: LeaseOptions = {}): Promise<ConcurrencyLease> {
    checkOptions("acquire", options, LEASE_OPTIONS);
    if (typeof key !== "string" || key === "")
      throw new TypeError(`key must be a string of one character or more; got ${showValue(key)}`);
    const { clock } = this.#parts;
    const signal = signalOption("signal", options.signal) ?? currentContext().signal;
    const maxWait = Math.min(toMilliseconds(withDefault(options.maxWait, 0), "maxWait"), remainingTime(clock));
    const until = clock.monotonic() + maxWait;
    for (;;) {
      signal?.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      const lease = await this.#attempt(key);
      if (lease instanceof HeldConcurrencyLease) return lease;
      const left = until - clock.monotonic();
      if (left <= 0) throw errors.RATELIMIT_BUSY({ limiter: this.name }, { retryAfter: 1000 });
      const ends = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
      await sleep(Math.min(POLL_EVERY, left), { clock, signal: ends, keepAlive: true });
    }
  }

  async run<T>(key: string, fn: (signal: AbortSignal) => Promise<T> | T, options?: LeaseOptions): Promise<T> {
    requiredFunction("fn", fn);
    const lease = await this.acquire(key, options);
    try {
      return await fn(lease.signal);
    } finally {
      await lease.release();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(errors.RATELIMIT_CLOSED({ limiter: this.name }));
    this.#untrack();
    await Promise.all([...this.#held].map((lease) => lease.release()));
    this.#parts.leases.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #attempt(key: string): Promise<HeldConcurrencyLease | undefined> {
    const { name, limit, ttl, leases, clock } = this.#parts;
    const askedAt = clock.monotonic();
    const call = { limiter: name, key, action: "acquire", holder: randomUUID(), limit, ttl } as const;
    const granted = await leases.lease(call);
    if (leaseEvent.active) leaseEvent.emit({ limiter: name, outcome: granted.held ? "granted" : "refused" });
    if (!granted.held) return undefined;
    const onEnd = (lease: ConcurrencyLease): void => void this.#held.delete(lease);
    const lease = new HeldConcurrencyLease({ leases, clock, call, granted, askedAt, onEnd });
    this.#held.add(lease);
    if (this.#closing.signal.aborted) await lease.release();
    return lease;
  }
}
