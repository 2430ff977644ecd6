import { showValue } from "./internal/show-value.ts";

/** ioredis, or anything with its `call`. */
export interface CallingRedisClient {
  call(name: string, ...args: (string | Buffer | number)[]): Promise<unknown>;
}

/** A node-redis client or pool: `sendCommand` takes the words of the command. */
export interface SendingRedisClient {
  sendCommand(words: string[]): Promise<unknown>;
}

/** A Redis client of the host's choice, met by its shape: ioredis (also its cluster) and node-redis both fit. */
export type RedisClient = CallingRedisClient | SendingRedisClient;

/**
 * Sends one command and resolves to the server's answer as the client decodes it.
 *
 * @throws TypeError when the client has neither `call` (ioredis) nor `sendCommand` (node-redis)
 * @example
 * ```ts
 * import { redisCommand, type RedisClient } from "@seaworthy/core";
 * const ping = (client: RedisClient) => redisCommand(client, "PING");
 * ```
 */
export async function redisCommand(client: RedisClient, name: string, ...args: (string | number)[]): Promise<unknown> {
  if (typeof (client as Partial<CallingRedisClient>)?.call === "function") {
    return (client as CallingRedisClient).call(name, ...args.map(String));
  }
  if (typeof (client as Partial<SendingRedisClient>)?.sendCommand === "function") {
    return (client as SendingRedisClient).sendCommand([name, ...args.map(String)]);
  }
  throw new TypeError(`client must be an ioredis or node-redis client; got ${showValue(client)}`);
}
