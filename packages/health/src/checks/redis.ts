import { randomUUID } from "node:crypto";
import { type Clock, type Duration, type RedisClient, redisCommand } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { boundedString, checkOptions, clockOption, flag, withDefault } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import type { HealthCode } from "../errors.ts";
import { elapsed, Findings, ratio, remote, stopIfAborted } from "../internal/built-in.ts";
import { redisReply } from "../internal/failure.ts";
import { LATENCY, type Levels, levelsNamed, SHARE } from "../internal/levels.ts";
import { connectionFlaw, redisClient, redisInfo, replyText } from "../internal/redis.ts";
import type { Thresholds } from "../thresholds.ts";

/** Options of {@link redisCheck}. */
export interface RedisCheckOptions {
  /** Latency of the ping, above 0, in milliseconds. @default never */
  latency?: Thresholds<Duration>;
  /** Share of `maxmemory` in use, 0 to 1, if the server evicts nothing. @default { degradedAt: 0.9 } */
  memory?: Thresholds<number>;
  /** Whether to write, read and delete a probe key. Set it to `false` for a replica that is only read. @default true */
  write?: boolean;
  /** Prefix of the probe key, which expires after 10 s. @default "seaworthy:health:" */
  prefix?: string;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = ["latency", "memory", "write", "prefix", "clock"];
const PROBE_LIFETIME = 10_000;
const REFUSALS: Readonly<Record<string, HealthCode>> = {
  READONLY: "HEALTH_READ_ONLY",
  OOM: "HEALTH_MEMORY_HIGH",
  MISCONF: "HEALTH_WRITES_REFUSED",
  NOREPLICAS: "HEALTH_WRITES_REFUSED",
};

/**
 * Pings a Redis server, compares its memory with `maxmemory`, and writes, reads and deletes a probe key, in two round
 * trips. ioredis and node-redis both fit.
 *
 * Data: `latency` of the ping in milliseconds; `memory: { used, max, ratio, policy }`; `role`; `readOnly`. A server that
 * is read-only, or refuses writes, is unhealthy unless `write` is `false`.
 *
 * @throws TypeError if the client is not one of the two, or an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, redisCheck } from "@seaworthy/health";
 * import type { RedisClient } from "@seaworthy/core";
 * const watch = (client: RedisClient) => createHealth().add("cache", redisCheck(client), { critical: false });
 * ```
 */
export function redisCheck(client: RedisClient, options: RedisCheckOptions = {}): Check {
  redisClient(client);
  checkOptions("redisCheck", options, OPTIONS);
  const clock = clockOption("clock", options.clock);
  const levels = {
    latency: levelsNamed("latency", LATENCY, options.latency),
    memory: levelsNamed("memory", SHARE, options.memory, { degradedAt: 0.9 }),
  };
  const write = flag("write", withDefault(options.write, true));
  const prefix = boundedString("prefix", withDefault(options.prefix, "seaworthy:health:"));

  return remote(async (signal) => {
    const flaw = connectionFlaw(client);
    if (flaw !== undefined) return { status: "unhealthy", error: flaw };
    const found = new Findings();
    const [key, value] = [prefix + randomUUID(), randomUUID()];
    // Both clients send commands that are given in one turn of the event loop together.
    const start = clock.monotonic();
    const pinged = redisCommand(client, "PING").then(() => elapsed(clock, start));
    const informed = redisInfo(client);
    const written = write ? writeKey(client, key, value) : undefined;
    const [latency, info, refusal] = await settledAll(pinged, informed, written);
    found.data.latency = latency;
    found.judge(latency, levels.latency, "HEALTH_SLOW");
    judgeInfo(found, info, levels.memory);
    if (!write) return found.outcome();
    found.data.readOnly = refusal === "HEALTH_READ_ONLY";
    if (refusal !== undefined) found.add("unhealthy", refusal);
    stopIfAborted(signal);
    if (refusal === undefined && (await takeKey(client, key)) !== value)
      found.add("unhealthy", "HEALTH_PROBE_MISMATCH");
    return found.outcome();
  });
}

function judgeInfo(found: Findings, info: ReadonlyMap<string, string>, levels: Levels): void {
  const used = Number(info.get("used_memory"));
  const max = Number(info.get("maxmemory"));
  const policy = info.get("maxmemory_policy");
  const role = info.get("role");
  if (role !== undefined) found.data.role = role;
  // A replica can be configured to take writes, so the role alone does not make it read-only.
  if (role === "slave") found.data.readOnly = info.get("slave_read_only") !== "0";
  if (!Number.isFinite(used)) return;
  found.data.memory = max > 0 ? { used, max, ratio: ratio(used, max), policy } : { used, policy };
  // A server that evicts keys is expected to be full.
  if (max > 0 && policy === "noeviction") found.judge(used / max, levels, "HEALTH_MEMORY_HIGH");
}

/** The results, once all calls have ended. The first failure is passed on, and none is left unhandled. */
async function settledAll<A, B, C>(a: Promise<A>, b: Promise<B>, c: Promise<C> | undefined): Promise<[A, B, C?]> {
  await Promise.allSettled([a, b, c]);
  return Promise.all([a, b, c]) as Promise<[A, B, C?]>;
}

/** Writes the key. Returns a code if the server refuses writes. */
async function writeKey(client: RedisClient, key: string, value: string): Promise<HealthCode | undefined> {
  try {
    await redisCommand(client, "SET", key, value, "PX", PROBE_LIFETIME);
    return undefined;
  } catch (error) {
    const refusal = REFUSALS[redisReply(error) ?? ""];
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** Reads and deletes the key. */
async function takeKey(client: RedisClient, key: string): Promise<string> {
  try {
    return replyText(await redisCommand(client, "GETDEL", key));
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const read = replyText(await redisCommand(client, "GET", key));
    await redisCommand(client, "DEL", key);
    return read;
  }
}

/** Whether the command does not exist, as before Redis 6.2, or the user may not run it. */
function isUnavailable(error: unknown): boolean {
  const message = readMember(error, "message");
  return typeof message === "string" && /unknown command|^NOPERM/i.test(message);
}
