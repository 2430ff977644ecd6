import { showValue } from "./internal/show-value.ts";
import { readMember } from "./objects.ts";

/** A client with the `call` of ioredis. */
export interface CallingRedisClient {
  call(name: string, ...args: (string | Buffer | number)[]): Promise<unknown>;
}

/** A node-redis client or pool: `sendCommand` takes the words of the command. */
export interface SendingRedisClient {
  sendCommand(words: string[]): Promise<unknown>;
}

/** A Redis client of the host's choice, recognized by its shape: ioredis (also its cluster) and node-redis both fit. */
export type RedisClient = CallingRedisClient | SendingRedisClient;

/**
 * Sends one command and resolves to the server's answer as the client decodes it.
 *
 * @throws TypeError if the client has neither `call` (ioredis) nor `sendCommand` (node-redis)
 * @example
 * ```ts
 * import { redisCommand, type RedisClient } from "@seaworthy/core";
 * const ping = (client: RedisClient) => redisCommand(client, "PING");
 * ```
 */
export async function redisCommand(client: RedisClient, name: string, ...args: (string | number)[]): Promise<unknown> {
  const words = args.map(String);
  if (isCalling(client)) return client.call(name, ...words);
  if (isSending(client)) return client.sendCommand([name, ...words]);
  throw new TypeError(`client must be an ioredis or node-redis client; got ${showValue(client)}`);
}

const isCalling = (client: unknown): client is CallingRedisClient => typeof readMember(client, "call") === "function";
const isSending = (client: unknown): client is SendingRedisClient =>
  typeof readMember(client, "sendCommand") === "function";
