import type { Clock } from "@seaworthy/core";
import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import { waitAtMost } from "@seaworthy/core/waiting";
import { type Findings, numberMember, ratio } from "./built-in.ts";
import type { Levels } from "./levels.ts";

/** The numbers of a connection pool. */
export interface PoolNumbers {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
  readonly max: number | undefined;
}

/** The thresholds of a connection pool. */
export interface PoolLevels {
  readonly saturation: Levels;
  readonly waiting: Levels;
}

/**
 * The numbers of a pool, from its `stats()` or from members of the client like those of `pg.Pool`. Returns `undefined`
 * if the client is not a pool.
 */
export function poolNumbers(client: unknown): PoolNumbers | undefined {
  const stats = readMember(client, "stats");
  const source: unknown = typeof stats === "function" ? stats.call(client) : client;
  const total = numberMember(source, "total") ?? numberMember(source, "totalCount");
  if (total === undefined) return undefined;
  return {
    total,
    idle: numberMember(source, "idle") ?? numberMember(source, "idleCount") ?? 0,
    waiting: numberMember(source, "waiting") ?? numberMember(source, "waitingCount") ?? 0,
    max: numberMember(source, "max") ?? numberMember(readMember(source, "options"), "max"),
  };
}

/** Whether a caller has to wait until another one releases its connection. */
export function isFull(pool: PoolNumbers | undefined): boolean {
  return pool?.max !== undefined && pool.total >= pool.max && pool.idle === 0;
}

/** Adds the numbers of a pool to the findings, and compares them with the thresholds. */
export function judgePool(found: Findings, pool: PoolNumbers, levels: PoolLevels): void {
  const { total, idle, waiting, max } = pool;
  const saturation = max === undefined ? undefined : ratio(total - idle, max);
  found.data.pool = { total, idle, waiting, ...withoutUndefined({ max, saturation }) };
  found.judge(waiting, levels.waiting, "HEALTH_POOL_WAITING");
  if (saturation !== undefined) found.judge(saturation, levels.saturation, "HEALTH_POOL_SATURATED");
}

/** Sends the statement of a check. */
export type Ask = (signal: AbortSignal) => Promise<unknown>;

/** A limited wait for the answer of a pool. */
export interface LimitedWait {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Whether the answer came within the limit. A failure is passed on. A request that is late is aborted. */
export async function answeredWithin(ask: Ask, { clock, limit, signal }: LimitedWait): Promise<boolean> {
  const late = new AbortController();
  const answer = ask(AbortSignal.any([signal, late.signal])).then(() => true);
  try {
    return await waitAtMost(answer, { limit, onLimit: () => false, clock });
  } finally {
    late.abort();
  }
}
