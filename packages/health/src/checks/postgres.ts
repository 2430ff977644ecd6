import type { Clock, Duration, SqlClient } from "@seaworthy/core";
import { boundedString, checkOptions, clockOption, positiveDuration, withDefault } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { elapsed, Findings, remote, sqlClient } from "../internal/built-in.ts";
import { COUNT, LATENCY, levelsNamed, SHARE } from "../internal/levels.ts";
import { isPgPool, PgPoolProbe } from "../internal/pg-pool.ts";
import { answeredWithin, isFull, judgePool, poolNumbers } from "../internal/pool.ts";
import type { Thresholds } from "../thresholds.ts";

/** Options of {@link postgresCheck}. */
export interface PostgresCheckOptions {
  /** The statement to run. It should change nothing. @default "select 1" */
  query?: string;
  /** Time until the answer arrives, above 0, in milliseconds. @default never */
  latency?: Thresholds<Duration>;
  /** Share of the pool in use, 0 to 1. @default { degradedAt: 0.9 } */
  saturation?: Thresholds<number>;
  /** Number of callers that wait for a connection of the pool, 1 or more. @default { degradedAt: 10 } */
  waiting?: Thresholds<number>;
  /**
   * How long the query may wait if no connection of the pool is free, above 0, in milliseconds. Then the check is
   * unhealthy with `HEALTH_POOL_EXHAUSTED` and the numbers of the pool. It should be shorter than the timeout of the
   * check. @default "500ms"
   */
  connectionWait?: Duration;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = ["query", "latency", "saturation", "waiting", "connectionWait", "clock"];

/**
 * Sends a statement to a PostgreSQL database, and reads the numbers of the pool. `pg.Pool`, `pg.Client` and PGlite fit
 * without an adapter, and so does any client whose `stats()` has `total`, `idle`, `waiting` and `max`.
 *
 * Data: `latency` in milliseconds; for a pool `pool: { total, idle, waiting, max, saturation }`, read before the
 * statement is sent. A run that waits for a connection of a full pool leaves its place in the queue to the next run, so
 * that probes do not lengthen the queue. With `pg.Pool`, a run that times out closes its connection, because the network
 * may have dropped it.
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
  sqlClient(client);
  checkOptions("postgresCheck", options, OPTIONS);
  const clock = clockOption("clock", options.clock);
  const query = boundedString("query", withDefault(options.query, "select 1"), 1, 65_536);
  const connectionWait = positiveDuration("connectionWait", withDefault(options.connectionWait, "500ms"));
  const levels = {
    latency: levelsNamed("latency", LATENCY, options.latency),
    saturation: levelsNamed("saturation", SHARE, options.saturation, { degradedAt: 0.9 }),
    waiting: levelsNamed("waiting", COUNT, options.waiting, { degradedAt: 10 }),
  };
  const ask = asker(client, query, clock);

  return remote(async (signal) => {
    const found = new Findings();
    const pool = poolNumbers(client);
    if (pool !== undefined) judgePool(found, pool, levels);
    const full = isFull(pool);
    const start = clock.monotonic();
    const answered = full
      ? await answeredWithin((late) => ask(late, true), { clock, limit: connectionWait, signal })
      : await ask(signal, false).then(() => true);
    const latency = elapsed(clock, start);
    found.data.latency = latency;
    if (answered) found.judge(latency, levels.latency, "HEALTH_SLOW");
    else found.add("unhealthy", "HEALTH_POOL_EXHAUSTED");
    return found.outcome();
  });
}

/** Sends the statement. `isFull` says that it has to wait for a connection. */
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
