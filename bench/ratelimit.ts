// Needs redis-server, of which it starts one of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRateLimiter } from "@seaworthy/ratelimit";
import { redisLimitStore } from "@seaworthy/ratelimit/redis";
import { Redis } from "ioredis";
import { RedisStore } from "rate-limit-redis";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import { type Contestant, compare, median, print, shuffled } from "./harness.ts";

const IN_FLIGHT = 64;
const CALLS = 4000;
const ROUNDS = 15;

const keys = Array.from({ length: 2000 }, (_, n) => `192.0.2.${n}`);
let next = 0;
const key = (): string => keys[next++ % keys.length] as string;
const limits = [{ limit: 5, window: "60s" }] as const;

const own = createRateLimiter({ name: "bench", limits });
const ownMany = createRateLimiter({ name: "bench", limits: [...limits, { limit: 20, window: "1h" }] });
const drained = createRateLimiter({ name: "bench", limits: [{ limit: 1000, window: "60s" }] });
const flexible = new RateLimiterMemory({ points: 5, duration: 60 });
await compare(
  "One call in memory, 2000 keys of which most are over their limit",
  {
    "rate-limiter-flexible": () => flexible.consume(key()).catch(() => undefined),
    ratelimit: () => own.consume(key()),
    "ratelimit, two windows": () => ownMany.consume(key()),
    "ratelimit, 1000 per minute": () => drained.consume(key()),
  },
  { asynchronous: true },
);

const probe = createServer().listen(0, "127.0.0.1");
await new Promise((resolve) => probe.once("listening", resolve));
const { port } = probe.address() as { port: number };
await new Promise((resolve) => probe.close(resolve));
const directory = mkdtempSync(join(tmpdir(), "seaworthy-bench-"));
const server = spawn("redis-server", ["--port", String(port), "--save", "", "--dir", directory], { stdio: "ignore" });
const client = new Redis({ port, retryStrategy: () => 50, maxRetriesPerRequest: null });
client.on("error", () => undefined);
await client.ping();

const store = redisLimitStore(client);
const patience = { store, storeTimeout: "5s" } as const;
const shared = createRateLimiter({ name: "shared", limits, ...patience });
const sharedMany = createRateLimiter({ name: "many", limits: [...limits, { limit: 20, window: "1h" }], ...patience });
const sharedDrained = createRateLimiter({ name: "drained", limits: [{ limit: 1000, window: "60s" }], ...patience });
const flexibleRedis = new RateLimiterRedis({ storeClient: client, points: 5, duration: 60, keyPrefix: "flexible" });
const express = new RedisStore({
  sendCommand: (command: string, ...args: string[]) => client.call(command, ...args) as Promise<number>,
});
await express.init({ windowMs: 60_000 } as never);

/** Nanoseconds per call, with 64 calls in flight. */
async function inFlight(run: Contestant): Promise<number> {
  let left = CALLS;
  const start = process.hrtime.bigint();
  const loop = async (): Promise<void> => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
  return Number(process.hrtime.bigint() - start) / CALLS;
}

const contestants: Record<string, Contestant> = {
  "a bare INCR": () => client.incr(`bare:${key()}`),
  "rate-limiter-flexible": () => flexibleRedis.consume(key()).catch(() => undefined),
  "rate-limit-redis": () => express.increment(key()),
  ratelimit: () => shared.consume(key()),
  "ratelimit, two windows": () => sharedMany.consume(key()),
  "ratelimit, 1000 per minute": () => sharedDrained.consume(key()),
};
const samples = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round++) {
  for (const name of shuffled(Object.keys(contestants)))
    samples.set(name, [...(samples.get(name) ?? []), await inFlight(contestants[name] as Contestant)]);
}
const medians = Object.fromEntries([...samples].map(([name, times]) => [name, median(times)]));
const ordered = Object.fromEntries(Object.keys(contestants).map((name) => [name, medians[name] as number]));
print(`One call on Redis, ${IN_FLIGHT} in flight`, ordered, "a bare INCR");

client.disconnect();
server.kill();
rmSync(directory, { recursive: true });
