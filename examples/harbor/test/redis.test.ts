import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, type Harbor, startHarbor } from "./harbor.ts";
import { canStartRedis, type OwnRedis, startRedis } from "./own-redis.ts";

const LIMIT = 60;
const WINDOW = 60_000;

describe.skipIf(!canStartRedis)("a service whose Redis server is killed under load", () => {
  let redis: OwnRedis;
  let harbor: Harbor;
  const answers: { status: number; at: number }[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    harbor = await startHarbor({ REDIS_URL: redis.url, LIMITS__TASKS: String(LIMIT), LOG__LEVEL: "info" });
  }, 120_000);
  afterAll(async () => {
    await harbor?.[Symbol.asyncDispose]();
    await redis?.close();
  });

  const submit = async (text: string): Promise<void> => {
    const headers = { "content-type": "application/json" };
    const { status } = await fetch(`${harbor.url}/tasks`, { method: "POST", headers, body: JSON.stringify({ text }) });
    answers.push({ status, at: performance.now() });
  };
  /** Four clients that submit one task after the other, until the returned function is called. */
  const load = (): (() => Promise<void>) => {
    let ended = false;
    const clients = Array.from({ length: 4 }, async (_, client) => {
      for (let n = 0; !ended; n++) await submit(`task ${client} ${n % 5}`);
    });
    return async () => {
      ended = true;
      await Promise.all(clients);
    };
  };
  const atLeast = (more: number): Promise<unknown> => {
    const wanted = answers.length + more;
    return eventually(
      async () => answers.length,
      (count) => count >= wanted,
    );
  };
  /** Whether health and metrics say that limits and answers are shared again, or that they are not. */
  const isShared = async (): Promise<boolean> => {
    const { checks } = (await (await fetch(`${harbor.url}/healthz`)).json()) as {
      checks: Record<"answers" | "redis", { status: string }>;
    };
    const text = await (await fetch(`${harbor.url}/metrics`)).text();
    const isDegraded = /^ratelimit_degraded\{limiter="tasks"\} 1$/m.test(text);
    return !isDegraded && checks.answers.status === "healthy" && checks.redis.status === "healthy";
  };

  test("answers every request, does not begin a quota anew, and shares all of it again 2 s after the server is back", async () => {
    await eventually(isShared, (shared) => shared);
    const stop = load();
    await atLeast(40);
    const recoveries: number[] = [];
    // The machine may stand still for a while; the best of three rounds shows what the service does.
    for (let round = 0; round < 3 && Math.min(...recoveries) > 2000; round++) {
      await redis.kill();
      await eventually(isShared, (shared) => !shared);
      expect((await fetch(`${harbor.url}/readyz`)).status).toBe(200);
      await atLeast(40);
      await redis.restart(); // and empty
      const begin = performance.now();
      await eventually(isShared, (shared) => shared);
      recoveries.push(performance.now() - begin);
      await atLeast(40);
    }
    await stop();
    expect(Math.min(...recoveries)).toBeLessThan(2000);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 429]));
    const allowed = answers.filter(({ status }) => status === 201).map(({ at }) => at);
    expect(allowed.length).toBeGreaterThanOrEqual(LIMIT);
    // An answer arrives later than it was counted, so a shorter period than the window is looked at.
    const most = Math.max(
      ...allowed.map((from) => allowed.filter((at) => at >= from && at < from + WINDOW - 10_000).length),
    );
    expect(most).toBeLessThanOrEqual(LIMIT);
  }, 240_000);

  test("refuses with the policy and the time after which to come back", async () => {
    const headers = { "content-type": "application/json" };
    const refused = await fetch(`${harbor.url}/tasks`, { method: "POST", headers, body: '{"text":"one more"}' });
    if (refused.status === 201) return; // the window has passed
    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit-policy")).toContain(`q=${LIMIT};w=60`);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});
