import type { Redis } from "ioredis";

/**
 * A connection to the Redis server that keeps this service's state. Commands fail within a second while the server
 * cannot be reached, where ioredis would keep them waiting, and the client connects again by itself.
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
