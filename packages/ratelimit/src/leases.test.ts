import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { createConcurrencyLimiter, createTripwire, memoryLimitStore, type Trip } from "./index.ts";
import { interruptibleLimitStore } from "./testing.ts";

describe("createConcurrencyLimiter", () => {
  test("grants as many leases as its limit, per key, and renews them while they are held", async () => {
    const clock = manualClock();
    const limiter = createConcurrencyLimiter({ name: "c", limit: 2, ttl: "3s", clock });
    const [first, second] = [await limiter.acquire("a"), await limiter.acquire("a")];
    await expect(limiter.acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_BUSY", status: 429 });
    await (await limiter.acquire("b")).release();
    await clock.advance("1h");
    await expect(limiter.acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_BUSY" });
    await first.release();
    await first.release();
    const third = await limiter.acquire("a");
    expect([second, third].map(({ signal }) => signal.aborted)).toEqual([false, false]);
    await limiter.close();
    await clock.advance("1h");
    expect(clock.pending).toBe(0);
    await expect(limiter.acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_CLOSED" });
  });

  test("a lease that is not renewed ends after its time, as that of a process that died", async () => {
    const clock = manualClock();
    const store = memoryLimitStore({ clock });
    const lost = {
      limiter: "c",
      key: "a",
      holder: "of a dead process",
      action: "acquire",
      limit: 1,
      ttl: 3000,
    } as const;
    await store.lease(lost);
    const limiter = createConcurrencyLimiter({ name: "c", limit: 1, ttl: "3s", store, clock });
    const waiting = limiter.run("a", async () => clock.monotonic(), { maxWait: "10s" });
    await clock.advance("2s");
    await clock.advance("2s");
    expect(await waiting).toBeGreaterThanOrEqual(3000);
  });

  test("a wait ends with its time and its signal, and run gives the lease back if the work fails", async () => {
    const clock = manualClock();
    const limiter = createConcurrencyLimiter({ name: "c", limit: 1, clock });
    const lease = await limiter.acquire("a");
    const tooLong = limiter.acquire("a", { maxWait: "1s" });
    const expectation = expect(tooLong).rejects.toMatchObject({ code: "RATELIMIT_BUSY" });
    const controller = new AbortController();
    const cancelled = expect(limiter.acquire("a", { maxWait: "1h", signal: controller.signal })).rejects.toThrow(
      "enough",
    );
    await clock.advance("1s");
    await expectation;
    controller.abort(new Error("enough"));
    await cancelled;
    await lease.release();
    await expect(limiter.run("a", () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(await limiter.run("a", () => "done")).toBe("done");
  });

  test("the signal aborts if the lease cannot be renewed before somebody else may have it", async () => {
    using telemetry = captureTelemetry();
    const clock = manualClock();
    const inner = memoryLimitStore({ clock });
    const store = {
      ...inner,
      lease: (call: Parameters<typeof inner.lease>[0]) => {
        if (call.action === "renew") throw new Error("the store is gone");
        return inner.lease(call);
      },
    };
    const limiter = createConcurrencyLimiter({ name: "c", limit: 1, ttl: "3s", store, clock });
    const lease = await limiter.acquire("a");
    await clock.advance("2s");
    expect(lease.signal.aborted).toBe(false);
    await clock.advance("2s");
    expect(lease.signal.reason).toMatchObject({ code: "RATELIMIT_LEASE_LOST" });
    expect(telemetry.of("ratelimit.lease").map(({ labels }) => labels.outcome)).toEqual(["granted", "lost"]);
  });

  test("a lease whose renewal came too late is given back, not kept beside that of another process", async () => {
    const clock = manualClock();
    const inner = memoryLimitStore({ clock });
    let delay = Promise.resolve();
    const store = {
      ...inner,
      lease: (call: Parameters<typeof inner.lease>[0]) =>
        call.action === "renew" ? delay.then(() => inner.lease(call)) : inner.lease(call),
    };
    const limiter = createConcurrencyLimiter({ name: "c", limit: 1, ttl: "3s", store, clock });
    const frozen = Promise.withResolvers<void>();
    delay = frozen.promise;
    const lease = await limiter.acquire("a");
    await clock.advance("1s");
    // The process does nothing for longer than the lease lives.
    await clock.advance("5s");
    delay = Promise.resolve();
    frozen.resolve();
    await clock.advance("1s");
    expect(lease.signal.reason).toMatchObject({ code: "RATELIMIT_LEASE_LOST" });
    await (await limiter.acquire("a")).release();
  });

  test("without its store, the limit holds per process, or as it was chosen", async () => {
    const clock = manualClock();
    const store = interruptibleLimitStore(memoryLimitStore({ clock }));
    const make = (onStoreFailure: "memory" | "open" | "closed") =>
      createConcurrencyLimiter({ name: onStoreFailure, limit: 1, store, onStoreFailure, clock });
    const limiters = [make("memory"), make("open"), make("closed")] as const;
    const leases = await Promise.all(limiters.map((limiter) => limiter.acquire("a")));
    store.fail();
    await expect(limiters[0].acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_BUSY" });
    expect((await limiters[1].acquire("a")).source).toBe("open");
    await expect(limiters[2].acquire("a")).rejects.toMatchObject({ code: "RATELIMIT_UNAVAILABLE", status: 503 });
    await leases[0]?.release();
    expect((await limiters[0].acquire("a")).source).toBe("memory");
    for (const limiter of limiters) await limiter.close();
    expect(clock.pending).toBe(0);
  });

  test.each([
    [{ limit: 0 }, "limit must be an integer from 1 to 100000; got 0"],
    [{ ttl: 10 }, "ttl must be from 100 ms to 1 day; got 10"],
    [{ name: "a/b" }, "name must have only letters"],
    [{ store: {} }, "store.lease must be a function"],
    [{ max: 1 }, 'no option "max"'],
  ])("refuses %j", async (options, message) => {
    expect(() => createConcurrencyLimiter({ name: "a", limit: 1, ...options } as never)).toThrow(message);
    const limiter = createConcurrencyLimiter({ name: "a", limit: 1 });
    await expect(limiter.acquire("")).rejects.toThrow("key must be a string");
    await expect(limiter.acquire("a", { wait: 1 } as never)).rejects.toThrow('no option "wait"');
    await expect(limiter.run("a", undefined as never)).rejects.toThrow("fn must be a function");
  });
});

describe("createTripwire", () => {
  const rules = [
    { name: "not-found", reports: 3, within: "1m" },
    { name: "honeypot", reports: 1, within: "1h" },
  ] as const;

  test("blocks a key with the report that breaks a rule, once, and for as long as it says", async () => {
    using telemetry = captureTelemetry();
    const clock = manualClock();
    const trips: Trip[] = [];
    const tripwire = createTripwire({
      name: "t",
      rules,
      blockFor: "1h",
      onTrip: (trip) => trips.push(trip),
      clock,
    });
    expect(await tripwire.report("a", "not-found")).toBeUndefined();
    await clock.advance("1m");
    for (let n = 0; n < 2; n++) expect(await tripwire.report("a", "not-found")).toBeUndefined();
    expect((await tripwire.consume("a")).allowed).toBe(true);
    const trip = { key: "a", rule: "not-found", blockedFor: 3_600_000 };
    expect(await tripwire.report("a", "not-found")).toEqual(trip);
    expect(await tripwire.report("a", "not-found")).toBeUndefined();
    expect(await tripwire.consume("a")).toMatchObject({ allowed: false, retryAfter: 3_600_000 });
    expect((await tripwire.consume("b")).allowed).toBe(true);
    expect(trips).toEqual([trip]);
    expect(telemetry.of("ratelimit.trip").map(({ labels }) => labels)).toEqual([{ tripwire: "t", rule: "not-found" }]);
    await clock.advance("1h");
    expect((await tripwire.consume("a")).allowed).toBe(true);
    await tripwire.report("a", "honeypot");
    await tripwire.release("a");
    expect((await tripwire.consume("a")).allowed).toBe(true);
    await tripwire.close();
  });

  test("without a block it only notifies, and what notify throws does not reach the caller", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", onWarning);
    const notify = () => {
      throw new Error("the pager is broken");
    };
    const tripwire = createTripwire({ name: "t", rules, onTrip: notify, allowList: ["10.0.0.0/8"] });
    expect(await tripwire.report("a", "honeypot")).toEqual({ key: "a", rule: "honeypot", blockedFor: 0 });
    expect((await tripwire.consume("a")).allowed).toBe(true);
    expect(await tripwire.report("10.1.1.1", "honeypot")).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings.join()).toContain("the pager is broken");
    process.off("warning", onWarning);
    await expect(tripwire.report("a", "unknown")).rejects.toThrow("rule must be one of not-found, honeypot");
    await expect(tripwire.report("", "honeypot")).rejects.toThrow("key must be a string");
  });

  test.each([
    [{ rules: [] }, "rules must be an array of 1 to 32 rules"],
    [
      { rules: [{ name: "a", reports: 0, within: "1m" }] },
      "rules[0].reports must be an integer from 1 to 10000; got 0",
    ],
    [{ rules: [rules[0], rules[0]] }, "rules[1].name must be new"],
    [{ rules: [{ ...rules[0], limit: 1 }] }, 'rules[0] has no option "limit"'],
    [{ blockFor: undefined }, "createTripwire needs blockFor, onTrip or both"],
    [{ blockFor: 0 }, "blockFor must be more than 0"],
    [{ onTrip: "1h" }, "onTrip must be a function"],
    [{ name: "a".repeat(32) }, "name must have at most 31 characters"],
  ])("refuses %j", (options, message) => {
    expect(() => createTripwire({ name: "t", rules, blockFor: "1h", ...options } as never)).toThrow(message);
  });
});
