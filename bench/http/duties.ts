// What every stack does for a request besides its handler, and the parts of it that do not differ between frameworks.
import type { LimitDecision, Limiter } from "@seaworthy/core";
import type { EdgeOptions } from "@seaworthy/http";
import { createLogger, stdout } from "@seaworthy/logger";
import { createMetrics } from "@seaworthy/metrics";
import { MemoryStore, rateLimit } from "express-rate-limit";
import client from "prom-client";

export const ORIGINS = ["https://app.example.com"];
const LIMIT = 1_000_000_000;
const WINDOW = 60_000;

/** A body of a usual size. */
export const order = (id: string | undefined): object => ({
  id,
  customer: "c-1029",
  items: [{ sku: "rope-12mm", quantity: 40 }],
  total: 129.5,
});

/** express-rate-limit as it is documented; the address is the socket's for servers that are not Express. */
export const usualLimit = (): ReturnType<typeof rateLimit> =>
  rateLimit({
    windowMs: WINDOW,
    limit: LIMIT,
    standardHeaders: "draft-7",
    legacyHeaders: false,
    validate: false,
    keyGenerator: (request) => request.socket.remoteAddress ?? "",
  });

/** The histogram that one writes by hand. */
export function usualHistogram(): client.Histogram<"method" | "route" | "status"> {
  client.collectDefaultMetrics();
  return new client.Histogram({
    name: "http_request_duration_seconds",
    help: "Time to answer.",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
}

/** The same store as the usual stack's. */
function limiter(): Limiter {
  const store = new MemoryStore();
  store.init({ windowMs: WINDOW } as Parameters<MemoryStore["init"]>[0]);
  return {
    async consume(key) {
      const { totalHits, resetTime } = await store.increment(key);
      const retryAfter = (resetTime?.getTime() ?? 0) - Date.now();
      return {
        allowed: totalHits <= LIMIT,
        limit: LIMIT,
        remaining: LIMIT - totalHits,
        resetAfter: retryAfter,
        retryAfter,
      };
    },
  };
}

/** The edge with the same duties; its access lines go out once per turn of the event loop. */
export function ours(): EdgeOptions {
  const logger = createLogger({ name: "bench", destinations: [stdout({ mode: "turn" })] });
  const metrics = createMetrics();
  logger.observe();
  metrics.observe();
  const headers = ({ limit, remaining, resetAfter }: LimitDecision): Record<string, string> => ({
    "ratelimit-policy": `${limit};w=${WINDOW / 1000}`,
    ratelimit: `limit=${limit}, remaining=${remaining}, reset=${Math.ceil(resetAfter / 1000)}`,
  });
  return { metrics, cors: { origins: ORIGINS }, limits: [{ limiter: limiter(), headers }] };
}
