import { type Clock, type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, integer, showValue, signalOption, withDefault } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { type ProviderResponse, providerLimits } from "../provider-limits.ts";
import type { AcquireOptions, LimitAlgorithm, RateLimit, RateLimitDecision, RateLimiter } from "../rate-limiter.ts";
import type { LimitCall } from "../stores/store.ts";
import { decisionEvent, degradedGauge, waitingGauge } from "../telemetry.ts";
import type { Counting } from "./counting.ts";
import { decide, emptyAnswer } from "./decide.ts";
import type { KeyList } from "./key-list.ts";
import { type Plan, planOf } from "./plan.ts";
import { Turns } from "./turns.ts";

/** What a {@link CountingLimiter} is made of. */
export interface CountingLimiterParts {
  readonly name: string;
  /** Of a limiter whose windows are the same for all keys. */
  readonly plan: Plan | undefined;
  readonly limits: (key: string) => readonly RateLimit[] | Promise<readonly RateLimit[]>;
  readonly algorithm: LimitAlgorithm | undefined;
  readonly counting: Counting;
  readonly allowList: KeyList | undefined;
  readonly blockList: KeyList | undefined;
  readonly maxWaiting: number;
  readonly clock: Clock;
}

type Action = LimitCall["action"];

const ACQUIRE_OPTIONS = ["cost", "signal", "maxWait"];
const LARGEST_COST = 1_000_000_000;
const LONGEST_BLOCK = 400 * 86_400_000;
const ALLOWED = { source: "allow-list", degraded: false };
const BLOCKED = { source: "block-list", degraded: false };

/** A rate limiter over a way to count. */
export class CountingLimiter implements RateLimiter {
  readonly name: string;
  readonly #parts: CountingLimiterParts;
  readonly #turns: Turns;
  readonly #untrack: readonly (() => void)[];
  /** Windows of keys, checked: a host that returns the same array for a plan has it checked once. */
  readonly #plans = new WeakMap<readonly RateLimit[], Plan>();
  #isClosed = false;

  constructor(parts: CountingLimiterParts) {
    const { name, clock, maxWaiting } = parts;
    this.name = name;
    this.#parts = parts;
    const consume = (key: string, cost: number): Promise<RateLimitDecision> => this.consume(key, cost);
    const refund = (key: string, cost: number): Promise<unknown> => this.refund(key, cost);
    const turns = new Turns({ limiter: name, maxWaiting, clock, consume, refund });
    this.#turns = turns;
    this.#untrack = track(name, parts.counting, turns);
  }

  consume(key: string, cost = 1): Promise<RateLimitDecision> {
    if (!decisionEvent.active) return this.#decide("consume", key, cost);
    return this.#decide("consume", key, cost).then((decision) => {
      const { allowed, source } = decision;
      decisionEvent.emit({ limiter: this.name, outcome: allowed ? "allowed" : "refused", source });
      return decision;
    });
  }

  peek(key: string, cost = 1): Promise<RateLimitDecision> {
    return this.#decide("peek", key, cost);
  }

  penalize(key: string, cost = 1): Promise<RateLimitDecision> {
    return this.#decide("add", key, cost);
  }

  async refund(key: string, cost = 1): Promise<RateLimitDecision> {
    return this.#apply("add", key, -costOf(cost));
  }

  async block(key: string, duration: Duration): Promise<void> {
    const milliseconds = toMilliseconds(duration, "duration");
    if (milliseconds > LONGEST_BLOCK)
      throw new TypeError(`duration must be at most 400 days; got ${showValue(duration)}`);
    await this.#apply("block", key, milliseconds);
  }

  async reset(key: string): Promise<void> {
    await this.#apply("reset", key, 0);
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<RateLimitDecision> {
    checkOptions("acquire", options, ACQUIRE_OPTIONS);
    const cost = costOf(withDefault(options.cost, 1));
    const signal = signalOption("signal", options.signal);
    const maxWait =
      options.maxWait === undefined ? Number.POSITIVE_INFINITY : toMilliseconds(options.maxWait, "maxWait");
    checkKey(key);
    if (this.#isClosed) throw errors.RATELIMIT_CLOSED({ limiter: this.name });
    return this.#turns.take(key, { cost, signal, maxWait });
  }

  async heed(key: string, response: ProviderResponse): Promise<number> {
    const { retryAfter, remaining, resetAfter } = providerLimits(response, this.#parts.clock.now());
    const wait = Math.min(LONGEST_BLOCK, retryAfter ?? (remaining === 0 ? (resetAfter ?? 0) : 0));
    if (wait > 0) await this.block(key, wait);
    return wait;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const untrack of this.#untrack) untrack();
    this.#turns.close();
    this.#parts.counting.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #decide(action: Action, key: string, cost: number): Promise<RateLimitDecision> {
    try {
      return this.#apply(action, key, costOf(cost));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Without an await, if the limits are the same for all keys and the counts are here: each costs a turn of the queue. */
  #apply(action: Action, key: string, amount: number): Promise<RateLimitDecision> {
    checkKey(key);
    if (this.#isClosed) throw errors.RATELIMIT_CLOSED({ limiter: this.name });
    const { plan } = this.#parts;
    if (plan === undefined) return this.#planOf(key).then((made) => this.#count(made, action, key, amount));
    return this.#count(plan, action, key, amount);
  }

  #count(plan: Plan, action: Action, key: string, amount: number): Promise<RateLimitDecision> {
    const { counting, allowList, blockList } = this.#parts;
    if (allowList?.has(key) === true) return Promise.resolve(decide(plan, emptyAnswer(plan, true), ALLOWED));
    if (blockList?.has(key) === true) return Promise.resolve(decide(plan, emptyAnswer(plan, false), BLOCKED));
    const counted = counting.apply({ limiter: this.name, key, windows: plan.windows, action, amount });
    if (counted instanceof Promise) return counted.then((later) => decide(plan, later.answer, later));
    return Promise.resolve(decide(plan, counted.answer, counted));
  }

  async #planOf(key: string): Promise<Plan> {
    const limits = await this.#parts.limits(key);
    const known = Array.isArray(limits) ? this.#plans.get(limits) : undefined;
    if (known !== undefined) return known;
    const plan = planOf(limits, this.#parts.algorithm);
    this.#plans.set(limits, plan);
    return plan;
  }
}

function track(limiter: string, counting: Counting, turns: Turns): readonly (() => void)[] {
  return [
    degradedGauge.track({ limiter }, () => Number(counting.isDegraded)),
    waitingGauge.track({ limiter }, () => turns.size),
  ];
}

function checkKey(key: string): void {
  if (typeof key !== "string" || key === "")
    throw new TypeError(`key must be a string of one character or more; got ${showValue(key)}`);
}

const costOf = (cost: unknown): number => integer("cost", cost, 1, LARGEST_COST);
