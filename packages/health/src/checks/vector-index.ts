import { type Clock, type Duration, type RedisClient, redisCommand, type SqlClient } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { boundedString, checkOptions, clockOption } from "@seaworthy/core/options";
import type { Check, CheckOutcome } from "../check.ts";
import { elapsed, Findings, remote, sqlClient } from "../internal/built-in.ts";
import { LATENCY, LEAST_COUNT, type Levels, levelsNamed } from "../internal/levels.ts";
import { pgvectorTable } from "../internal/pgvector.ts";
import { connectionFlaw, redisClient, replyMap, replyText } from "../internal/redis.ts";
import type { Thresholds } from "../thresholds.ts";

const OPTIONS = ["index", "table", "documents", "latency", "clock"];

interface CommonOptions {
  /** Number of documents, 0 or more. Fewer documents are worse, so `degradedAt` is the higher value. @default never */
  documents?: Thresholds<number>;
  /** Time until all answers have arrived, above 0, in milliseconds. @default never */
  latency?: Thresholds<Duration>;
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
  /** The table that holds the vectors, with its schema if that is not on the search path. */
  table: string;
}

const MODULE_MISSING = /unknown command|unknown subcommand/i;
const INDEX_MISSING = /unknown:? index|no such index|index not found|SEARCH_INDEX_NOT_FOUND/i;

/**
 * Checks a vector index: an index of RediSearch by `FT.INFO`, or a table with vectors of pgvector. A server without vector
 * search is unhealthy with `HEALTH_INDEX_UNSUPPORTED`, and one without this index with `HEALTH_INDEX_MISSING`. An index
 * that is still being built is degraded.
 *
 * Data: `engine`, `present`, `documents` (the planner's estimate for a table of more than 10 000 rows, and then
 * `estimated` is `true`), `indexing`, `latency`; on RediSearch `indexed`, the share that is done, and `failures`; on
 * pgvector `indexes`, the number of HNSW and IVFFlat indexes of the table.
 *
 * @throws TypeError if the client does not fit the options, or an option is unknown or out of bounds
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
  checkOptions("vectorIndexCheck", options, OPTIONS);
  const clock = clockOption("clock", options.clock);
  const documents = levelsNamed("documents", LEAST_COUNT, options.documents);
  const latencyLevels = levelsNamed("latency", LATENCY, options.latency);
  const inspect = inspectorOf(client, options, documents);
  return remote(async () => {
    const found = new Findings();
    const start = clock.monotonic();
    const outcome = await inspect(found);
    const latency = elapsed(clock, start);
    found.data.latency = latency;
    found.judge(latency, latencyLevels, "HEALTH_SLOW");
    return outcome ?? found.outcome();
  });
}

type Inspect = (found: Findings) => Promise<CheckOutcome | undefined>;

function inspectorOf(
  client: unknown,
  { index, table }: Partial<RediSearchIndexOptions & PgvectorTableOptions>,
  levels: Levels,
): Inspect {
  if ((index === undefined) === (table === undefined))
    throw new TypeError("vectorIndexCheck needs either index (RediSearch) or table (pgvector)");
  if (index !== undefined) {
    const redis = redisClient(client);
    boundedString("index", index);
    return (found) => inspectRedis(redis, index, found, levels);
  }
  const sql = sqlClient(client);
  const name = boundedString("table", table);
  return async (found) => {
    await inspectTable(sql, name, found, levels);
    return undefined;
  };
}

async function inspectRedis(
  client: RedisClient,
  index: string,
  found: Findings,
  levels: Levels,
): Promise<CheckOutcome | undefined> {
  const flaw = connectionFlaw(client);
  if (flaw !== undefined) return { status: "unhealthy", error: flaw };
  found.data.engine = "redisearch";
  let info: ReadonlyMap<string, unknown>;
  try {
    info = replyMap(await redisCommand(client, "FT.INFO", index));
  } catch (error) {
    const message = String(readMember(error, "message"));
    if (!MODULE_MISSING.test(message) && !INDEX_MISSING.test(message)) throw error;
    found.data.present = false;
    found.add("unhealthy", MODULE_MISSING.test(message) ? "HEALTH_INDEX_UNSUPPORTED" : "HEALTH_INDEX_MISSING");
    return undefined;
  }
  const number = (name: string): number => Number(replyText(info.get(name) ?? "0"));
  // Versions before 2.0 index while they write, and report neither of these fields.
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
  judge(found, { indexing, documents }, levels);
  return undefined;
}

async function inspectTable(sql: SqlClient, table: string, found: Findings, levels: Levels): Promise<void> {
  found.data.engine = "pgvector";
  const state = await pgvectorTable(sql, table);
  found.data.present = state.present;
  if (!state.present) {
    found.add("unhealthy", state.extension ? "HEALTH_INDEX_MISSING" : "HEALTH_INDEX_UNSUPPORTED");
    return;
  }
  const { documents, estimated, indexes, invalid, indexing } = state;
  Object.assign(found.data, { documents, indexes, indexing });
  if (estimated) found.data.estimated = true;
  judge(found, { indexing, documents }, levels);
  if (invalid > 0 && !indexing) found.add("degraded", "HEALTH_INDEX_INVALID");
}

function judge(found: Findings, state: { indexing: boolean; documents: number }, levels: Levels): void {
  if (state.indexing) found.add("degraded", "HEALTH_INDEX_BUILDING");
  found.judge(state.documents, levels, "HEALTH_INDEX_TOO_SMALL");
}
