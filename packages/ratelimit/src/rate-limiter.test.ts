import { runWithContext } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { clientKey, createRateLimiter, memoryLimitStore, type RateLimiterOptions } from "./index.ts";

const perMinute = (limit: number) => [{ limit, window: "60s" }] as const;
const make = (options: Partial<RateLimiterOptions> = {}) => {
  const clock = manualClock();
  const limiter = createRateLimiter({ name: "test", limits: perMinute(5), clock, ...options });
  return { clock, limiter };
};
const allowedOf = async (decisions: readonly Promise<{ allowed: boolean }>[]): Promise<number> =>
  (await Promise.all(decisions)).filter(({ allowed }) => allowed).length;

describe("consume", () => {
  test("counts down, refuses what is too much, and says when the next call makes sense", async () => {
    const { clock, limiter } = make();
    expect(await limiter.consume("a")).toEqual({
      allowed: true,
      limit: 5,
      remaining: 4,
      resetAfter: 60_000,
      retryAfter: 0,
      source: "memory",
      degraded: false,
      policies: [{ name: "5-per-60s", limit: 5, window: 60_000, remaining: 4, resetAfter: 60_000 }],
      violated: [],
    });
    await clock.advance("10s");
    expect(await allowedOf(Array.from({ length: 9 }, () => limiter.consume("a")))).toBe(4);
    const refused = await limiter.consume("a");
    expect(refused).toMatchObject({ allowed: false, remaining: 0, retryAfter: 50_000, resetAfter: 60_000 });
    expect(refused.violated).toEqual(["5-per-60s"]);
    await clock.advance(49_999);
    expect((await limiter.consume("a")).allowed).toBe(false);
    await clock.advance(1);
    expect((await limiter.consume("a")).allowed).toBe(true);
  });

  test("the wall clock may jump in either direction", async () => {
    const { clock, limiter } = make();
    for (let n = 0; n < 5; n++) await limiter.consume("a");
    clock.jumpTo(clock.now() + 86_400_000);
    expect((await limiter.consume("a")).allowed).toBe(false);
    clock.jumpTo(0);
    expect((await limiter.consume("a")).retryAfter).toBe(60_000);
    await clock.advance("60s");
    expect((await limiter.consume("a")).allowed).toBe(true);
  });

  test("several windows are all or nothing, and the decision shows the tightest one", async () => {
    const { clock, limiter } = make({
      limits: [
        { limit: 8, window: "1h", name: "hourly" },
        { limit: 5, window: "1m", name: "burst" },
      ],
    });
    for (let n = 0; n < 5; n++) await limiter.consume("a");
    const refused = await limiter.consume("a");
    expect(refused.violated).toEqual(["burst"]);
    expect(refused.policies.map(({ name, remaining }) => [name, remaining])).toEqual([
      ["burst", 0],
      ["hourly", 3],
    ]);
    await clock.advance("1m");
    for (let n = 0; n < 3; n++) expect((await limiter.consume("a")).allowed).toBe(true);
    expect(await limiter.consume("a")).toMatchObject({ violated: ["hourly"], limit: 8, retryAfter: 59 * 60_000 });
  });

  test("malformed keys and costs are refused, and a cost that never fits has no moment to come back", async () => {
    const { limiter } = make();
    for (const key of ["", undefined, null, 7, {}, ["a"]])
      await expect(limiter.consume(key as string)).rejects.toThrow("key must be a string of one character or more");
    for (const cost of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "1", 1e12])
      await expect(limiter.consume("a", cost as number)).rejects.toThrow(
        "cost must be an integer from 1 to 1000000000",
      );
    expect(await limiter.consume("a", 6)).toMatchObject({ allowed: false, retryAfter: Number.POSITIVE_INFINITY });
    expect((await limiter.peek("a")).remaining).toBe(5);
  });

  test("the limits of a key come from a function, and its usage survives another plan", async () => {
    const plans = { free: perMinute(2), paid: perMinute(4) };
    const customers = new Map<string, keyof typeof plans>();
    const { limiter } = make({ limits: async (key) => plans[customers.get(key) ?? "free"] });
    expect(await allowedOf(Array.from({ length: 4 }, () => limiter.consume("a")))).toBe(2);
    customers.set("a", "paid");
    expect(await limiter.consume("a")).toMatchObject({ allowed: true, limit: 4, remaining: 1 });
    customers.set("a", "free");
    expect((await limiter.consume("a")).allowed).toBe(false);
    const { limiter: failing } = make({
      limits: () => {
        throw new Error("no plan");
      },
    });
    await expect(failing.consume("a")).rejects.toThrow("no plan");
    const { limiter: malformed } = make({ limits: () => [] });
    await expect(malformed.consume("a")).rejects.toThrow("limits must be an array of 1 to 8 windows");
  });

  test("a token bucket has a burst of its own", async () => {
    const { clock, limiter } = make({ limits: [{ limit: 10, window: "1s", burst: 3 }], algorithm: "bucket" });
    expect(await allowedOf(Array.from({ length: 9 }, () => limiter.consume("a")))).toBe(3);
    expect((await limiter.consume("a")).retryAfter).toBe(100);
    await clock.advance(100);
    expect(await allowedOf(Array.from({ length: 9 }, () => limiter.consume("a")))).toBe(1);
    await clock.advance("1h");
    expect(await allowedOf(Array.from({ length: 9 }, () => limiter.consume("a")))).toBe(3);
  });

  test("a limit above 100 drains by default", async () => {
    const { clock, limiter } = make({ limits: perMinute(600) });
    expect(await allowedOf(Array.from({ length: 700 }, () => limiter.consume("a")))).toBe(600);
    await clock.advance("1s");
    expect(await allowedOf(Array.from({ length: 20 }, () => limiter.consume("a")))).toBe(10);
  });
});

describe("the other operations", () => {
  test("a login gives back what it consumed if it succeeds, so that only failures count", async () => {
    const { limiter } = make();
    for (let n = 0; n < 20; n++) {
      expect((await limiter.consume("a")).allowed).toBe(true);
      await limiter.refund("a");
    }
    await limiter.penalize("a", 7);
    expect((await limiter.peek("a")).allowed).toBe(false);
    expect(await limiter.refund("a", 3)).toMatchObject({ allowed: true, remaining: 1 });
    await limiter.reset("a");
    expect((await limiter.peek("a", 5)).allowed).toBe(true);
  });

  test("a block refuses until it is over, and a reset ends it", async () => {
    const { clock, limiter } = make();
    await limiter.block("a", "15m");
    expect(await limiter.consume("a")).toMatchObject({ allowed: false, retryAfter: 900_000, violated: [] });
    await clock.advance("15m");
    expect((await limiter.consume("a")).allowed).toBe(true);
    await limiter.block("a", "15m");
    await limiter.reset("a");
    expect((await limiter.consume("a")).remaining).toBe(4);
    await expect(limiter.block("a", "1y" as never)).rejects.toThrow("duration must be a number of milliseconds");
    await expect(limiter.block("a", 1e12)).rejects.toThrow("duration must be at most 400 days");
  });

  test("penalties without end do not fill the memory, and never shorten the wait", async () => {
    const { clock, limiter } = make();
    let last = 0;
    for (let n = 0; n < 500; n++) {
      const { retryAfter } = await limiter.penalize("a");
      expect(retryAfter).toBeGreaterThanOrEqual(Math.min(last - 10, 60_000));
      last = retryAfter;
      await clock.advance(10);
    }
    expect((await limiter.peek("a")).retryAfter).toBeGreaterThan(50_000);
  });

  test("keys on the lists are not counted; subnets, mapped addresses and networks of clients match", async () => {
    const { limiter } = make({
      limits: perMinute(1),
      allowList: ["health", "10.0.0.0/8", "2001:db8:aa::/48", "::ffff:192.0.2.0/120"],
      blockList: ["10.6.6.6", "mallory", "203.0.113.0/24"],
    });
    for (const key of ["health", "10.1.2.3", "::ffff:10.1.2.3", "10.6.6.6", "2001:db8:aa:1::/64", "192.0.2.9"])
      for (let n = 0; n < 3; n++)
        expect(await limiter.consume(key), key).toMatchObject({ allowed: true, source: "allow-list", remaining: 1 });
    for (const key of ["mallory", "203.0.113.77", "::ffff:203.0.113.77"])
      expect(await limiter.consume(key), key).toMatchObject({
        allowed: false,
        source: "block-list",
        retryAfter: Number.POSITIVE_INFINITY,
      });
    for (const key of ["11.0.0.1", "2001:db8:ab::/64", "10.0.0", "healthy"])
      expect((await limiter.consume(key)).source, key).toBe("memory");
    expect(() => make({ allowList: ["10.0.0.0/33"] })).toThrow('"10.0.0.0/33" is not a subnet');
    expect(() => make({ blockList: ["2001:db8::/129"] })).toThrow("is not a subnet");
    expect(() => make({ allowList: "10.0.0.0/8" as never })).toThrow("allowList must be an array");
  });

  test("a network is refused if the block list has a part of it, and admitted only if the allow list has all of it", async () => {
    const key = clientKey("2001:db8::bad");
    const isAllowed = async (lists: { allowList?: string[]; blockList?: string[] }, of = key): Promise<boolean> =>
      (await createRateLimiter({ name: "lists", limits: [{ limit: 1, window: "1m" }], ...lists }).consume(of, 1))
        .allowed;
    expect(key).toBe("2001:db8::/64");
    expect(await isAllowed({ blockList: ["2001:db8::bad"] })).toBe(false);
    expect(await isAllowed({ blockList: ["2001:db8:0:0:ff::/80"] })).toBe(false);
    expect(await isAllowed({ blockList: ["2001:db8::/32"] })).toBe(false);
    expect(await isAllowed({ blockList: ["2001:db8:0:1::bad", "192.0.2.0/24"] })).toBe(true);
    const twice = createRateLimiter({
      name: "allowed",
      limits: [{ limit: 1, window: "1m" }],
      allowList: ["2001:db8::/96", "2001:db8:1::/48"],
    });
    await twice.consume(key);
    expect((await twice.consume(key)).allowed).toBe(false);
    await twice.consume(clientKey("2001:db8:1::1"));
    expect((await twice.consume(clientKey("2001:db8:1::1"))).allowed).toBe(true);
  });

  test("a full memory forgets the key that was used least recently, and says so", async () => {
    using telemetry = captureTelemetry();
    const clock = manualClock();
    const { limiter } = make({ clock, store: memoryLimitStore({ entries: 3, clock }), limits: perMinute(1) });
    for (const key of ["a", "b", "c", "a", "d"]) await limiter.consume(key);
    expect((await limiter.consume("a")).allowed).toBe(false);
    expect(telemetry.of("ratelimit.eviction")).toHaveLength(1);
    await clock.advance("2m");
    for (const key of ["e", "f", "g"]) await limiter.consume(key);
    expect(telemetry.of("ratelimit.eviction")).toHaveLength(1);
  });

  test("what is over makes room behind a key that stays for long, and nothing that counts is forgotten", async () => {
    using telemetry = captureTelemetry();
    const clock = manualClock();
    const { limiter } = make({ clock, store: memoryLimitStore({ entries: 4, clock }), limits: perMinute(1) });
    for (const key of ["blocked", "banned"]) await limiter.block(key, "1d");
    for (let n = 0; n < 50; n++) {
      await limiter.consume(`k${n}`);
      await clock.advance("1m");
    }
    expect(telemetry.of("ratelimit.eviction")).toEqual([]);
    expect(await limiter.peek("blocked")).toMatchObject({ allowed: false, remaining: 0 });
    expect((await limiter.peek("banned")).allowed).toBe(false);
  });

  test("events have the limiter's name and the outcome, and no key", async () => {
    using telemetry = captureTelemetry();
    const { limiter } = make({ limits: perMinute(1) });
    await limiter.consume("anna@example.com");
    await limiter.consume("anna@example.com");
    expect(telemetry.of("ratelimit.decision").map(({ labels }) => labels)).toEqual([
      { limiter: "test", outcome: "allowed", source: "memory" },
      { limiter: "test", outcome: "refused", source: "memory" },
    ]);
    expect(JSON.stringify(telemetry.events.map(({ labels, details }) => [labels, details]))).not.toContain("anna");
  });
});

describe("acquire", () => {
  test("calls of a key get their turns in order, and other keys do not wait for them", async () => {
    const { clock, limiter } = make({ limits: [{ limit: 2, window: "1s", burst: 1 }], algorithm: "bucket" });
    const order: string[] = [];
    const calls = ["a1", "a2", "a3", "b1"].map((name) =>
      limiter.acquire(name.slice(0, 1)).then(() => order.push(name)),
    );
    await clock.advance(0);
    expect(order.sort()).toEqual(["a1", "b1"]);
    await clock.advance(500);
    expect(order.slice(2)).toEqual(["a2"]);
    await clock.advance(500);
    await Promise.all(calls);
    expect(order.slice(2)).toEqual(["a2", "a3"]);
    expect(clock.pending).toBe(0);
  });

  test("a wait ends with its signal, its limit and the context's, and the next call takes its place", async () => {
    const { clock, limiter } = make({ limits: perMinute(1) });
    await limiter.acquire("a");
    const controller = new AbortController();
    const cancelled = limiter.acquire("a", { signal: controller.signal });
    const next = limiter.acquire("a");
    await expect(limiter.acquire("a", { maxWait: 0 })).rejects.toMatchObject({ code: "RATELIMIT_WAIT_TOO_LONG" });
    await expect(limiter.acquire("c", { cost: 2 })).rejects.toMatchObject({ code: "RATELIMIT_COST_TOO_LARGE" });
    await clock.advance("30s");
    controller.abort(new Error("enough"));
    await expect(cancelled).rejects.toThrow("enough");
    await clock.advance("30s");
    expect((await next).allowed).toBe(true);
    const late = runWithContext({ deadline: clock.now() + 1000 }, () => limiter.acquire("a"));
    await expect(late).rejects.toMatchObject({ code: "RATELIMIT_WAIT_TOO_LONG", status: 503, retryAfter: 60_000 });
    await expect(limiter.acquire("a", { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
    expect(clock.pending).toBe(0);
  });

  test("of the calls behind one that waits for long, those that are cancelled leave nothing behind", async () => {
    const { clock, limiter } = make({ limits: perMinute(1), maxWaiting: 3 });
    await limiter.acquire("a");
    const first = limiter.acquire("a");
    for (let n = 0; n < 20; n++) {
      const controllers = [new AbortController(), new AbortController()];
      const waits = controllers.map(({ signal }) => limiter.acquire("a", { signal }));
      for (const controller of controllers) controller.abort(new Error("enough"));
      for (const wait of waits) await expect(wait).rejects.toThrow("enough");
    }
    const last = limiter.acquire("a");
    await clock.advance("1m");
    expect((await first).allowed).toBe(true);
    await clock.advance("1m");
    expect((await last).allowed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("too many waits are refused, and close ends those that are left", async () => {
    const { clock, limiter } = make({ limits: perMinute(1), maxWaiting: 2 });
    await limiter.acquire("a");
    const waits = [limiter.acquire("a"), limiter.acquire("a")];
    await expect(limiter.acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_QUEUE_FULL" });
    await clock.advance(0);
    await limiter.close();
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: "RATELIMIT_CLOSED" });
    await expect(limiter.acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_CLOSED" });
    await expect(limiter.consume("a")).rejects.toMatchObject({ code: "RATELIMIT_CLOSED" });
    await clock.advance("5m");
    expect(clock.pending).toBe(0);
  });

  test("a provider's headers make the calls of its key wait", async () => {
    const { clock, limiter } = make({ limits: perMinute(100) });
    const seven = new Response(null, { status: 429, headers: { "retry-after": "7" } });
    expect(await limiter.heed("openai", seven)).toBe(7000);
    let done = false;
    const call = limiter.acquire("openai").then(() => {
      done = true;
    });
    await clock.advance(6999);
    expect(done).toBe(false);
    await clock.advance(1);
    await call;
    expect(await limiter.heed("openai", { headers: { ratelimit: '"default";r=0;t=3' } })).toBe(3000);
    expect(await limiter.heed("other", { headers: { ratelimit: '"default";r=5;t=3' } })).toBe(0);
    expect((await limiter.peek("openai")).retryAfter).toBe(3000);
  });
});

test.each([
  [{ name: "" }, "name must be a string of 1 to 64 characters"],
  [{ name: "a b" }, 'name must have only letters, digits, ".", "_" and "-"; got "a b"'],
  [{ limits: undefined }, "limits must be an array of 1 to 8 windows; got undefined"],
  [{ limits: [] }, "limits must be an array of 1 to 8 windows; got 0"],
  [{ limits: [{ limit: 0, window: "1s" }] }, "limits[0].limit must be an integer from 1 to 1000000000; got 0"],
  [{ limits: [{ limit: Number.NaN, window: "1s" }] }, "limits[0].limit must be an integer"],
  [{ limits: [{ limit: 5, window: 0 }] }, "limits[0].window must be from 1 ms to 400 days; got 0"],
  [{ limits: [{ limit: 5, window: "soon" }] }, "limits[0].window must be a number of milliseconds"],
  [{ limits: [{ limit: 5, duration: "1s" }] }, 'limits[0] has no option "duration"'],
  [
    { limits: [{ limit: 20_000, window: "1h" }], algorithm: "log" },
    'limits[0].limit must be at most 10000 with the algorithm "log"; got 20000',
  ],
  [{ limits: [{ limit: 5, window: "1s", burst: 2 }] }, 'limits[0].burst needs the algorithm "bucket"; got "log"'],
  [{ limits: [{ limit: 1e9, window: "1s" }] }, "limits[0].limit must be at most 1000 per millisecond"],
  [
    {
      limits: [
        { limit: 5, window: "1m" },
        { limit: 6, window: 60_000 },
      ],
    },
    "limits must not have two windows of the same length; got 60000 ms twice",
  ],
  [{ algorithm: "fixed" }, "algorithm must be one of log, gcra, bucket"],
  [{ onStoreFailure: "allow" }, "onStoreFailure must be one of memory, open, closed"],
  [{ store: {} }, "store.apply must be a function"],
  [{ storeTimeout: 0 }, "storeTimeout must be more than 0"],
  [{ store: null }, "store.apply must be a function"],
  [{ limit: 5 }, 'createRateLimiter has no option "limit"'],
])("createRateLimiter refuses %j", (options, message) => {
  const given = { name: "a", limits: perMinute(5), ...options };
  expect(() => createRateLimiter(given as never)).toThrow(message);
});
