import { type Clock, type Duration, type SqlClient, startTimer } from "@seaworthy/core";
import {
  boundedString,
  checkOptions,
  finiteNumber,
  integer,
  positiveDuration,
  showValue,
} from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { elapsed, Findings, member, numberMember, ratio, remote } from "../internal/built-in.ts";
import { isPgPool, PgPoolProbe } from "../internal/pg-pool.ts";
import { soundClock } from "../internal/sound-clock.ts";
import { withDefault } from "../internal/with-default.ts";

/** Options of {@link postgresCheck}. */
export interface PostgresCheckOptions {
  /** The statement, one that changes nothing. @default "select 1" */
  query?: string;
  /** Latency from which on the check is degraded, above 0, in milliseconds. @default never */
  slow?: Duration;
  /** Share of the pool in use, 0 to 1, from which on the check is degraded. @default 0.9 */
  saturation?: number;
  /** How many callers, 0 or more, may wait for a connection before the check is degraded. @default 10 */
  waiting?: number;
  /**
   * How long the query may wait while no connection of the pool is free, above 0, in milliseconds; then the check is
   * unhealthy and says so, with the pool's numbers. Keep it below the check's timeout. @default "500ms"
   */
  connectionWait?: Duration;
  /** @default systemClock */
  clock?: Clock;
}

/** The numbers of a connection pool. */
interface PoolNumbers {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
  readonly max: number | undefined;
}

const OPTIONS = ["query", "slow", "saturation", "waiting", "connectionWait", "clock"];

/**
 * Asks a PostgreSQL database for an answer, and a pool for its numbers. `pg.Pool`, `pg.Client` and PGlite fit as they
 * are; so does anything whose `stats()` has `total`, `idle`, `waiting` and `max`.
 *
 * Data: `latency` in milliseconds; of a pool `pool: { total, idle, waiting, max, saturation }` as found before asking.
 * A run that waits for a connection of a full pool leaves its place in the queue to the next run, so that probes do not
 * add to it. With `pg.Pool`, a run that times out closes its connection, since the network may have forgotten it.
 *
 * @throws TypeError if the client has no `query`, or an option is unknown or out of bounds
 * @example
 * ```ts
 * import { PGlite } from "@electric-sql/pglite";
 * import { createHealth, postgresCheck } from "@seaworthy/health";
 * const database = await PGlite.create();
 * const health = createHealth();
 * health.add("database", postgresCheck(database), { failureThreshold: 2 });
 * console.log((await health.report()).status); // healthy
 * await database.close();
 * ```
 */
export function postgresCheck(client: SqlClient, options: PostgresCheckOptions = {}): Check {
  if (typeof member(client, "query") !== "function")
    throw new TypeError(`client must have a query method, like a pg.Pool or PGlite; got ${showValue(client)}`);
  checkOptions("postgresCheck", options, OPTIONS);
  const clock = soundClock(options.clock);
  const query = boundedString("query", withDefault(options.query, "select 1"), 1, 65_536);
  const slow = options.slow === undefined ? Number.POSITIVE_INFINITY : positiveDuration("slow", options.slow);
  const saturation = finiteNumber("saturation", withDefault(options.saturation, 0.9), 0, 1);
  const waiting = integer("waiting", withDefault(options.waiting, 10), 0);
  const connectionWait = positiveDuration("connectionWait", withDefault(options.connectionWait, "500ms"));
  const ask = asker(client, query, clock);

  return remote(async (signal) => {
    const found = new Findings();
    const pool = poolOf(client);
    if (pool !== undefined) judgePool(found, pool, saturation, waiting);
    const start = clock.monotonic();
    const answered = await answeredWithin(ask, isFull(pool) ? connectionWait : undefined, clock, signal);
    found.data.latency = elapsed(clock, start);
    if (!answered) found.add("unhealthy", "HEALTH_POOL_EXHAUSTED");
    else if ((found.data.latency as number) >= slow) found.add("degraded", "HEALTH_SLOW");
    return found.outcome();
  });
}

/** Makes the query; `isFull` says that it will have to wait for a connection. */
type Ask = (signal: AbortSignal, isFull: boolean) => Promise<unknown>;

function asker(client: SqlClient, query: string, clock: Clock): Ask {
  if (isPgPool(client)) {
    const probe = new PgPoolProbe(client, () => clock.monotonic());
    return (signal) => probe.query(query, signal);
  }
  let queued: Promise<unknown> | undefined;
  return (_signal, isFull) => {
    if (queued !== undefined && isFull) return queued;
    const asked = client.query(query).finally(() => {
      if (queued === asked) queued = undefined;
    });
    queued = asked;
    return asked;
  };
}

function poolOf(client: SqlClient): PoolNumbers | undefined {
  const stats = member(client, "stats");
  const source: unknown = typeof stats === "function" ? stats.call(client) : client;
  const total = numberMember(source, "total") ?? numberMember(source, "totalCount");
  if (total === undefined) return undefined;
  return {
    total,
    idle: numberMember(source, "idle") ?? numberMember(source, "idleCount") ?? 0,
    waiting: numberMember(source, "waiting") ?? numberMember(source, "waitingCount") ?? 0,
    max: numberMember(source, "max") ?? numberMember(member(source, "options"), "max"),
  };
}

const isFull = (pool: PoolNumbers | undefined): boolean =>
  pool?.max !== undefined && pool.total >= pool.max && pool.idle === 0;

function judgePool(found: Findings, pool: PoolNumbers, saturation: number, waiting: number): void {
  const { total, idle, max } = pool;
  const used = max === undefined ? undefined : ratio(total - idle, max);
  found.data.pool = {
    total,
    idle,
    waiting: pool.waiting,
    ...(used === undefined ? undefined : { max, saturation: used }),
  };
  if (pool.waiting > waiting) found.add("degraded", "HEALTH_POOL_WAITING");
  if (used !== undefined && used >= saturation) found.add("degraded", "HEALTH_POOL_SATURATED");
}

/** Whether the answer came within the limit; a failure is passed on. What comes later is given up. */
async function answeredWithin(
  ask: Ask,
  limit: number | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  if (limit === undefined) return ask(signal, false).then(() => true);
  const late = new AbortController();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = startTimer(clock, limit, () => resolve(false));
  const answer = ask(AbortSignal.any([signal, late.signal]), true).then(() => true);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    cancel();
    answer.catch(() => undefined);
    late.abort();
  }
}
