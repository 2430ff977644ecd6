import type { Redis } from "ioredis";

/**
 * Connects to the Redis server that keeps the state of this service. While the server cannot be reached, commands fail
 * within a second, instead of waiting as they would by default. The client reconnects by itself.
 */
export async function connectRedis(url: string): Promise<Redis> {
  // Loaded only here: without a Redis URL the service runs on memory and does not need the client.
  const { Redis } = await import("ioredis");
  const client = new Redis(url, {
    connectTimeout: 1000,
    commandTimeout: 1000,
    maxRetriesPerRequest: 1,
  });
  // Every command reports its own failure, and the service is not ready until the server answers.
  client.on("error", () => undefined);
  return client;
}
