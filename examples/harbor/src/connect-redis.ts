import type { Redis } from "ioredis";

/**
 * Connects to the Redis server in which instances share their limits and cached answers. While the server cannot be reached,
 * commands fail within a second instead of waiting, as they would by default. The client reconnects by itself within half a
 * second, so that the limits are shared again 2 seconds after the server is back.
 */
export async function connectRedis(url: string): Promise<Redis> {
  // Loaded only here: without a Redis URL the service does not need the client.
  const { Redis } = await import("ioredis");
  const client = new Redis(url, {
    connectTimeout: 1000,
    commandTimeout: 1000,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 50, 500),
  });
  // Every command reports its own failure, and the health of the service says that the server is away.
  client.on("error", () => undefined);
  return client;
}
