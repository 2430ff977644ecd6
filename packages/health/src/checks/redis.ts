import { randomUUID } from "node:crypto";
import { type Clock, type Duration, type RedisClient, redisCommand } from "@seaworthy/core";
import { boundedString, checkOptions, finiteNumber, flag, positiveDuration } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import type { HealthCode } from "../errors.ts";
import { elapsed, Findings, ratio, remote, stopIfAborted } from "../internal/built-in.ts";
import { redisReply } from "../internal/failure.ts";
import { checkRedisClient, connectionFlaw, redisInfo, replyText } from "../internal/redis.ts";
import { soundClock } from "../internal/sound-clock.ts";
import { withDefault } from "../internal/with-default.ts";

/** Options of {@link redisCheck}. */
export interface RedisCheckOptions {
  /** Latency of the ping from which on the check is degraded, above 0, in milliseconds. @default never */
  slow?: Duration;
  /** Share of `maxmemory`, 0 to 1, from which on a server that evicts nothing is degraded. @default 0.9 */
  memory?: number;
  /** Whether to write, read and delete a key of its own. Say `false` for a replica that is only read. @default true */
  write?: boolean;
  /** What the probe key begins with; it lives for 10 s at the most. @default "seaworthy:health:" */
  prefix?: string;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = ["slow", "memory", "write", "prefix", "clock"];
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
 * @throws TypeError when the client is neither, or an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, redisCheck } from "@seaworthy/health";
 * import type { RedisClient } from "@seaworthy/core";
 * const watch = (client: RedisClient) => createHealth().add("cache", redisCheck(client), { critical: false });
 * ```
 */
export function redisCheck(client: RedisClient, options: RedisCheckOptions = {}): Check {
  checkRedisClient(client);
  checkOptions("redisCheck", options, OPTIONS);
  const clock = soundClock(options.clock);
  const slow = options.slow === undefined ? Number.POSITIVE_INFINITY : positiveDuration("slow", options.slow);
  const threshold = finiteNumber("memory", withDefault(options.memory, 0.9), 0, 1);
  const write = flag("write", withDefault(options.write, true));
  const prefix = boundedString("prefix", withDefault(options.prefix, "seaworthy:health:"));

  return remote(async (signal) => {
    const flaw = connectionFlaw(client);
    if (flaw !== undefined) return { status: "unhealthy", error: flaw };
    const found = new Findings();
    const [key, value] = [prefix + randomUUID(), randomUUID()];
    // All at once: both clients send what is asked for in one turn together.
    const start = clock.monotonic();
    const pinged = redisCommand(client, "PING").then(() => elapsed(clock, start));
    const informed = redisInfo(client);
    const written = write ? writeKey(client, key, value) : undefined;
    const [latency, info, refusal] = await settledAll(pinged, informed, written);
    found.data.latency = latency;
    if (latency >= slow) found.add("degraded", "HEALTH_SLOW");
    judgeInfo(found, info, threshold);
    if (!write) return found.outcome();
    found.data.readOnly = refusal === "HEALTH_READ_ONLY";
    if (refusal !== undefined) found.add("unhealthy", refusal);
    stopIfAborted(signal);
    if (refusal === undefined && (await takeKey(client, key)) !== value)
      found.add("unhealthy", "HEALTH_PROBE_MISMATCH");
    return found.outcome();
  });
}

function judgeInfo(found: Findings, info: ReadonlyMap<string, string>, threshold: number): void {
  const used = Number(info.get("used_memory"));
  const max = Number(info.get("maxmemory"));
  const policy = info.get("maxmemory_policy");
  const role = info.get("role");
  if (role !== undefined) found.data.role = role;
  // A replica can be told to take writes, so the role alone does not make it read-only.
  if (role === "slave") found.data.readOnly = info.get("slave_read_only") !== "0";
  if (!Number.isFinite(used)) return;
  found.data.memory = { used, ...(max > 0 ? { max, ratio: ratio(used, max) } : undefined), policy };
  // A server that evicts is meant to be full.
  if (max > 0 && policy === "noeviction" && used / max >= threshold) found.add("degraded", "HEALTH_MEMORY_HIGH");
}

/** What the calls came to, once all of them have ended; the first failure is passed on, and no other goes astray. */
async function settledAll<A, B, C>(a: Promise<A>, b: Promise<B>, c: Promise<C> | undefined): Promise<[A, B, C?]> {
  await Promise.allSettled([a, b, c]);
  return Promise.all([a, b, c]) as Promise<[A, B, C?]>;
}

/** Writes the key, or tells why the server refused. */
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

/** Whether the command does not exist, as before Redis 6.2, or the account may not use it. */
function isUnavailable(error: unknown): boolean {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === "string" && /unknown command|^NOPERM/i.test(message);
}
