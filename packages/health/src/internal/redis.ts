import { type RedisClient, redisCommand } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { showValue } from "@seaworthy/core/options";
import type { HealthCode } from "../errors.ts";
import { redisReply } from "./failure.ts";

function isRedisClient(client: unknown): client is RedisClient {
  return typeof readMember(client, "call") === "function" || typeof readMember(client, "sendCommand") === "function";
}

/**
 * A client of ioredis or node-redis.
 *
 * @throws TypeError if it is not one of them
 */
export function redisClient(client: unknown): RedisClient {
  if (isRedisClient(client)) return client;
  throw new TypeError(`client must be an ioredis or node-redis client; got ${showValue(client)}`);
}

// Both clients queue commands while they reconnect. A check should report at once that there is no connection.
const DISCONNECTED = new Set(["close", "disconnecting", "reconnecting", "end"]);

/** The code if the client reports that it has no connection: ioredis by `status`, node-redis by `isReady`. */
export function connectionFlaw(client: RedisClient): HealthCode | undefined {
  const status = readMember(client, "status");
  const disconnected = typeof status === "string" ? DISCONNECTED.has(status) : readMember(client, "isReady") === false;
  return disconnected ? "HEALTH_NOT_CONNECTED" : undefined;
}

/** The fields of `INFO memory` and `INFO replication`. A section that the user may not read is left out. */
export async function redisInfo(client: RedisClient): Promise<ReadonlyMap<string, string>> {
  const fields = new Map<string, string>();
  const ask = async (section: string): Promise<void> => {
    try {
      for (const line of replyText(await redisCommand(client, "INFO", section)).split("\r\n")) {
        const colon = line.indexOf(":");
        if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
      }
    } catch (error) {
      if (redisReply(error) !== "NOPERM") throw error;
    }
  };
  const asked = ["memory", "replication"].map(ask);
  await Promise.allSettled(asked);
  await Promise.all(asked);
  return fields;
}

/** A reply as a string, however the client decodes it. */
export function replyText(reply: unknown): string {
  if (typeof reply === "string") return reply;
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString();
  return reply === null || reply === undefined ? "" : String(reply);
}

/** A reply as a map. RESP2 sends an array of names and values in turn; clients of RESP3 return a `Map` or an object. */
export function replyMap(reply: unknown): ReadonlyMap<string, unknown> {
  if (reply instanceof Map) return new Map([...reply].map(([key, value]) => [replyText(key), value]));
  const fields = new Map<string, unknown>();
  if (Array.isArray(reply)) {
    for (let i = 0; i + 1 < reply.length; i += 2) fields.set(replyText(reply[i]), reply[i + 1]);
  } else if (typeof reply === "object" && reply !== null) {
    for (const [key, value] of Object.entries(reply)) fields.set(key, value);
  }
  return fields;
}
