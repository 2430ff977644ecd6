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

/** A node-redis cluster: `sendCommand` takes the key that decides which node the command is sent to. */
export interface RoutingRedisClient {
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, words: string[]): Promise<unknown>;
  nodeClient(node: never): unknown;
}

/** A Redis client of the host's choice, recognized by its shape: ioredis and node-redis, and the clusters of both. */
export type RedisClient = CallingRedisClient | SendingRedisClient | RoutingRedisClient;

/**
 * Sends one command and resolves to the server's answer as the client decodes it. A cluster sends it to the node of its
 * first key: the first argument, or the first key of a script. A command without keys, such as `PING`, is sent to any node.
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
  if (isRouting(client)) return client.sendCommand(firstKeyOf(name, words), false, [name, ...words]);
  if (isSending(client)) return client.sendCommand([name, ...words]);
  throw new TypeError(`client must be an ioredis or node-redis client; got ${showValue(client)}`);
}

/**
 * Whether a client is one of a cluster (ioredis or node-redis). There, a command with several keys fails unless all keys are
 * in one slot. Never throws.
 */
export function isRedisCluster(client: unknown): boolean {
  return readMember(client, "isCluster") === true || isRouting(client);
}

const SCRIPTS: readonly string[] = ["EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"];
// Their first argument is not a key.
const KEYLESS: readonly string[] = [
  ...["ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DBSIZE", "FLUSHALL", "FLUSHDB", "FUNCTION", "INFO", "LATENCY"],
  ...["MEMORY", "MODULE", "PING", "PUBLISH", "ROLE", "SCRIPT", "TIME", "WAIT"],
];

function firstKeyOf(name: string, words: readonly string[]): string | undefined {
  const command = name.toUpperCase();
  if (SCRIPTS.includes(command)) return Number(words[1]) > 0 ? words[2] : undefined;
  return KEYLESS.includes(command) ? undefined : words[0];
}

const isRouting = (client: unknown): client is RoutingRedisClient =>
  typeof readMember(client, "sendCommand") === "function" && typeof readMember(client, "nodeClient") === "function";
const isCalling = (client: unknown): client is CallingRedisClient => typeof readMember(client, "call") === "function";
const isSending = (client: unknown): client is SendingRedisClient =>
  typeof readMember(client, "sendCommand") === "function";
