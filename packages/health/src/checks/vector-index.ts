import { type Clock, type RedisClient, redisCommand, type SqlClient } from "@seaworthy/core";
import { boundedString, checkOptions, integer, showValue } from "@seaworthy/core/options";
import type { Check, CheckOutcome } from "../check.ts";
import { elapsed, Findings, member, remote } from "../internal/built-in.ts";
import { pgvectorTable } from "../internal/pgvector.ts";
import { checkRedisClient, connectionFlaw, replyMap, replyText } from "../internal/redis.ts";
import { soundClock } from "../internal/sound-clock.ts";
import { withDefault } from "../internal/with-default.ts";

interface CommonOptions {
  /** Documents, 0 or more, below which the check is degraded. @default 0 */
  minDocuments?: number;
  /** @default systemClock */
  clock?: Clock;
}

/** Options of {@link vectorIndexCheck} on RediSearch. */
export interface RediSearchIndexOptions extends CommonOptions {
  /** Name of the index, as `FT.INFO` takes it. */
  index: string;
}

/** Options of {@link vectorIndexCheck} on pgvector. */
export interface PgvectorTableOptions extends CommonOptions {
  /** The table that holds the vectors, with its schema where it is not on the search path. */
  table: string;
}

const MODULE_MISSING = /unknown command|unknown subcommand/i;
const INDEX_MISSING = /unknown:? index|no such index|index not found|SEARCH_INDEX_NOT_FOUND/i;

/**
 * Looks at a vector index: a RediSearch index by `FT.INFO`, or a table of pgvector. Missing is said clearly: a server
 * without vector search is `HEALTH_INDEX_UNSUPPORTED`, one without this index `HEALTH_INDEX_MISSING`, both unhealthy.
 * An index that is still being built, or holds fewer documents than it should, is degraded.
 *
 * Data: `engine`, `present`, `documents` (of a table above 10 000 rows the planner's estimate, then `estimated` is
 * `true`), `indexing`, `latency`; on RediSearch `indexed`, the share that is done, and `failures`; on pgvector
 * `indexes`, how many HNSW and IVFFlat indexes the table has.
 *
 * @throws TypeError when client and options do not go together, or an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, vectorIndexCheck } from "@seaworthy/health";
 * const plainRedis = { call: async () => { throw new Error("ERR unknown command 'FT.INFO'"); } };
 * const health = createHealth();
 * health.add("search", vectorIndexCheck(plainRedis, { index: "items" }), { critical: false });
 * console.log((await health.report()).checks.search?.error); // HEALTH_INDEX_UNSUPPORTED
 * ```
 */
export function vectorIndexCheck(client: RedisClient, options: RediSearchIndexOptions): Check;
export function vectorIndexCheck(client: SqlClient, options: PgvectorTableOptions): Check;
export function vectorIndexCheck(
  client: RedisClient | SqlClient,
  options: RediSearchIndexOptions | PgvectorTableOptions,
): Check {
  checkOptions("vectorIndexCheck", options, ["index", "table", "minDocuments", "clock"]);
  const clock = soundClock(options.clock);
  const least = integer("minDocuments", withDefault(options.minDocuments, 0), 0);
  const look = lookerOf(client, options);
  return remote(async () => {
    const found = new Findings();
    const start = clock.monotonic();
    const outcome = await look(found, least);
    found.data.latency = elapsed(clock, start);
    return outcome ?? found.outcome();
  });
}

type Look = (found: Findings, least: number) => Promise<CheckOutcome | undefined>;

function lookerOf(client: unknown, options: Partial<RediSearchIndexOptions & PgvectorTableOptions>): Look {
  const { index, table } = options;
  if ((index === undefined) === (table === undefined))
    throw new TypeError("vectorIndexCheck needs either index (RediSearch) or table (pgvector)");
  if (index !== undefined) {
    checkRedisClient(client);
    boundedString("index", index);
    return (found, least) => lookAtRedis(client as RedisClient, index, found, least);
  }
  if (typeof member(client, "query") !== "function")
    throw new TypeError(`client must have a query method, like a pg.Pool or PGlite; got ${showValue(client)}`);
  const name = boundedString("table", table as string);
  return async (found, least) => {
    await lookAtTable(client as SqlClient, name, found, least);
    return undefined;
  };
}

async function lookAtRedis(
  client: RedisClient,
  index: string,
  found: Findings,
  least: number,
): Promise<CheckOutcome | undefined> {
  const flaw = connectionFlaw(client);
  if (flaw !== undefined) return { status: "unhealthy", error: flaw };
  found.data.engine = "redisearch";
  let info: ReadonlyMap<string, unknown>;
  try {
    info = replyMap(await redisCommand(client, "FT.INFO", index));
  } catch (error) {
    const message = String(member(error, "message"));
    if (!MODULE_MISSING.test(message) && !INDEX_MISSING.test(message)) throw error;
    found.data.present = false;
    found.add("unhealthy", MODULE_MISSING.test(message) ? "HEALTH_INDEX_UNSUPPORTED" : "HEALTH_INDEX_MISSING");
    return undefined;
  }
  const number = (name: string): number => Number(replyText(info.get(name) ?? "0"));
  // Versions before 2.0 index while they write, and tell neither of these.
  const indexed = info.has("percent_indexed") ? number("percent_indexed") : 1;
  const indexing = number("indexing") !== 0 || indexed < 1;
  const documents = number("num_docs");
  Object.assign(found.data, {
    present: true,
    documents,
    indexing,
    indexed,
    failures: number("hash_indexing_failures"),
  });
  judge(found, indexing, documents, least);
  return undefined;
}

async function lookAtTable(sql: SqlClient, table: string, found: Findings, least: number): Promise<void> {
  found.data.engine = "pgvector";
  const state = await pgvectorTable(sql, table);
  found.data.present = state.present;
  if (!state.present) {
    found.add("unhealthy", state.extension ? "HEALTH_INDEX_MISSING" : "HEALTH_INDEX_UNSUPPORTED");
    return;
  }
  const { documents, estimated, indexes, invalid, indexing } = state;
  Object.assign(found.data, { documents, ...(estimated ? { estimated } : undefined), indexes, indexing });
  judge(found, indexing, documents, least);
  if (invalid > 0 && !indexing) found.add("degraded", "HEALTH_INDEX_INVALID");
}

function judge(found: Findings, indexing: boolean, documents: number, least: number): void {
  if (indexing) found.add("degraded", "HEALTH_INDEX_BUILDING");
  if (documents < least) found.add("degraded", "HEALTH_INDEX_TOO_SMALL");
}
